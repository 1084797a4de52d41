/// The texts of a chunk without padding: `N` tokens of `B` samples one after another. Where texts are packed a sample may
/// have several sequences, and `B` counts these.
public struct TextRows: Sendable, Equatable {
    /// `(N)` ids.
    public var tokens: [Int32] = []
    /// `(B + 1)`: sample b owns rows `offsets[b] ..< offsets[b + 1]`.
    public var offsets: [Int32] = [0]
    /// `(B)`: where each sequence draws its random numbers, its sample's position in the global batch; further sequences of
    /// a sample stand 2²⁴ apart.
    public var positions: [Int] = []
    /// `(M)` rows in `0 ..< N` whose original id is to be predicted, ascending.
    public var maskedRows: [Int32] = []
    /// `(M)` those ids.
    public var labels: [Int32] = []
    /// Grounded tokens that are hidden and whose codes are to be told.
    public var hiddenCodes: [HiddenCode] = []

    public init() {}

    /// - Parameter position: of the sample in the global batch.
    public mutating func append(_ sample: Sample, position: Int) {
        for (number, sequence) in ([sample] + sample.continuations).enumerated() {
            append(sequence: sequence, position: position + number << 24)
        }
    }

    /// Appends a text of which every token tells the next.
    public mutating func append(target tokens: [Int32], position: Int) {
        var sequence = Sample(key: "", tokens: tokens)
        sequence.masked = tokens.indices.dropLast().map {
            MaskedToken(row: Int32($0), label: tokens[$0 + 1])
        }
        append(sequence: sequence, position: position)
    }

    /// Appends a sequence of others.
    public mutating func append(text: Int, of others: TextRows, position: Int) {
        let rows = Int(others.offsets[text])..<Int(others.offsets[text + 1])
        append(sequence: Sample(key: "", tokens: Array(others.tokens[rows])), position: position)
    }

    /// These texts, then the others.
    public func joined(_ others: TextRows) -> TextRows {
        var all = self
        let (start, sequences) = (Int32(tokens.count), Int32(positions.count))
        all.tokens += others.tokens
        all.offsets += others.offsets.dropFirst().map { $0 + start }
        all.positions += others.positions
        all.maskedRows += others.maskedRows.map { $0 + start }
        all.labels += others.labels
        all.hiddenCodes += others.hiddenCodes.map { HiddenCode(sequence: $0.sequence + sequences, place: $0.place) }
        return all
    }

    private mutating func append(sequence sample: Sample, position: Int) {
        positions.append(position)
        let start = Int32(tokens.count)
        tokens += sample.tokens
        for masked in sample.masked {
            maskedRows.append(start + masked.row)
            labels.append(masked.label)
        }
        let sequence = Int32(offsets.count - 1)
        hiddenCodes += sample.hiddenCodes.map { HiddenCode(sequence: sequence, place: $0) }
        offsets.append(Int32(tokens.count))
    }
}

/// The `place`-th grounded token of the `sequence`-th sequence of a chunk.
public struct HiddenCode: Sendable, Equatable {
    public var sequence: Int32
    public var place: Int32

    public init(sequence: Int32, place: Int32) {
        self.sequence = sequence
        self.place = place
    }
}

/// The images of a chunk, one view: `B` images of `size × size` pixels.
public struct ImageRows: Sendable, Equatable {
    public let size: Int
    /// `(B, size, size, 3)` bytes.
    public var pixels: [UInt8] = []

    public init(size: Int) { self.size = size }

    public var count: Int { size == 0 ? 0 : pixels.count / (3 * size * size) }

    public mutating func append(_ image: PixelImage) {
        precondition(image.size == size, "an image of \(image.size) pixels in rows of \(size)")
        pixels += image.pixels
    }
}

/// A part of a rank's slice that is computed on one tape.
public struct Chunk: Sendable, Equatable {
    /// Positions in the global batch.
    public let positions: Range<Int>
    public let keys: [String]
    /// Nil when the objective wants no text.
    public let text: TextRows?
    /// One entry per view.
    public let views: [ImageRows]
    /// Nil when the objective wants no regions.
    public let regions: RegionRows?
    /// What is generated behind each text; nil when nothing is.
    public let targets: TextRows?
    /// Nil when no sample has any.
    public let related: RelatedRows?

    /// - Parameters:
    ///   - samples: prepared, at `positions` of the global batch, in order.
    public init(positions: Range<Int>, samples: [Sample], needs: SampleNeeds) {
        precondition(positions.count == samples.count, "\(samples.count) samples at positions \(positions)")
        self.positions = positions
        keys = samples.map(\.key)
        if needs.maxTokens != nil {
            var rows = TextRows()
            for (position, sample) in zip(positions, samples) { rows.append(sample, position: position) }
            text = rows
        } else {
            text = nil
        }
        views = needs.views.indices.map { view in
            var rows = ImageRows(size: needs.imageSize)
            for sample in samples { rows.append(sample.images[view]) }
            return rows
        }
        regions = needs.regions.map { needs in
            var rows = RegionRows(width: needs.width, classCount: needs.classCount)
            for sample in samples { rows.append(sample) }
            return rows
        }
        targets = samples.contains { !$0.target.isEmpty } ? Chunk.targets(positions, samples) : nil
        related = RelatedRows(positions, samples, needs.regions)
    }

    private static func targets(_ positions: Range<Int>, _ samples: [Sample]) -> TextRows {
        var rows = TextRows()
        for (position, sample) in zip(positions, samples) { rows.append(target: sample.target, position: position) }
        return rows
    }
}

/// A sample that could not be used and what stood in for it.
public struct SkippedSample: Sendable, Equatable, Codable {
    public var batch: Int
    public var corpus: String
    public var key: String
    public var shard: String
    public var offset: UInt64
    public var reason: String
    public var replacement: String

    public init(
        batch: Int, corpus: String, key: String, shard: String, offset: UInt64, reason: String, replacement: String
    ) {
        self.batch = batch
        self.corpus = corpus
        self.key = key
        self.shard = shard
        self.offset = offset
        self.reason = reason
        self.replacement = replacement
    }
}

/// One global micro-batch of one corpus and one objective, as one rank sees it: its slice, cut into chunks.
public struct Batch: Sendable {
    /// Counted over the whole run, from 0.
    public let number: Int
    /// Index into the recipe's mixture.
    public let entry: Int
    /// Samples in the global batch.
    public let globalCount: Int
    /// The rank's slice of positions `0 ..< globalCount`.
    public let slice: Range<Int>
    /// Cover `slice` in order; empty when the slice is.
    public let chunks: [Chunk]
    public let skipped: [SkippedSample]

    public init(
        number: Int, entry: Int, globalCount: Int, slice: Range<Int>, chunks: [Chunk], skipped: [SkippedSample] = []
    ) {
        self.number = number
        self.entry = entry
        self.globalCount = globalCount
        self.slice = slice
        self.chunks = chunks
        self.skipped = skipped
    }

    /// Positions of a global batch of `count` samples that `rank` of `ranks` computes: ⌊B·r/R⌋ ..< ⌊B·(r+1)/R⌋.
    public static func slice(of count: Int, rank: Int, ranks: Int) -> Range<Int> {
        count * rank / ranks..<count * (rank + 1) / ranks
    }
}

/// Where batches come from; called by the training thread only, in the order of batch numbers.
public protocol BatchSource: AnyObject {
    /// The next batch, waiting for it if need be.
    func next() throws -> Batch
}
