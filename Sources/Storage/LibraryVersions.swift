import CCrypto
import CZstd

/// Versions of the libraries behind this module, as loaded.
public enum StorageLibraries {
    /// For example `1.5.4`.
    public static var zstd: String { String(cString: ZSTD_versionString()) }
    /// For example `OpenSSL 3.0.17 1 Jul 2025`.
    public static var crypto: String { String(cString: OpenSSL_version(0)) }
}
