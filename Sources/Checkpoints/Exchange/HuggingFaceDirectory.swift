import Runtime
import Storage

/// A directory as Hugging Face's `save_pretrained` writes it: `config.json` and safetensors, in one file or in shards.
public struct HuggingFaceDirectory: Sendable {
    public let path: String
    private let places: [String: SafetensorsFile]

    private static let single = "model.safetensors"
    private static let index = "model.safetensors.index.json"

    public init(path: String) throws {
        self.path = path
        places = try CheckpointError.wrapping {
            var places: [String: SafetensorsFile] = [:]
            for name in try Self.files(path) {
                let file = try SafetensorsFile(path: path + "/" + name)
                for tensor in file.tensors { places[tensor.name] = file }
            }
            return places
        }
    }

    private static func files(_ path: String) throws -> [String] {
        if let known = KnownDirectory(path), [.checkpoint, .run, .checkpoints].contains(known) {
            throw CheckpointError.mismatch(
                FileFault(
                    path: path, expected: "a model of transformers", found: "\(known.rawValue) of this program",
                    remedy: "start from it with `init`, or write it for others with `unimo checkpoint export`"))
        }
        guard !Directory.exists(path + "/adapter_config.json") else {
            throw CheckpointError.mismatch(
                FileFault(
                    path: path, expected: "a whole model", found: "an adapter, adapter_config.json",
                    remedy: "merge it into its model in PyTorch and save that"))
        }
        if Directory.exists(path + "/" + index) {
            return Set(try SafetensorsIndex(path: path + "/" + index).files.values).sorted()
        }
        guard Directory.exists(path + "/" + single) else {
            throw CheckpointError.mismatch(
                FileFault(
                    path: path, expected: "\(single) or \(index)", found: found(path),
                    remedy: "save the model in PyTorch with save_pretrained(\"\(path)\", safe_serialization=True)"))
        }
        return [single]
    }

    /// What there is instead of safetensors.
    private static func found(_ path: String) -> String {
        if Directory.exists(path + "/pytorch_model.bin") { return "pytorch_model.bin" }
        return KnownDirectory.found(at: path)
    }

    /// `config.json`.
    public var config: [UInt8] {
        get throws {
            try CheckpointError.wrapping { try InputFile.contents(of: path + "/config.json", limit: 1 << 20) }
        }
    }

    /// The bytes of a file beside the weights; nil when there is none.
    public func companion(_ name: String, limit: UInt64 = 1 << 28) throws -> [UInt8]? {
        guard Directory.exists(path + "/" + name) else { return nil }
        return try CheckpointError.wrapping { try InputFile.contents(of: path + "/" + name, limit: limit) }
    }

    public var names: [String] { places.keys.sorted() }

    /// What stands before the names of a model that is a part of a larger one: `roberta.` where a head was saved with it.
    public func prefix(_ candidates: [String], of name: String) -> String? {
        candidates.first { places[$0 + name] != nil }
    }

    /// Whether every part is there.
    public func has(_ tensor: ExchangedTensor, prefix: String) -> Bool {
        tensor.parts.allSatisfy { places[prefix + $0.name] != nil }
    }

    public func has(_ name: String) -> Bool { places[name] != nil }

    /// Throws unless every part is there, in its shape and in a type that can be read; nothing but headers is looked at.
    public func check(_ tensor: ExchangedTensor, prefix: String) throws {
        for part in tensor.parts { _ = try file(of: part, prefix + part.name) }
    }

    /// Reads a weight of ours: its parts one after the other, as Float32.
    /// - Throws: `CheckpointError.mismatch` for parts that are not there, of another shape, or not finite.
    public func read(_ tensor: ExchangedTensor, prefix: String, into target: UnsafeMutableBufferPointer<Float>) throws {
        precondition(target.count == tensor.count, "\(target.count) elements for `\(tensor.name)`, \(tensor.count)")
        var start = 0
        for part in tensor.parts {
            let own = UnsafeMutableBufferPointer(rebasing: target[start..<start + part.count])
            try CheckpointError.wrapping { try read(part, prefix + part.name, into: own) }
            start += part.count
        }
    }

    private func read(
        _ part: ExchangedTensor.Part, _ name: String, into target: UnsafeMutableBufferPointer<Float>
    ) throws {
        let (file, dtype) = try file(of: part, name)
        switch dtype {
        case .bf16: widen(try file.bytes(of: name), into: target) { Float(bitPattern: UInt32($0) << 16) }
        case .f16: widen(try file.bytes(of: name), into: target) { Float(Float16(bitPattern: $0)) }
        default: try file.read(name, into: UnsafeMutableRawBufferPointer(target))
        }
        if let fault = FiniteCheck.fault(UnsafeBufferPointer(target)) {
            throw mismatch("finite numbers in `\(name)`", fault)
        }
    }

    /// The file that holds a tensor as it should be.
    private func file(of part: ExchangedTensor.Part, _ name: String) throws -> (SafetensorsFile, StoredDType) {
        guard let file = places[name], let found = file[name] else {
            throw mismatch("a tensor `\(name)`", "none of that name")
        }
        guard found.shape == part.shape else { throw mismatch("`\(name)` \(part.shape)", "\(found.shape)") }
        guard [.f32, .bf16, .f16].contains(found.dtype) else {
            throw mismatch("`\(name)` as F32, F16 or BF16", found.dtype.rawValue)
        }
        return (file, found.dtype)
    }

    private func widen(
        _ bytes: [UInt8], into target: UnsafeMutableBufferPointer<Float>, _ value: (UInt16) -> Float
    ) {
        for i in target.indices { target[i] = value(UInt16(bytes[2 * i]) | UInt16(bytes[2 * i + 1]) << 8) }
    }

    private func mismatch(_ expected: String, _ found: String) -> CheckpointError {
        .mismatch(
            FileFault(
                path: path, expected: expected, found: found,
                remedy: "config.json and the weights beside it must be of one model, saved by save_pretrained"))
    }
}
