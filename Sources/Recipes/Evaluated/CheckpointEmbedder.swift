import Autograd
import Batches
import Checkpoints
import Corpora
public import Curation
import Evaluation
import Models
import Storage
import Tensors

/// Texts as `unimo embed` gives them: the unit vectors that a model's contrastive learning compares.
public final class CheckpointEmbedder: TextEmbedder, @unchecked Sendable {
    // Safety: a rank's job calls it from one thread, and nothing else has the model or its workspace.
    private let evaluated: EvaluatedModel

    public init(_ evaluated: EvaluatedModel) { self.evaluated = evaluated }

    public var fingerprint: String { evaluated.checkpoint.manifest.fingerprint }
    public var width: Int { evaluated.model.vectorWidth }

    public func vectors(of texts: [String]) throws -> [[Float]] {
        guard !texts.isEmpty else { return [] }
        let samples = texts.map(sample)
        let chunk = Chunk(
            positions: 0..<samples.count, samples: samples, needs: evaluated.needs(images: false, texts: true))
        guard let encoded = try evaluated.workspace.run({ evaluated.model.encodeAlone(chunk, $0) }).texts else {
            preconditionFailure("no text rows")
        }
        let floats = encoded.vectors.value.floats
        return samples.indices.map { Array(UnsafeBufferPointer(start: floats + $0 * width, count: width)) }
    }

    /// A text without tokens is `<s>` and `</s>`.
    private func sample(_ text: String) -> Sample {
        let ends = evaluated.tokenizer.textEnds
        var sample = Sample(key: "")
        let (limit, tokenize) = (evaluated.config.maxTokens, evaluated.tokenizer.tokenize)
        if !sample.take(text, maxTokens: limit, ends: ends, tokenize: tokenize) {
            (sample.tokens, sample.wordStarts) = ([ends.start, ends.end], [false, false])
        }
        return sample
    }
}
