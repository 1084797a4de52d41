import Checkpoints
import Rehearsal
import Runtime
import Storage
import Testing

@Suite struct VerifiedRestoreTests {
    /// A checkpoint of step 1 in many files, and their paths.
    private func saved(_ directory: TemporaryDirectory, fileSize: Int = 1500) throws -> (Checkpoint, [String]) {
        try ToyModel(seed: 1).save(to: directory.path, step: 1, fileSize: fileSize)
        let checkpoint = try Checkpoint(path: directory("step-00000001"), verifying: .smallFiles)
        return (checkpoint, checkpoint.manifest.names.filter { $0.hasSuffix(".safetensors") })
    }

    @Test("what is checked on the way is what was saved, however the files are cut", arguments: [100, 1500, 1 << 20])
    func restores(fileSize: Int) throws {
        let directory = try TemporaryDirectory()
        let (checkpoint, _) = try saved(directory, fileSize: fileSize)
        for threads in [1, 3] {
            let model = ToyModel()
            try model.restoreVerified(from: checkpoint, threads: threads)
            #expect(model.values == ToyModel.values(step: 1))
        }
    }

    @Test("a flipped bit anywhere in any file of tensors is damage that names the file, headers included")
    func everyFile() throws {
        let directory = try TemporaryDirectory()
        let (checkpoint, names) = try saved(directory)
        #expect(names.count > 4)
        for name in names {
            let path = checkpoint.path + "/" + name
            let good = try InputFile.contents(of: path, limit: 1 << 20)
            // The length of the header, its names and shapes, and the numbers behind it.
            for place in [0, 7, 12, 40, 90, good.count / 2, good.count - 1] where place < good.count {
                var bytes = good
                bytes[place] ^= 4
                try AtomicFile.write(bytes, to: path)
                let error = #expect(throws: CheckpointError.self, "\(name) at \(place)") {
                    try ToyModel().restoreVerified(from: checkpoint)
                }
                #expect(error?.isDamage == true && "\(error!)".contains(path), "\(name) at \(place): \(error!)")
            }
            try AtomicFile.write(Array(good.dropLast()), to: path)
            #expect(throws: CheckpointError.self) { try ToyModel().restoreVerified(from: checkpoint) }
            try Directory.remove(path)
            let missing = #expect(throws: CheckpointError.self) { try ToyModel().restoreVerified(from: checkpoint) }
            #expect(missing?.isDamage == true)
            try AtomicFile.write(good, to: path)
        }
        try ToyModel().restoreVerified(from: checkpoint)
    }

    @Test("a whole checkpoint of another model is another model's, not damage")
    func otherModel() throws {
        let directory = try TemporaryDirectory()
        let (checkpoint, _) = try saved(directory)
        var number: Float = 0
        withUnsafeMutableBytes(of: &number) { bytes in
            let stranger = RestoreTarget(name: "stranger", shape: [1], bytes: bytes)
            let error = #expect(throws: CheckpointError.self) {
                try checkpoint.restoreVerified(weights: [stranger], optimizer: [:], pool: WorkerPool(threads: 1))
            }
            #expect(error?.isDamage == false && "\(error!)".contains("stranger"))
        }
    }

    @Test("small files are checked when a checkpoint is opened for it, files of tensors are left alone")
    func smallFiles() throws {
        let directory = try TemporaryDirectory()
        let (checkpoint, names) = try saved(directory)
        try AtomicFile.write([1], to: checkpoint.path + "/" + names[0])
        _ = try Checkpoint(path: checkpoint.path, verifying: .smallFiles)
        #expect(throws: CheckpointError.self) { try Checkpoint(path: checkpoint.path) }
        try AtomicFile.write([1], to: checkpoint.path + "/vocab.json")
        #expect(throws: CheckpointError.self) { try Checkpoint(path: checkpoint.path, verifying: .smallFiles) }
    }

    @Test("tensors that straddle the pieces in which files are read arrive whole")
    func largeTensors() throws {
        let directory = try TemporaryDirectory()
        let count = 700_001
        let weights = (0..<count).map { Float($0) }
        let moments = (0..<count).map { -Float($0) }
        try weights.withUnsafeBytes { w in
            try moments.withUnsafeBytes { m in
                let contents = CheckpointContents(
                    weights: [CheckpointTensor(name: "a.weight", shape: [count], bytes: w)],
                    optimizer: [.expAvg: [CheckpointTensor(name: "a.weight", shape: [count], bytes: m)]])
                let writer = CheckpointWriter(
                    directory: directory.path, step: 1, layout: CheckpointLayout(contents, fileSize: 1_300_000))
                try writer.begin()
                try writer.commit(
                    parts: try writer.write(contents, rank: 0, ranks: 1), state: ToyState(batches: 1, learningRate: 1),
                    config: Array("{}\n".utf8))
            }
        }
        let checkpoint = try Checkpoint(path: directory("step-00000001"), verifying: .smallFiles)
        // A part of the moments only, as a rank that owns a slice would take them.
        let slice = 123_457..<600_003
        var read = [Float](repeating: 0, count: count)
        var part = [Float](repeating: 0, count: slice.count)
        try read.withUnsafeMutableBytes { w in
            try part.withUnsafeMutableBytes { m in
                try checkpoint.restoreVerified(
                    weights: [RestoreTarget(name: "a.weight", shape: [count], bytes: w)],
                    optimizer: [.expAvg: [RestoreTarget(name: "a.weight", shape: [count], elements: slice, bytes: m)]],
                    pool: WorkerPool(threads: 2))
            }
        }
        #expect(read == weights)
        #expect(part == Array(moments[slice]))
    }
}
