import Models
import Runtime
import Storage

@testable import Checkpoints
@testable import Recipes

extension FuzzParser {
    static let checkpoints = [
        FuzzParser("checkpoint-state", maxLength: 8192, seeds: stateSeeds) { bytes, _ in
            _ = try CheckpointState.head(bytes, path: "state.json")
            let state = try CheckpointState.state(RunState.self, bytes, path: "state.json")
            _ = state.shape.described
            _ = [String: CorpusIdentity]().differences(from: state.data)
            _ = try Recipe.resolve(state.recipe, name: "the recipe")
        },
        FuzzParser("checkpoint-config", seeds: configSeeds) { bytes, _ in
            let config = try ConfigFile.config(bytes, path: "config.json")
            try promise(config.contradiction == nil && config.rowsPerImage > 0, "\(config)")
        },
        FuzzParser("checkpoint-weights", seeds: weightSeeds) { bytes, scratch in
            let checkpoint = try checkpoint(scratch, "model-00001-of-00001.safetensors", bytes)
            _ = try checkpoint.weights()
            try withTarget { try checkpoint.restoreWeights(into: [$0], allowingOthers: true) }
        },
        FuzzParser("checkpoint-optimizer", seeds: optimizerSeeds) { bytes, scratch in
            let checkpoint = try checkpoint(scratch, "optimizer-00001-of-00001.safetensors", bytes)
            _ = try checkpoint.has(.master)
            try withTarget { try checkpoint.restoreOptimizer(.expAvg, into: [$0]) }
        },
    ]

    /// A checkpoint in which one file is the input.
    private static func checkpoint(_ scratch: FuzzDirectory, _ name: String, _ bytes: [UInt8]) throws -> Checkpoint {
        let files: [(String, [UInt8])] = [
            (CheckpointName.state, try CheckpointState.bytes(step: 1, [String: Int]())),
            (CheckpointName.config, Array("{}".utf8)), (CheckpointName.index, Array("{}".utf8)), (name, bytes),
        ]
        for (name, bytes) in files { try scratch.put(name, bytes) }
        let digests = files.map { FileDigest(name: $0.0, sha256: SHA256.hex(of: $0.1), size: UInt64($0.1.count)) }
        try scratch.put(ChecksumManifest.fileName, ChecksumManifest(digests).text)
        return try Checkpoint(path: scratch.path, verifying: .nothing)
    }

    /// Room for elements 1 ..< 4 of a tensor `w` of five.
    private static func withTarget(_ body: (RestoreTarget) throws -> Void) throws {
        var room: [Float] = [0, 0, 0]
        try room.withUnsafeMutableBytes {
            try body(RestoreTarget(name: "w", shape: [5], elements: 1..<4, bytes: $0))
        }
    }
}

extension FuzzParser {
    private static func stateSeeds() throws -> [Seed] {
        let state = RunState(
            seed: 1, batch: 12, groupSteps: ["shared": 6],
            shape: .init(nodes: 1, ranks: 2, threads: 1, cpu: "x86-64-v4", libraries: "OpenBLAS"),
            recipe: smallRecipe, data: [:])
        let data =
            #"{"format":"unimo-checkpoint","version":1,"tool":"t","step":3,"state":{"seed":1,"batch":2,"groupSteps":{},"#
            + #""shape":{"nodes":0,"ranks":1,"threads":1,"cpu":"","libraries":""},"recipe":"steps: 1","#
            + #""data":{"a":{"fingerprint":"0a","kind":"texts","samples":3,"bytes":9}}}}"#
        return [
            Seed("whole", try CheckpointState.bytes(step: 6, state)), Seed("data", data),
            Seed("newer", #"{"format":"unimo-checkpoint","version":2,"tool":"t","step":3}"#),
        ]
    }

    private static func configSeeds() throws -> [Seed] {
        let encoder = #"{"layers": 1, "width": 8, "heads": 2, "feed_forward": 16, "epsilon": 1e-5}"#
        func config(patch: Int, heads: String = encoder) -> String {
            #"{"vocabulary": 300, "max_tokens": 16, "image_size": 32, "patch_size": \#(patch), "vision": \#(encoder), "#
                + #""text": \#(heads), "grounded": \#(encoder), "projection": 8, "dropout": 0.1}"#
        }
        let headless = #"{"layers": 1, "width": 8, "heads": 0, "feed_forward": 16, "epsilon": 1e-5}"#
        return [
            Seed("small", config(patch: 8)), Seed("no-patch", config(patch: 0)),
            Seed("no-heads", config(patch: 8, heads: headless)), Seed("contradiction", config(patch: 7)),
        ]
    }

    private static func weightSeeds() -> [Seed] {
        let data = [UInt8](repeating: 1, count: 20)
        return [
            Seed("one", safetensors(#"{"w":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}}"#, data)),
            Seed("other-shape", safetensors(#"{"w":{"dtype":"F32","shape":[5,1],"data_offsets":[0,20]}}"#, data)),
        ]
    }

    private static func optimizerSeeds() -> [Seed] {
        let data = [UInt8](repeating: 1, count: 20)
        let slices =
            #"{"__metadata__":{"w.exp_avg[0:2]":"0:2/5","w.exp_avg[2:5]":"2:5/5"},"#
            + #""w.exp_avg[0:2]":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
            + #""w.exp_avg[2:5]":{"dtype":"F32","shape":[3],"data_offsets":[8,20]}}"#
        let whole =
            #"{"__metadata__":{"w.exp_avg":"0:5/5"},"w.exp_avg":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}}"#
        return [
            Seed("slices", safetensors(slices, data)), Seed("whole", safetensors(whole, data)),
            Seed("nameless", safetensors(#"{"":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}}"#, data)),
            Seed("bracket", safetensors(#"{"[":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}}"#, data)),
        ]
    }
}
