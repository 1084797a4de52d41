import CBaseline

/// What this process runs on and was built for.
public enum Machine {
    /// The `-march` of the build.
    public static var march: String { String(cString: unimo_build_march()) }

    /// Instruction-set extensions as names, for example `avx2 fma avx512 avx512-bf16`.
    public static func names(level: UInt32) -> [String] {
        ["avx2", "fma", "avx512", "avx512-bf16", "avx512-vnni"].enumerated().filter { level & (1 << $0.offset) != 0 }
            .map(\.element)
    }

    /// Extensions the build uses.
    public static var buildLevel: UInt32 { unimo_build_level() }
    /// Extensions the CPU has.
    public static var cpuLevel: UInt32 { unimo_cpu_level() }
    /// Bytes allocated on the heap and not freed.
    public static var heapInUse: Int { Int(unimo_heap_in_use()) }
}
