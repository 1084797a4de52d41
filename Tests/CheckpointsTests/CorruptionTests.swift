import Checkpoints
import Glibc
import Rehearsal
import Runtime
import Storage
import Testing

@Suite("Damage to a checkpoint") struct CorruptionTests {
    /// Corruptions of each file.
    private static let count = 500

    /// Reads everything; what is read must be what was written.
    /// - Returns: what the readers said; nil when all is well.
    private static func complaint(_ path: String) throws -> String? {
        do {
            let found = try Checkpoint(path: path)
            try #require(ToyModel.values(in: found) == ToyModel.values(step: 1), "wrong weights")
            return nil
        } catch let error as any DiagnosedError { return error.description }
    }

    @Test("five hundred corruptions of each file end in a typed error that names the checkpoint, or change nothing")
    func corruptions() throws {
        let directory = try TemporaryDirectory()
        try ToyModel(seed: 1).save(to: directory.path, step: 1, fileSize: 3000)
        let checkpoint = directory("step-00000001")
        for name in try Directory.names(in: checkpoint) {
            let path = checkpoint + "/" + name
            let good = try InputFile.contents(of: path, limit: 1 << 20)
            for seed in 0..<Self.count {
                let bytes = Corruption.corrupted(good, seed: seed)
                try put(bytes, path)
                let complaint = try Self.complaint(checkpoint)
                if bytes == good {
                    #expect(complaint == nil, "\(name), seed \(seed)")
                } else {
                    #expect(complaint?.contains(checkpoint) == true, "\(name), seed \(seed): \(complaint ?? "nothing")")
                }
            }
            try put(good, path)
        }
    }

    /// Writes without a flush: it is only a test, many times.
    private func put(_ bytes: [UInt8], _ path: String) throws {
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }
}
