public import Autograd
public import Batches
public import Models
public import Runtime

extension UNIMO {
    /// Generation of fragments that were cut out of a text, from what is left of it and, on pairs, from the image (UNIMO §3.2;
    /// docs/method.md): fragments of 4 to 32 tokens until a quarter of the tokens is cut out, each between `<s>` and `</s>`.
    public struct SequenceToSequence: ChunkObjective {
        public typealias Subject = UNIMO
        public static let name = "sequence_to_sequence"
        public let needs: SampleNeeds
        public let terms: [LossTerm]
        /// Share of the tokens that is cut out.
        private let share: Float
        private let lengths: ClosedRange<Int>

        /// - Parameter regions: nil for texts alone.
        public init(
            maxTokens: Int, regions: RegionNeeds?, share: Float = 0.25, lengths: ClosedRange<Int> = 4...32,
            weight: Float = 1
        ) {
            self.share = share
            self.lengths = lengths
            terms = [LossTerm(Self.name, weight: weight)]
            needs = SampleNeeds(maxTokens: maxTokens, regions: regions)
        }

        public var groups: Set<String> {
            Set(["text", "transformer", "mlm"]).union(needs.regions == nil ? [] : ["regions"])
        }

        public func prepare(_ sample: inout Sample, _ random: RandomKey) {
            var stream = random.stream
            let isCut = cut(sample.tokens.count, &stream)
            guard let (start, end) = sample.tokens.first.flatMap({ first in sample.tokens.last.map { (first, $0) } })
            else { return }
            var source: [Int32] = []
            for row in sample.tokens.indices {
                guard isCut[row] else {
                    source.append(sample.tokens[row])
                    continue
                }
                if !isCut[row - 1] { sample.target.append(start) }
                sample.target.append(sample.tokens[row])
                if !isCut[row + 1] { sample.target.append(end) }
            }
            sample.tokens = source
        }

        /// Which of `count` tokens are cut out, never the first or the last.
        private func cut(_ count: Int, _ stream: inout RandomStream) -> [Bool] {
            var isCut = [Bool](repeating: false, count: count)
            let inside = count - 2
            guard inside > 1 else { return isCut }
            var left = min(max(1, Int((share * Float(inside)).rounded(.up))), inside - 1)
            for _ in 0..<100 where left > 0 {
                let drawn = lengths.lowerBound + stream.integer(below: lengths.count)
                let length = min(drawn, left)
                let first = 1 + stream.integer(below: inside - length + 1)
                // Fragments neither overlap nor touch: each has ends of its own.
                guard !isCut[first - 1...first + length].contains(true) else { continue }
                for row in first..<first + length { isCut[row] = true }
                left -= length
            }
            return isCut
        }

        public func counts(_ chunk: Chunk) -> [Int] { [chunk.targets?.labels.count ?? 0] }

        public func loss(_ chunk: Chunk, _ model: UNIMO, scales: [Float], _ tape: Tape) -> [Double] {
            [model.targetLoss(chunk, scale: scales[0], tape)]
        }
    }
}
