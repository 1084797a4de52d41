import Glibc

/// Memory of this machine that a process may use.
public struct HostMemory: Sendable, Equatable {
    /// Bytes of the machine.
    public let total: Int
    /// Bytes that are free, or would be if caches were given up.
    public let available: Int
    /// Bytes that the control group of this process may use; nil without a limit.
    public let controlGroupLimit: Int?

    public init(total: Int, available: Int, controlGroupLimit: Int? = nil) {
        self.total = total
        self.available = available
        self.controlGroupLimit = controlGroupLimit
    }

    /// Bytes that all processes together can have.
    public var limit: Int { min(total, controlGroupLimit ?? total) }

    /// As the kernel says at this moment.
    public static var current: HostMemory {
        func bytes(_ field: String) -> Int {
            let line = SystemFile.lines(of: "/proc/meminfo").first { $0.hasPrefix(field + ":") }
            return (line.flatMap { $0.split { !$0.isNumber }.first }.flatMap { Int($0) } ?? 0) << 10
        }
        let total = bytes("MemTotal")
        return HostMemory(
            total: total > 0 ? total : Int.max, available: bytes("MemAvailable"), controlGroupLimit: groupLimit())
    }

    /// The tightest limit of the process's own control group and of those above it, in both layouts of control groups.
    private static func groupLimit() -> Int? {
        let groups = SystemFile.lines(of: "/proc/self/cgroup").compactMap { line -> [String]? in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            if parts[1].isEmpty { return limits(under: "/sys/fs/cgroup", String(parts[2]), "memory.max") }
            guard parts[1].split(separator: ",").contains("memory") else { return nil }
            return limits(under: "/sys/fs/cgroup/memory", String(parts[2]), "memory.limit_in_bytes")
        }
        return groups.joined().compactMap { Int($0) }.filter { $0 < 1 << 50 }.min()
    }

    /// What `name` says in a group's directory and in every one above it.
    private static func limits(under root: String, _ group: String, _ name: String) -> [String] {
        let parts = group.split(separator: "/").map(String.init)
        return (0...parts.count).compactMap { depth in
            let path = ([root] + parts[..<depth] + [name]).joined(separator: "/")
            return SystemFile.lines(of: path).first.map(String.init)
        }
    }
}

/// Small text files of the kernel.
public enum SystemFile {
    /// Lines of the first 64 KiB; none when it can't be read.
    public static func lines(of path: String) -> [Substring] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return [] }
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
    }
}
