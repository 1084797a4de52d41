import Autograd
import Checkpoints
import Runtime

/// A language-model head here reads its matrix from the word table. That of a `RobertaForMaskedLM` may be another one.
enum UntiedHead {
    private static let decoder = "lm_head.decoder.weight"

    /// Refuses a head whose matrix or bias is not the one that is taken for it.
    /// - Parameter store: what was taken.
    static func refuse(_ directory: HuggingFaceDirectory, word store: ParameterStore) throws {
        guard directory.has("lm_head.dense.weight"), directory.has("lm_head.bias") else { return }
        for (name, own) in [(decoder, "text.word"), ("lm_head.decoder.bias", "mlm.bias")] where directory.has(name) {
            guard let parameter = store[own] else { preconditionFailure("no weight \(own)") }
            let theirs = try read(directory, name, parameter)
            let taken = UnsafeBufferPointer(start: store.weights + parameter.range.lowerBound, count: parameter.count)
            guard let place = theirs.indices.first(where: { theirs[$0] != taken[$0] }) else { continue }
            let kind = name == decoder ? "the word table, to which the head is tied" : "lm_head.bias"
            throw CheckpointError.mismatch(
                FileFault(
                    path: directory.path, expected: "`\(name)` to be \(kind)",
                    found: "another number as element \(place)",
                    remedy: "save the encoder without its head: RobertaModel.from_pretrained(…).save_pretrained(…)"))
        }
    }

    private static func read(
        _ directory: HuggingFaceDirectory, _ name: String, _ parameter: Parameter
    ) throws -> [Float] {
        try [Float](unsafeUninitializedCapacity: parameter.count) { buffer, count in
            let target = UnsafeMutableBufferPointer(rebasing: buffer[..<parameter.count])
            try directory.read(ExchangedTensor(name, [.init(name, parameter.shape)]), prefix: "", into: target)
            count = parameter.count
        }
    }
}
