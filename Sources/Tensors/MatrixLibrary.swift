import COneDNN
import COpenBLAS
import Glibc

/// The libraries behind fp32 matrix products: oneDNN for large ones, OpenBLAS for small ones.
public enum MatrixLibrary {
    /// One thread inside the library: parallelism is the worker pool's. Call once, before the first product.
    public static func configure() { openblas_set_num_threads(1) }

    /// Versions, and the kernels OpenBLAS chose, for example `oneDNN 2.6.3, OpenBLAS 0.3.21 … SkylakeX`.
    public static var description: String {
        let version = dnnl_version().pointee
        return "oneDNN \(version.major).\(version.minor).\(version.patch), \(String(cString: openblas_get_config()))"
    }

    /// The name of the kernels in use, for example `SkylakeX` or `Haswell`.
    public static var coreName: String { String(cString: openblas_get_corename()) }

    /// Says what an inherited `OPENBLAS_CORETYPE` costs, when it is set; we never override it.
    public static var inheritedSetting: String? {
        guard let value = getenv("OPENBLAS_CORETYPE") else { return nil }
        return
            "OPENBLAS_CORETYPE=\(String(cString: value)) is set in the environment and obeyed (kernels: \(coreName)); "
            + "on an AVX-512 CPU the Haswell kernels halve the speed of small matrix products: unset it unless you mean it"
    }
}
