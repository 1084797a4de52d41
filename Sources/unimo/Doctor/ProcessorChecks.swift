import Glibc
import Runtime
import Tensors

/// The CPU, the build made for it, and the processors this process may use.
enum ProcessorChecks {
    static func findings() -> [Finding] {
        [processor(), build(), affinity(), matrixLibrary(), cacheSetting()].compactMap { $0 }
    }

    private static func processor() -> Finding {
        let names = Machine.names(level: Machine.cpuLevel)
        return .ok(
            "processor", "\(MachineReport.processor): \(names.isEmpty ? "baseline" : names.joined(separator: " "))")
    }

    /// The program would not have started on a CPU that lacks what it was built for; here only the reverse can be.
    private static func build() -> Finding {
        let unused = Machine.names(level: Machine.cpuLevel & ~Machine.buildLevel)
        let built = "built with -march=\(Machine.march)"
        guard unused.isEmpty else {
            return .warn(
                "build", "\(built), which leaves \(unused.joined(separator: " ")) of this CPU unused",
                remedy: "build here, or with UNIMO_MARCH set to the oldest CPU of the cluster")
        }
        return .ok("build", "\(built), which uses all of that")
    }

    private static func affinity() -> Finding {
        let cpus = Affinity.cpus
        let online = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        let text = "\(cpus.count) of \(online) CPUs: \(ranges(cpus))"
        guard cpus.count < online else { return .ok("affinity", text) }
        return .warn(
            "affinity", "this process may run on \(text)",
            remedy:
                "threads follow the mask; under mpirun use --map-by ppr:N:numa:PE=T --bind-to core to give T CPUs to "
                + "each rank")
    }

    private static func matrixLibrary() -> Finding {
        if let setting = MatrixLibrary.inheritedSetting {
            return .warn("matrix products", setting, remedy: "run env -u OPENBLAS_CORETYPE unimo …")
        }
        return .ok("matrix products", "\(MatrixLibrary.description) (kernels: \(MatrixLibrary.coreName))")
    }

    private static func cacheSetting() -> Finding? {
        guard let value = getenv("OPENBLAS_L2_SIZE") else { return nil }
        return .warn(
            "cache size", "OPENBLAS_L2_SIZE=\(String(cString: value)) is set and decides how products are blocked",
            remedy: "unset it unless bench matmul is faster with it")
    }

    /// `0-3,8` for 0, 1, 2, 3, 8.
    static func ranges(_ numbers: [Int]) -> String {
        var parts: [String] = []
        var rest = numbers.sorted()[...]
        while let first = rest.popFirst() {
            var last = first
            while rest.first == last + 1 { last = rest.removeFirst() }
            parts.append(first == last ? "\(first)" : "\(first)-\(last)")
        }
        return parts.joined(separator: ",")
    }
}
