import COpenBLAS
import Glibc

/// The library behind fp32 matrix products.
public enum MatrixLibrary {
    /// One thread inside the library: parallelism is the worker pool's. Call once, before the first product.
    public static func configure() { openblas_set_num_threads(1) }

    /// Version and the kernels it chose, for example `OpenBLAS 0.3.21 … SkylakeX`.
    public static var description: String { String(cString: openblas_get_config()) }

    /// The name of the kernels in use, for example `SkylakeX` or `Haswell`.
    public static var coreName: String { String(cString: openblas_get_corename()) }

    /// Says what an inherited `OPENBLAS_CORETYPE` costs, when it is set; we never override it.
    public static var inheritedSetting: String? {
        guard let value = getenv("OPENBLAS_CORETYPE") else { return nil }
        return
            "OPENBLAS_CORETYPE=\(String(cString: value)) is set in the environment and obeyed (kernels: \(coreName)); "
            + "on an AVX-512 CPU the Haswell kernels halve the speed of matrix products: unset it unless you mean it"
    }
}
