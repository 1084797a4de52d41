import Rehearsal
import Checkpoints
import Glibc
import Runtime
import Storage
import Testing

@Suite struct RoundTripTests {
    @Test("weights, moments, state and companions come back, and foreign tools accept the directory")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        try ToyModel(seed: 3).save(to: directory.path, step: 3)
        let store = CheckpointStore(directory: directory.path)
        let checkpoint = try #require(try store.newest(threads: 2) { Issue.record("\($0)") })
        #expect(checkpoint.step == 3 && checkpoint.path == directory("step-00000003"))
        #expect(try ToyModel.values(in: checkpoint) == ToyModel.values(step: 3))
        #expect(try checkpoint.state(as: ToyState.self) == ToyState(batches: 30, learningRate: 0.1))
        #expect(try checkpoint.config == Array("{}\n".utf8))
        #expect(try checkpoint.companion("vocab.json") == Array("{\"a\":1}".utf8))
        #expect(try checkpoint.has(.expAvg))
        #expect(try !checkpoint.has(.master))
        #expect(try checkpoint.weights().map(\.name).sorted() == ToyModel.shapes.map(\.name).sorted())
        #expect(system("cd \(checkpoint.path) && sha256sum --strict --quiet -c manifest.sha256") == 0)
        let index = try SafetensorsIndex(path: checkpoint.path + "/model.safetensors.index.json")
        #expect(index.totalSize == UInt64(4 * ToyModel.shapes.reduce(0) { $0 + $1.shape.reduce(1, *) }))
        for (name, file) in index.files {
            #expect(try SafetensorsFile(path: checkpoint.path + "/" + file)[name]?.name == name)
        }
    }

    @Test("the number of ranks leaves no trace")
    func ranks() throws {
        let directory = try TemporaryDirectory()
        let manifests = try [1, 2, 3, 7, 50].map { ranks in
            try ToyModel(seed: 1).save(to: directory("r\(ranks)"), step: 1, ranks: ranks)
            return try Checkpoint(path: directory("r\(ranks)/step-00000001")).manifest
        }
        #expect(manifests.allSatisfy { $0 == manifests[0] })
    }

    @Test(
        "files stay below their size, whatever it is, and hold every element once",
        arguments: [1, 64, 500, 4096, 1 << 30])
    func layout(fileSize: Int) throws {
        let directory = try TemporaryDirectory()
        let model = ToyModel(seed: 5)
        let layout = CheckpointLayout(model.contents, fileSize: fileSize)
        for file in layout.optimizers { #expect(file.byteCount <= max(fileSize, 64)) }
        for file in layout.models where file.pieces.count > 1 { #expect(file.byteCount <= fileSize) }
        for tensor in model.contents.optimizer[.expAvg]!.indices {
            let ranges = layout.optimizers.flatMap(\.pieces).filter { $0.tensor == tensor }.map(\.elements)
            #expect(ranges.flatMap { Array($0) } == Array(0..<ToyModel.shapes[tensor].shape.reduce(1, *)))
        }
        try model.save(to: directory.path, step: 5, ranks: 2, fileSize: fileSize)
        #expect(try ToyModel.values(in: Checkpoint(path: directory("step-00000005"))) == model.values)
        #expect(CheckpointLayout(model.contents, fileSize: 1 << 30, minimumFiles: 3).optimizers.count >= 3)
    }

    @Test("any range of a moment can be restored from slices of any cut")
    func ranges() throws {
        let directory = try TemporaryDirectory()
        try ToyModel(seed: 2).save(to: directory.path, step: 2, fileSize: 300)
        let checkpoint = try Checkpoint(path: directory("step-00000002"))
        let whole = ToyModel.values(step: 2)[ToyModel.shapes.count + 2]
        for range in [0..<400, 0..<0, 17..<18, 63..<350, 399..<400] {
            var part = [Float](repeating: 0, count: range.count)
            try part.withUnsafeMutableBytes {
                try checkpoint.restoreOptimizer(
                    .expAvg, into: [.init(name: "layer.0.weight", shape: [40, 10], elements: range, bytes: $0)])
            }
            #expect(part == Array(whole[range]))
        }
    }

    @Test("a weight or moment that is no finite number is named with its element", arguments: [Float.nan, -.infinity])
    func notFinite(_ value: Float) throws {
        let directory = try TemporaryDirectory()
        try ToyModel(seed: 2).save(to: directory.path, step: 2)
        try Checkpoint(path: directory("step-00000002")).checkFinite(threads: 3)
        for moment in [false, true] {
            let model = ToyModel(seed: 2)
            defer { withExtendedLifetime(model) {} }
            var contents = model.contents
            let bytes = moment ? contents.optimizer[.expAvgSq]![2].bytes : contents.weights[2].bytes
            var values = Array(bytes.bindMemory(to: Float.self))
            values[257] = value
            values[399] = value
            try values.withUnsafeBytes { bytes in
                let tensor = CheckpointTensor(name: "layer.0.weight", shape: [40, 10], bytes: bytes)
                if moment { contents.optimizer[.expAvgSq]![2] = tensor } else { contents.weights[2] = tensor }
                let writer = CheckpointWriter(directory: directory.path, step: 3, layout: CheckpointLayout(contents))
                try writer.begin()
                let parts = try writer.write(contents, rank: 0, ranks: 1)
                try writer.commit(parts: parts, state: ToyState(batches: 1, learningRate: 1), config: [])
            }
            let checkpoint = try Checkpoint(path: directory("step-00000003"))
            let name = moment ? "layer.0.weight.exp_avg_sq" : "layer.0.weight"
            let error = #expect(throws: CheckpointError.self) { try checkpoint.checkFinite() }
            #expect("\(error!)".contains("finite numbers in `\(name)`, found \(value) as element 257, 2 of 400 in all"))
            guard !moment else { continue }
            #expect(throws: CheckpointError.self) { try ToyModel().restore(from: checkpoint) }
        }
    }

    @Test("a weight of another name, shape or type is named, not read")
    func mismatch() throws {
        let directory = try TemporaryDirectory()
        try ToyModel(seed: 2).save(to: directory.path, step: 2)
        let checkpoint = try Checkpoint(path: directory("step-00000002"))
        var buffer = [UInt8](repeating: 0, count: 1400)
        try buffer.withUnsafeMutableBytes { bytes in
            func target(_ name: String, _ shape: [Int], _ dtype: StoredDType = .f32) -> RestoreTarget {
                let count = shape.reduce(dtype.byteCount, *)
                return RestoreTarget(
                    name: name, dtype: dtype, shape: shape, bytes: .init(rebasing: bytes[..<count]))
            }
            let wrong: [(RestoreTarget, String)] = [
                (target("nothing", [3]), "expected a weight `nothing`"),
                (target("layer.0.bias", [4]), "expected `layer.0.bias` as F32 [4], found F32 [3]"),
                (target("layer.0.bias", [3], .bf16), "expected `layer.0.bias` as BF16 [3], found F32 [3]"),
                (target("layer.0.bias", [3]), "expected 1 weights, found 3 others"),
            ]
            for (target, message) in wrong {
                let error = #expect(throws: CheckpointError.self) { try checkpoint.restoreWeights(into: [target]) }
                #expect("\(error!)".contains(message))
                #expect(error?.exitCode == .checkpoint)
            }
            try checkpoint.restoreWeights(into: [target("layer.0.bias", [3])], allowingOthers: true)
            #expect(throws: CheckpointError.self) {
                try checkpoint.restoreOptimizer(.master, into: [target("layer.0.bias", [3])])
            }
            #expect(throws: CheckpointError.self) {
                try checkpoint.restoreOptimizer(.expAvg, into: [target("layer.0.bias", [5])])
            }
        }
    }
}
