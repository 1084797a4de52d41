import Rehearsal
import Checkpoints
import Glibc
import Runtime
import Storage
import Testing

@Suite struct CrashTests {
    static let points = [
        "checkpoint.write", "checkpoint.fsync", "checkpoint.rename", "checkpoint.renamed", "checkpoint.prune",
    ]

    /// Saves step 2 beside step 1 and prunes, in a process of its own that dies at the `visit`-th passing of `point`.
    /// A process that gets through leaves `survived` behind, and dies then.
    private func crash(at point: String, visit: Int, in path: String) async {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, fault = "\(point):\(visit)" as String] in
            setenv("UNIMO_FAULT", fault, 1)
            try ToyModel(seed: 2).save(to: path, step: 2, ranks: 2, fileSize: 3000)
            try CheckpointStore(directory: path).prune(keep: 1)
            try AtomicFile.write([], to: path + "/survived", faultPoint: "test")
            kill(getpid(), SIGKILL)
        }
    }

    @Test("killed at any point of saving, the old or the new checkpoint is there, whole", arguments: points)
    func sweep(point: String) async throws {
        var visit = 0
        var found: Set<Int> = []
        while true {
            visit += 1
            let directory = try TemporaryDirectory()
            try ToyModel(seed: 1).save(to: directory.path, step: 1)
            await crash(at: point, visit: visit, in: directory.path)
            let store = CheckpointStore(directory: directory.path)
            let checkpoint = try #require(
                try store.newest { Issue.record("\(point):\(visit): \($0)") }, "\(point):\(visit)")
            found.insert(checkpoint.step)
            #expect(try ToyModel.values(in: checkpoint) == ToyModel.values(step: checkpoint.step))
            let left = try Directory.names(in: directory.path).filter { $0 != "survived" }
            #expect(left.allSatisfy { ["step-00000001", "step-00000002"].contains($0) }, "\(point):\(visit) \(left)")
            if Directory.exists(directory("survived")) { break }
            try #require(visit < 200)
        }
        #expect(visit > 1, "\(point) is never passed")
        #expect(found.contains(2))
    }

    @Test("a save that fails at any write leaves the old checkpoint and no trace, and the next save succeeds")
    func failures() async throws {
        let directory = try TemporaryDirectory()
        try ToyModel(seed: 1).save(to: directory.path, step: 1)
        for visit in [1, 2, 5] {
            await #expect(processExitsWith: .success) { [path = directory.path as String, visit = visit as Int] in
                setenv("UNIMO_FAULT", "checkpoint.write:\(visit):fail", 1)
                #expect(throws: FaultPoint.Injected.self) { try ToyModel(seed: 2).save(to: path, step: 2) }
                #expect(try Directory.names(in: path) == ["step-00000001"])
                try ToyModel(seed: 2).save(to: path, step: 2)
                #expect(try CheckpointStore(directory: path).steps() == [1, 2])
                try Directory.remove(path + "/step-00000002")
            }
        }
        #expect(try CheckpointStore(directory: directory.path).newest { Issue.record("\($0)") }?.step == 1)
    }
}
