import Collectives
import Glibc
import Recipes
import Runtime

/// Memory, shared memory, disks and limits.
enum MemoryChecks {
    static func findings() -> [Finding] {
        [memory(), sharedRegion(), sharedMemoryDisk(), disk(), openFiles(), lockedMemory(), addressSpace()]
    }

    private static func memory() -> Finding {
        let memory = HostMemory.current
        let text = "\(Quantity.approximate(memory.available)) available of \(Quantity.approximate(memory.total))"
        guard let limit = memory.controlGroupLimit, limit < memory.available else { return .ok("memory", text) }
        return .warn(
            "memory", "\(text), but this control group may use \(Quantity.approximate(limit))",
            remedy: "plan for the smaller figure, or raise the limit of the container or job")
    }

    /// Ranks of one node share gradients through an anonymous file in memory.
    private static func sharedRegion() -> Finding {
        do {
            let region = try SharedRegion(byteCount: 1 << 20, name: "doctor")
            region.floats[0] = 1
            return .ok("shared regions", "memfd works: ranks of one node can reduce in place")
        } catch {
            return .warn("shared regions", "\(error)", remedy: "use reduction: ring")
        }
    }

    private static func sharedMemoryDisk() -> Finding {
        guard let space = space(of: "/dev/shm") else {
            return .warn(
                "/dev/shm", "is not mounted", remedy: "Open MPI falls back to slower files; mount a tmpfs there")
        }
        let text = "\(Quantity.approximate(space.free)) free of \(Quantity.approximate(space.total))"
        guard space.free < 32 << 20 else { return .ok("/dev/shm", "\(text) (only MPI's own buffers live there)") }
        return .warn(
            "/dev/shm", text, remedy: "MPI needs some megabytes per rank; start the container with --shm-size=1g")
    }

    private static func disk() -> Finding {
        guard let space = space(of: ".") else {
            return .fail("disk", "the current folder can't be examined", remedy: "change to a folder that exists")
        }
        let text = "\(Quantity.approximate(space.free)) free in the current folder"
        if access(".", W_OK) != 0 {
            return .warn("disk", "\(text), which is not writable", remedy: "give run directories elsewhere with --run")
        }
        guard space.free < 10 << 30 else { return .ok("disk", text) }
        return .warn("disk", text, remedy: "a base-sized model writes 2 GB per checkpoint; keep 10 GB free")
    }

    private static func space(of path: String) -> (free: Int, total: Int)? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return (Int(status.f_bavail) * Int(status.f_frsize), Int(status.f_blocks) * Int(status.f_frsize))
    }

    /// The soft limit in `/proc/self/limits`; nil when unlimited.
    private static func limit(_ name: String) -> Int? {
        guard let line = SystemFile.lines(of: "/proc/self/limits").first(where: { $0.hasPrefix(name) }) else {
            return nil
        }
        return line.dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) }
    }

    private static func openFiles() -> Finding {
        guard let files = limit("Max open files") else { return .ok("open files", "unlimited") }
        guard files < 1024 else { return .ok("open files", "up to \(files)") }
        return .warn("open files", "up to \(files)", remedy: "raise it: ulimit -n 4096")
    }

    private static func lockedMemory() -> Finding {
        let text = limit("Max locked memory").map { Quantity.approximate($0) } ?? "unlimited"
        return .ok("locked memory", "\(text) (only fast interconnects need it unlimited)")
    }

    private static func addressSpace() -> Finding {
        let names = ["Max address space", "Max data size", "Max file size"]
        let limits = names.compactMap { name in limit(name).map { (name: name, bytes: $0) } }
        guard let tightest = limits.min(by: { $0.bytes < $1.bytes }) else { return .ok("other limits", "none") }
        return .warn(
            "other limits", "\(tightest.name.lowercased()) is \(Quantity.approximate(tightest.bytes))",
            remedy: "lift them: ulimit -v unlimited -d unlimited -f unlimited")
    }
}
