/// Who attends to whom: the only place where rows form samples. Bidirectional, seq2seq, grounded and incremental attention
/// are lists of these.
public struct AttentionPlan: Sendable, Equatable {
    /// Query rows of a sample and the keys they see.
    public struct Block: Sendable, Equatable {
        public let queries: Range<Int>
        /// Key rows, in the order of the scores; a sample's rows need not be adjacent.
        public let keys: [Range<Int>]
        /// The i-th query of the block sees keys up to the i-th of the last key range, and all of those before.
        public let isCausal: Bool

        public init(queries: Range<Int>, keys: [Range<Int>], causal: Bool = false) {
            precondition(
                !causal || keys.last?.count == queries.count,
                "causal queries \(queries) need as many last keys, got \(keys)")
            self.queries = queries
            self.keys = keys
            isCausal = causal
        }

        var keyCount: Int { keys.reduce(0) { $0 + $1.count } }
    }

    public struct Sample: Sendable, Equatable {
        public let blocks: [Block]
        /// Position in the global batch, for randomness.
        public let position: Int

        public init(blocks: [Block], position: Int) {
            self.blocks = blocks
            self.position = position
        }
    }

    public let samples: [Sample]
    /// Rows of the result, to which all queries belong; nil for every row. Rows before them may come from earlier calls.
    public let output: Range<Int>?

    public init(_ samples: [Sample], output: Range<Int>? = nil) {
        self.samples = samples
        self.output = output
    }

    /// Every sample's rows see each other; `parts[b]` are the row ranges of sample b.
    public static func full(_ parts: [[Range<Int>]], positions: [Int]) -> AttentionPlan {
        AttentionPlan(
            zip(parts, positions).map { ranges, position in
                Sample(blocks: ranges.map { Block(queries: $0, keys: ranges) }, position: position)
            })
    }

    /// Every row sees itself and the rows before it; `rows[b]` are those of sample b.
    public static func causal(_ rows: [Range<Int>], positions: [Int]) -> AttentionPlan {
        AttentionPlan(
            zip(rows, positions).map { rows, position in
                Sample(blocks: [Block(queries: rows, keys: [rows], causal: true)], position: position)
            })
    }

    /// Largest score matrix of a block, in elements.
    var largestBlock: Int { samples.flatMap(\.blocks).map { $0.queries.count * $0.keyCount }.max() ?? 0 }
}
