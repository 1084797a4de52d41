import Glibc

/// Memory of this process.
public enum ResidentMemory {
    /// The most that was ever resident, in bytes.
    public static var peak: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}
