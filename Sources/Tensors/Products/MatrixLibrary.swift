import COpenBLAS
import Glibc
import Runtime

/// The library behind fp32 matrix products: OpenBLAS for small ones, and for all where the build has no AVX-512.
public enum MatrixLibrary {
    /// One thread inside the library: parallelism is the worker pool's. Call once, before the first product.
    public static func configure() { openblas_set_num_threads(1) }

    /// True where large products are our own: the build uses AVX-512, for whose registers `ProductTile` is made.
    static let hasTiles = Machine.names(level: Machine.buildLevel).contains("avx512")

    /// Bytes that a thread takes for the blocks of products.
    public static let threadBytes = PackingRoom.byteCount

    /// Rows and numbers of the smallest product whose rows have the bits that they have in any other. The library takes
    /// other kernels below (OpenBLAS 0.3 up to 1,200 numbers), which round otherwise; tiles have no such limit.
    public static let smallestSteadyProduct = hasTiles ? (rows: 1, count: 1) : (rows: 16, count: 2048)

    /// The version, and the kernels it chose, for example `OpenBLAS 0.3.21 … SkylakeX`.
    public static var description: String { String(cString: openblas_get_config()) }

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
