public import Autograd
public import Batches
public import Models
public import Runtime

extension UNIMO {
    /// Captioning: the whole caption is generated behind the regions and an empty text, as fragments are in sequence-to-sequence
    /// generation (UNIMO §4.1 fine-tunes so).
    public struct Captioning: ChunkObjective {
        public typealias Subject = UNIMO
        public static let name = "captioning"
        public let needs: SampleNeeds
        public let terms: [LossTerm]

        public init(maxTokens: Int, regions: RegionNeeds, weight: Float = 1) {
            terms = [LossTerm(Self.name, weight: weight)]
            needs = SampleNeeds(maxTokens: maxTokens, regions: regions)
        }

        public var groups: Set<String> { ["text", "regions", "transformer", "mlm"] }

        public func prepare(_ sample: inout Sample, _ random: RandomKey) {
            guard let start = sample.tokens.first, let end = sample.tokens.last else { return }
            sample.target = sample.tokens
            sample.tokens = [start, end]
        }

        public func counts(_ chunk: Chunk) -> [Int] { [chunk.targets?.labels.count ?? 0] }

        public func loss(_ chunk: Chunk, _ model: UNIMO, scales: [Float], _ tape: Tape) -> [Double] {
            [model.targetLoss(chunk, scale: scales[0], tape)]
        }
    }

    /// Σ of the cross entropy of a chunk's targets, each token told from those before it, what is left of its text, and its
    /// image.
    func targetLoss(_ chunk: Chunk, scale: Float, _ tape: Tape) -> Double {
        guard let text = chunk.text else { preconditionFailure("a target behind no text") }
        let seen = understand(chunk.regions, text, targets: chunk.targets, positions: chunk.positions, tape)
        guard let rows = seen.targets, let targets = chunk.targets else { return 0 }
        return heads.tokenLoss(rows, targets, word: self.text.word, scale: scale, tape)
    }
}
