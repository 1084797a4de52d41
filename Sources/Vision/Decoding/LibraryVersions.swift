import CImage

/// Versions of the image libraries, as loaded.
public enum ImageLibraries {
    public static var spng: String { String(cString: spng_version_string()) }
    public static var webp: String {
        let version = WebPGetDecoderVersion()
        return "\(version >> 16).\(version >> 8 & 255).\(version & 255)"
    }
}
