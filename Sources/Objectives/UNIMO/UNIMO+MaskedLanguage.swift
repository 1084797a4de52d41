public import Autograd
public import Batches
public import Models
public import Runtime

extension UNIMO {
    /// Masked language modelling on texts, or on texts beside their regions (UNIMO §3.2; docs/method.md).
    public struct MaskedLanguage: ChunkObjective {
        public typealias Subject = UNIMO
        public static let name = "masked_language"
        public let needs: SampleNeeds
        public let terms: [LossTerm]
        private let masking: SpanMasking

        /// - Parameters:
        ///   - regions: nil for texts alone. - packsTexts: a text that is too long goes on in further sequences.
        ///   - mask: the id of `<mask>`; nil for the last. - specials: never drawn as a random replacement.
        public init(
            vocabulary: Int, maxTokens: Int, regions: RegionNeeds?, packsTexts: Bool = false, mask: Int32? = nil,
            specials: [Int32]? = nil, share: Float = 0.15, weight: Float = 1
        ) {
            masking = SpanMasking(vocabulary: vocabulary, mask: mask, specials: specials, share: share)
            terms = [LossTerm(Self.name, weight: weight)]
            needs = SampleNeeds(maxTokens: maxTokens, regions: regions, packsTexts: packsTexts)
        }

        public var groups: Set<String> {
            Set(["text", "transformer", "mlm"]).union(needs.regions == nil ? [] : ["regions"])
        }

        public func prepare(_ sample: inout Sample, _ random: RandomKey) {
            var stream = random.stream
            masking.apply(to: &sample, &stream)
        }

        public func counts(_ chunk: Chunk) -> [Int] { [chunk.text?.labels.count ?? 0] }

        public func loss(_ chunk: Chunk, _ model: UNIMO, scales: [Float], _ tape: Tape) -> [Double] {
            guard let text = chunk.text else { preconditionFailure("masked_language got a chunk without text") }
            let seen = model.understand(chunk.regions, text, positions: chunk.positions, tape)
            guard let words = seen.texts else { preconditionFailure("masked_language without text rows") }
            return [model.heads.tokenLoss(words, text, word: model.text.word, scale: scales[0], tape)]
        }
    }
}
