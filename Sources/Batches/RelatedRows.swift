/// The related samples of a chunk, those of a sample one after another.
public struct RelatedRows: Sendable, Equatable {
    /// A related sample: which text, or which image, it is, whose, and what it is to that one.
    public struct Item: Sendable, Equatable {
        public let role: RelatedSample.Role
        /// Which sample of the chunk it belongs to.
        public let owner: Int
        /// Counted among `texts`, or for an image among `regions`.
        public let number: Int
        /// Where it draws its random numbers: 2²⁴ apart.
        public let position: Int
    }

    public private(set) var items: [Item] = []
    public private(set) var texts = TextRows()
    /// Nil when the objective wants no regions.
    public private(set) var regions: RegionRows?
    /// Of `regions`, as the items have them.
    public private(set) var regionPositions: [Int] = []

    /// Nil when no sample has related ones.
    init?(_ positions: Range<Int>, _ samples: [Sample], _ needs: RegionNeeds?) {
        guard samples.contains(where: { !$0.related.isEmpty }) else { return nil }
        regions = needs.map { RegionRows(width: $0.width, classCount: $0.classCount) }
        for (owner, (position, sample)) in zip(positions, samples).enumerated() {
            precondition(
                sample.related.count < 256, "\(sample.key) has \(sample.related.count) related samples, limit 255")
            for (number, related) in sample.related.enumerated() {
                append(related, owner: owner, position: position + (number + 1) << 24)
            }
        }
    }

    private mutating func append(_ related: RelatedSample, owner: Int, position: Int) {
        let number: Int
        switch related.role {
        case .image:
            number = regionPositions.count
            regions?.append(related.sample)
            regionPositions.append(position)
        case .paraphrase, .rewritten, .text:
            number = texts.positions.count
            texts.append(related.sample, position: position)
        }
        items.append(Item(role: related.role, owner: owner, number: number, position: position))
    }
}
