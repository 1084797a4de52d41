public import Autograd
public import Batches
public import Models
public import Runtime

extension UNIMO {
    /// Masked region modelling on images, or on images beside their texts (UNIMO §3.2; docs/method.md): 15 % of the regions
    /// and all that overlap one of them are hidden; their features are told, and their classes where there are any.
    public struct MaskedRegion: ChunkObjective {
        public typealias Subject = UNIMO
        public static let name = "masked_region"
        public let needs: SampleNeeds
        public let terms: [LossTerm]
        /// Of the regions that are drawn.
        private let share: Float
        /// Intersection over union from which a region is hidden with a drawn one.
        private let overlap: Float

        /// - Parameters:
        ///   - maxTokens: nil for images alone.
        ///   - weight: of the features' term, a sum over F squares. - classWeight: of the classes'.
        public init(
            regions: RegionNeeds, maxTokens: Int?, share: Float = 0.15, overlap: Float = 0.3, weight: Float = 1,
            classWeight: Float = 1
        ) {
            self.share = share
            self.overlap = overlap
            needs = SampleNeeds(maxTokens: maxTokens, regions: regions)
            terms =
                [LossTerm(Self.name, weight: weight)]
                + (regions.classCount > 0 ? [LossTerm("region_classes", weight: classWeight)] : [])
        }

        public var groups: Set<String> {
            Set(["regions", "transformer", "mrm"]).union(needs.maxTokens == nil ? [] : ["text"])
        }

        public func prepare(_ sample: inout Sample, _ random: RandomKey) {
            guard let regions = sample.regions, regions.count > 0 else { return }
            var stream = random.stream
            var anchors = (0..<regions.count).filter { _ in stream.uniform() < share }
            if anchors.isEmpty { anchors = [stream.integer(below: regions.count)] }
            sample.hiddenRegions = (0..<regions.count).filter { region in
                anchors.contains { $0 == region || regions.overlap($0, region) > overlap }
            }.map(Int32.init)
        }

        public func counts(_ chunk: Chunk) -> [Int] { terms.map { _ in chunk.regions?.hiddenRows.count ?? 0 } }

        public func loss(_ chunk: Chunk, _ model: UNIMO, scales: [Float], _ tape: Tape) -> [Double] {
            guard let regions = chunk.regions else { preconditionFailure("masked_region got a chunk without regions") }
            let seen = model.understand(regions, chunk.text, positions: chunk.positions, tape)
            guard let rows = seen.images else { preconditionFailure("masked_region without region rows") }
            let (features, classes) = model.heads.regionLosses(
                rows, regions, scales: (scales[0], scales.count > 1 ? scales[1] : 0), tape)
            return terms.count > 1 ? [features, classes] : [features]
        }
    }
}
