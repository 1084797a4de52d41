import Runtime
import Storage

/// Writes a directory that `from_pretrained` reads: `config.json`, `model.safetensors`, and files beside them. Visible only
/// when complete.
public struct HuggingFaceWriter {
    private let staged: StagedDirectory

    public init(path: String) { staged = StagedDirectory(path: path, faultPoint: "export") }

    /// - Parameters:
    ///   - tensors: in the order in which they are written. - weight: the elements of a weight of ours by name.
    ///   - companions: `config.json` and whatever else belongs there.
    public func write(
        _ tensors: [ExchangedTensor], _ weight: (String) -> UnsafeBufferPointer<Float>,
        companions: [CheckpointWriter.Companion]
    ) throws {
        try CheckpointError.wrapping {
            try staged.begin()
            do {
                for companion in companions { try write(companion) }
                let parts = tensors.flatMap(\.parts)
                let writer = try SafetensorsWriter(
                    file: try staged.create("model.safetensors"),
                    tensors: parts.map { StoredTensor(name: $0.name, dtype: .f32, shape: $0.shape) },
                    metadata: ["format": "pt"])
                for tensor in tensors { try write(tensor, weight(tensor.name), writer) }
                _ = try writer.finish()
                try staged.commit()
            } catch {
                try staged.discard()
                throw error
            }
        }
    }

    private func write(_ companion: CheckpointWriter.Companion) throws {
        let file = try staged.create(companion.name)
        try companion.bytes.withUnsafeBytes { try file.write($0) }
        _ = try file.seal()
    }

    private func write(
        _ tensor: ExchangedTensor, _ weight: UnsafeBufferPointer<Float>, _ writer: SafetensorsWriter
    ) throws {
        precondition(
            weight.count == tensor.count, "\(weight.count) elements of `\(tensor.name)`, \(tensor.count) wanted")
        var start = 0
        for part in tensor.parts {
            let elements = UnsafeBufferPointer(rebasing: weight[start..<start + part.count])
            try writer.write(part.name, UnsafeRawBufferPointer(elements))
            start += part.count
        }
    }
}
