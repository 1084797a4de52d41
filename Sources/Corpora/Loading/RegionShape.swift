public import Batches

/// What the regions of a corpus have: all samples have the same.
public struct RegionShape: Sendable, Equatable {
    /// F.
    public let width: Int
    /// K of distributions; nil where a detector names the likeliest class, or none.
    public let classCount: Int?
    public let namesClasses: Bool

    /// Of the first sample; nil where that can't be read as regions, which is for whoever reads samples to say.
    public init?(firstOf corpus: any StoredCorpus) {
        guard let found = try? RegionSet(corpus.read(0)) else { return nil }
        width = found.features.shape[1]
        classCount = found.classes?.shape[1]
        namesClasses = found.classIDs != nil
    }

    /// What a model needs of regions and these don't have, in a sentence; nil when nothing.
    public func contradiction(of needs: RegionNeeds) -> String? {
        if width != needs.width {
            return "its regions have \(width) features, and model.region_width is \(needs.width): set that to \(width)"
        }
        guard needs.classCount > 0 else { return nil }
        if let classCount, classCount != needs.classCount {
            return
                "its regions are of \(classCount) classes, and model.region_classes is \(needs.classCount): set that to "
                + "\(classCount), or to 0 to do without classes"
        }
        guard classCount == nil, !namesClasses else { return nil }
        return "its regions have no classes, and model.region_classes is \(needs.classCount): set that to 0"
    }
}
