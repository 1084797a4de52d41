/// The regions of an image as a detector, or an encoder, describes them.
public struct RegionFeatures: Sendable, Equatable {
    /// F, numbers per region.
    public let width: Int
    /// K, classes a region may be of; 0 without classes.
    public let classCount: Int
    /// `(P, F)`.
    public var features: [Float]
    /// `(P, 4)`: left, top, right, bottom, as fractions of the image.
    public let boxes: [Float]
    /// `(P, K)`: a distribution per region.
    public let classes: [Float]

    /// P.
    public var count: Int { boxes.count / 4 }

    public init(width: Int, classCount: Int, features: [Float], boxes: [Float], classes: [Float]) {
        let count = boxes.count / 4
        precondition(
            boxes.count == 4 * count && features.count == width * count && classes.count == classCount * count,
            "\(count) boxes, \(features.count) features of \(width), \(classes.count) classes of \(classCount)")
        self.width = width
        self.classCount = classCount
        self.features = features
        self.boxes = boxes
        self.classes = classes
    }

    /// Intersection over union of two regions.
    public func overlap(_ i: Int, _ j: Int) -> Float {
        func side(_ axis: Int) -> Float {
            min(boxes[4 * i + axis + 2], boxes[4 * j + axis + 2]) - max(boxes[4 * i + axis], boxes[4 * j + axis])
        }
        let shared = max(0, side(0)) * max(0, side(1))
        let union = area(i) + area(j) - shared
        return union > 0 ? shared / union : 0
    }

    func area(_ region: Int) -> Float {
        (boxes[4 * region + 2] - boxes[4 * region]) * (boxes[4 * region + 3] - boxes[4 * region + 1])
    }
}

/// The regions of a chunk without padding: of each image first [IMG], the mean of its regions, then the P regions.
public struct RegionRows: Sendable, Equatable {
    /// Numbers of a location: left, top, right, bottom and area, as fractions of the image.
    public static let locationWidth = 5

    /// F.
    public let width: Int
    /// K; 0 without classes.
    public let classCount: Int
    /// `(N, F)`; zeros where a region is hidden.
    public private(set) var features: [Float] = []
    /// `(N, 5)`.
    public private(set) var locations: [Float] = []
    /// `(B + 1)`: image b owns rows `offsets[b] ..< offsets[b + 1]`.
    public private(set) var offsets: [Int32] = [0]
    /// `(M)` rows in `0 ..< N` that are hidden and to be told, ascending.
    public private(set) var hiddenRows: [Int32] = []
    /// `(M, F)` and `(M, K)`: what stood there.
    public private(set) var hiddenFeatures: [Float] = []
    public private(set) var hiddenClasses: [Float] = []

    public init(width: Int, classCount: Int) {
        self.width = width
        self.classCount = classCount
    }

    /// B.
    public var count: Int { offsets.count - 1 }
    /// N.
    public var rows: Int { Int(offsets[count]) }

    /// - Parameter hidden: regions that the model does not see, ascending: their features become zeros, their locations stay.
    ///   [IMG] is the mean of the regions with those zeros.
    public mutating func append(_ regions: RegionFeatures, hidden: [Int32] = []) {
        precondition(
            regions.width == width && regions.classCount == classCount,
            "regions of \(regions.width) features, \(regions.classCount) classes in rows of \(width), \(classCount)")
        let first = rows + 1
        appendMean(of: regions, hidden: hidden)
        features += regions.features
        for region in 0..<regions.count {
            locations += regions.boxes[4 * region..<4 * region + 4]
            locations.append(regions.area(region))
        }
        for region in hidden.map(Int.init) {
            let row = first + region
            hiddenRows.append(Int32(row))
            hiddenFeatures += regions.features[region * width..<(region + 1) * width]
            hiddenClasses += regions.classes[region * classCount..<(region + 1) * classCount]
            for element in row * width..<(row + 1) * width { features[element] = 0 }
        }
        offsets.append(Int32(first + regions.count))
    }

    mutating func append(_ sample: Sample) {
        guard let regions = sample.regions else { preconditionFailure("\(sample.key) has no regions") }
        append(regions, hidden: sample.hiddenRegions)
    }

    /// Appends an image of others, of which nothing is hidden.
    public mutating func append(image: Int, of others: RegionRows) {
        precondition(others.width == width && others.hiddenRows.isEmpty, "rows of \(width) and \(others.width)")
        let rows = Int(others.offsets[image])..<Int(others.offsets[image + 1])
        features += others.features[rows.lowerBound * width..<rows.upperBound * width]
        locations +=
            others.locations[
                rows.lowerBound * Self.locationWidth..<rows.upperBound * Self.locationWidth]
        offsets.append(Int32(self.rows + rows.count))
    }

    /// These images, then the others.
    public func joined(_ others: RegionRows?) -> RegionRows {
        guard let others else { return self }
        precondition(others.width == width && others.classCount == classCount, "rows of \(width) and \(others.width)")
        var all = self
        let start = Int32(rows)
        all.features += others.features
        all.locations += others.locations
        all.offsets += others.offsets.dropFirst().map { $0 + start }
        all.hiddenRows += others.hiddenRows.map { $0 + start }
        all.hiddenFeatures += others.hiddenFeatures
        all.hiddenClasses += others.hiddenClasses
        return all
    }

    private mutating func appendMean(of regions: RegionFeatures, hidden: [Int32]) {
        var mean = [Float](repeating: 0, count: width)
        let hidden = Set(hidden)
        for region in 0..<regions.count where !hidden.contains(Int32(region)) {
            for element in 0..<width { mean[element] += regions.features[region * width + element] }
        }
        features += mean.map { $0 / Float(max(regions.count, 1)) }
        locations += [0, 0, 1, 1, 1]
    }
}
