import Autograd
import Batches
import Corpora
public import Evaluation
import Models
import Tensors
import Text

/// Captions that a model gave, beside the references.
public struct CaptionOutcome: Sendable {
    public struct Caption: Sendable {
        public let key: String
        public let text: String
        public let references: [String]
    }

    public let captions: [Caption]
    public let scores: CaptionScores
}

extension EvaluatedModel {
    /// Describes the images of a corpus of pairs and compares with its captions.
    /// - Parameters:
    ///   - beams: 1 is greedy. - limit: of images; nil for all.
    ///   - progress: images done, images in all.
    public func captions(
        corpus name: String, beams: Int, limit: Int? = nil, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> CaptionOutcome {
        let corpus = try pairs(name, for: "captioning")
        let reader = reader(of: corpus, needs: needs(images: true, texts: false))
        let ends = tokenizer.textEnds
        let decoder = CaptionDecoder(
            model: model, workspace: workspace, ends: (ends.start, ends.end),
            forbidden: Set(tokenizer.specialIDs), maxTokens: config.maxTokens, beams: beams)
        var captions: [CaptionOutcome.Caption] = []
        try forEachChunk(of: reader, limit: limit, footprint: decoder.footprint, progress: progress) { chunk in
            for (key, tokens) in zip(chunk.keys, try decoder.captions(chunk)) {
                captions.append(
                    .init(
                        key: key, text: try tokenizer.decode(tokens).trimmingBlanks,
                        references: try corpus.read(captions.count).texts))
            }
        }
        let scores = CaptionScores(captions: captions.map(\.text), references: captions.map(\.references))
        return CaptionOutcome(captions: captions, scores: scores)
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
