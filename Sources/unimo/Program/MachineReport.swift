import Glibc
import MPITransport
import Runtime
import Telemetry
import Tensors

/// What a figure was measured on.
enum MachineReport {
    /// The `machine` object of every benchmark.
    static var json: JSONValue {
        [
            "processor": .string(processor), "cpus": .integer(Affinity.count),
            "extensions": .string(Machine.names(level: Machine.cpuLevel).joined(separator: " ")),
            "march": .string(Machine.march), "kernel": .string(kernel),
            "matrix_library": .string(MatrixLibrary.description), "matrix_kernels": .string(MatrixLibrary.coreName),
            "mpi": .string(MPITransport.libraryVersion),
        ]
    }

    /// The processor's name as the kernel has it.
    static var processor: String { field("model name", of: "/proc/cpuinfo") ?? "unknown" }

    /// Release of the running kernel.
    static var kernel: String { (firstLine(of: "/proc/sys/kernel/osrelease") ?? "unknown") }

    /// The value of the first `name : value` line of a file under `/proc`.
    static func field(_ name: String, of path: String) -> String? {
        for line in SystemFile.lines(of: path) where line.hasPrefix(name) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            return String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
        }
        return nil
    }

    static func firstLine(of path: String) -> String? { SystemFile.lines(of: path).first.map { String($0) } }
}
