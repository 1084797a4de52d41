public import Autograd
public import Batches
public import Models
public import Runtime

extension UNIMO {
    /// Cross-modal contrastive learning (UNIMO §3.3, equation 1; docs/method.md), on clean inputs. Pool: the pair's own
    /// candidates.
    ///
    /// | candidate | how encoded | what is compared | |
    /// |---|---|---|---|
    /// | the pair, its paraphrases | image and text in one sequence | that sequence's [IMG] and `<s>` | positive |
    /// | rewritten texts | image and text in one sequence | that sequence's [IMG] and `<s>` | negative |
    /// | retrieved images | alone | their [IMG] and the pair's `<s>` | positive |
    /// | retrieved texts | alone | the pair's [IMG] and their `<s>` | positive |
    public struct CrossModalContrast: ChunkObjective {
        public typealias Subject = UNIMO
        public static let name = "cross_modal_contrastive"
        public let needs: SampleNeeds
        public let terms: [LossTerm]

        public init(maxTokens: Int, regions: RegionNeeds, related: RelatedNeeds = RelatedNeeds(), weight: Float = 1) {
            needs = SampleNeeds(maxTokens: maxTokens, regions: regions, related: related)
            terms = [LossTerm(Self.name, weight: weight)]
        }

        public var groups: Set<String> { ["regions", "text", "transformer", "cmcl"] }

        public func prepare(_ sample: inout Sample, _ random: RandomKey) {}

        public func counts(_ chunk: Chunk) -> [Int] { [chunk.positions.count] }

        public func loss(_ chunk: Chunk, _ model: UNIMO, scales: [Float], _ tape: Tape) -> [Double] {
            let (images, texts) = model.vectors(chunk, tape)
            let (candidates, offsets) = Self.candidates(chunk)
            return [
                tape.candidateContrast(
                    images: images, texts: texts, candidates, offsets: offsets, temperature: model.heads.temperature,
                    scale: scales[0])
            ]
        }

        /// Rows of the vectors: the B pairs', then those of the related samples in order, images and texts counted apart.
        private static func candidates(_ chunk: Chunk) -> ([ContrastCandidate], offsets: [Int]) {
            let B = chunk.positions.count
            var groups = (0..<B).map { [ContrastCandidate(image: Int32($0), text: Int32($0), isPositive: true)] }
            var (images, texts) = (Int32(B), Int32(B))
            for item in chunk.related?.items ?? [] {
                let own = Int32(item.owner)
                switch item.role {
                case .paraphrase, .rewritten:
                    groups[item.owner].append(
                        ContrastCandidate(image: images, text: texts, isPositive: item.role == .paraphrase))
                    (images, texts) = (images + 1, texts + 1)
                case .image:
                    groups[item.owner].append(ContrastCandidate(image: images, text: own, isPositive: true))
                    images += 1
                case .text:
                    groups[item.owner].append(ContrastCandidate(image: own, text: texts, isPositive: true))
                    texts += 1
                }
            }
            return (groups.flatMap { $0 }, groups.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) })
        }
    }

    /// Unit vectors of all images and of all texts that a chunk's pairs are compared with, the pairs' own first.
    func vectors(_ chunk: Chunk, _ tape: Tape) -> (images: Variable, texts: Variable) {
        guard let regions = chunk.regions, let text = chunk.text else {
            preconditionFailure("cross_modal_contrastive got a chunk without regions or text")
        }
        let B = chunk.positions.count
        var sequences = chunk.positions.enumerated().map { ModalSequence(image: $0, text: $0, position: $1) }
        for item in chunk.related?.items ?? [] {
            switch item.role {
            case .paraphrase, .rewritten:
                sequences.append(ModalSequence(image: item.owner, text: B + item.number, position: item.position))
            case .text: sequences.append(ModalSequence(text: B + item.number, position: item.position))
            case .image: sequences.append(ModalSequence(image: B + item.number, position: item.position))
            }
        }
        let (allRegions, allTexts) =
            chunk.related.map { (regions.joined($0.regions), text.joined($0.texts)) } ?? (regions, text)
        let positions = Array(chunk.positions) + (chunk.related?.regionPositions ?? [])
        return vectors(of: sequences, embed(allRegions, positions: positions, allTexts, tape), tape)
    }
}
