import FoundationEssentials

/// The regions a detector found in an image, with the features it gave them.
///
/// As members of a sample: `regions.json` (`{"boxes": P, "height": H, "width": W}`), `features.npy` `(P, C)` and
/// `boxes.npy` `(P, 4)`; where the detector gives them, `classes.npy` `(P, K)`, a distribution over classes per region,
/// or `class_ids.npy` and `confidences.npy` `(P)`, and `attribute_ids.npy` and `attribute_confidences.npy` `(P)`.
public struct RegionSet: Sendable, Equatable {
    public static let descriptorName = "regions.json"
    /// Regions in one image at most, and features and classes of one region.
    public static let regionLimit = 1 << 16
    public static let widthLimit = 1 << 16

    /// Size of the image the boxes refer to, in pixels; 1 × 1 where they are fractions of it.
    public var width: Float
    public var height: Float
    /// `(P, C)`.
    public var features: NumpyArray
    /// `(P, 4)`: left, top, right, bottom.
    public var boxes: NumpyArray
    /// `(P, K)`: probability of each class.
    public var classes: NumpyArray?
    /// `(P)`: the most probable class and attribute, and how sure the detector was of each.
    public var classIDs: NumpyArray?
    public var confidences: NumpyArray?
    public var attributeIDs: NumpyArray?
    public var attributeConfidences: NumpyArray?

    private struct Descriptor: Codable {
        var boxes: Int
        var height: Float
        var width: Float
    }

    /// Number of regions.
    public var count: Int { features.shape[0] }

    /// - Parameters: `(P, C)` and `(P, 4)`.
    public init(width: Float, height: Float, features: NumpyArray, boxes: NumpyArray) {
        self.width = width
        self.height = height
        self.features = features
        self.boxes = boxes
    }

    /// Reads the members of a sample and checks them against each other.
    public init(_ sample: StoredSample) throws(MemberError) {
        func array(_ name: String) throws(MemberError) -> NumpyArray? {
            guard let member = sample.member([name]) else { return nil }
            return try NumpyArray(member.bytes, name: name)
        }
        func needed(_ name: String) throws(MemberError) -> NumpyArray {
            guard let found = try array(name) else {
                throw MemberError(member: name, expected: "to be in the sample", found: "nothing")
            }
            return found
        }
        guard let member = sample.member([Self.descriptorName]) else {
            throw MemberError(member: Self.descriptorName, expected: "to be in the sample", found: "nothing")
        }
        let descriptor: Descriptor
        do { descriptor = try JSONDecoder().decode(Descriptor.self, from: Data(member.bytes)) } catch {
            throw MemberError(
                member: member.name, expected: "boxes, height and width",
                found: JSONFault.summary(error, in: member.bytes))
        }
        self.init(
            width: descriptor.width, height: descriptor.height, features: try needed("features.npy"),
            boxes: try needed("boxes.npy"))
        for (name, place) in Self.optional { self[keyPath: place] = try array(name) }
        try check()
        guard descriptor.boxes == count else {
            throw MemberError(member: member.name, expected: "\(count) boxes", found: "\(descriptor.boxes)")
        }
    }

    /// All members that are read.
    static let memberNames = Set([descriptorName, "features.npy", "boxes.npy"] + optional.map(\.0))

    private static var optional: [(String, WritableKeyPath<RegionSet, NumpyArray?>)] {
        [
            ("classes.npy", \.classes), ("class_ids.npy", \.classIDs), ("confidences.npy", \.confidences),
            ("attribute_ids.npy", \.attributeIDs), ("attribute_confidences.npy", \.attributeConfidences),
        ]
    }

    /// Holds the arrays against each other: one row per region in each, finite numbers, boxes that are boxes.
    func check() throws(MemberError) {
        func fault(_ name: String, _ expected: String, _ found: String) -> MemberError {
            MemberError(member: name, expected: expected, found: found)
        }
        guard features.shape.count == 2, (1...Self.regionLimit).contains(features.shape[0]),
            (1...Self.widthLimit).contains(features.shape[1])
        else { throw fault("features.npy", "(regions, width), each 1...\(Self.regionLimit)", "\(features.shape)") }
        guard boxes.shape == [count, 4] else { throw fault("boxes.npy", "(\(count), 4)", "\(boxes.shape)") }
        guard width.isFinite, height.isFinite, width > 0, height > 0 else {
            throw fault(Self.descriptorName, "a width and a height", "\(width) × \(height)")
        }
        for (name, place) in Self.optional {
            guard let array = self[keyPath: place] else { continue }
            let isTable = name == "classes.npy"
            guard array.shape.count == (isTable ? 2 : 1), array.shape[0] == count,
                !isTable || (1...Self.widthLimit).contains(array.shape[1])
            else { throw fault(name, isTable ? "(\(count), classes)" : "(\(count))", "\(array.shape)") }
        }
        if let place = features.floats.firstIndex(where: { !$0.isFinite }) {
            throw fault("features.npy", "finite numbers", "another at element \(place)")
        }
        let corners = boxes.floats
        for box in 0..<count {
            let (left, top, right, bottom) = (
                corners[4 * box], corners[4 * box + 1], corners[4 * box + 2], corners[4 * box + 3]
            )
            guard [left, top, right, bottom].allSatisfy(\.isFinite), left <= right, top <= bottom else {
                throw fault("boxes.npy", "left ≤ right and top ≤ bottom", "(\(left), \(top), \(right), \(bottom))")
            }
        }
    }

    /// The first `count` regions.
    func prefix(_ count: Int) -> RegionSet {
        var part = RegionSet(width: width, height: height, features: features.rows(count), boxes: boxes.rows(count))
        for (_, place) in Self.optional { part[keyPath: place] = self[keyPath: place]?.rows(count) }
        return part
    }

    /// The same regions with features, and distributions over classes, in half precision.
    var halved: RegionSet {
        var result = self
        result.features = NumpyArray(features.floats, shape: features.shape, halved: true)
        result.classes = classes.map { NumpyArray($0.floats, shape: $0.shape, halved: true) }
        return result
    }

    /// The members, in a fixed order.
    public var members: [StoredSample.Member] {
        func figure(_ value: Float) -> String { value == value.rounded() && value < 1e9 ? "\(Int(value))" : "\(value)" }
        let descriptor = "{\"boxes\":\(count),\"height\":\(figure(height)),\"width\":\(figure(width))}"
        var members = [
            StoredSample.Member(name: Self.descriptorName, bytes: Array(descriptor.utf8)),
            StoredSample.Member(name: "features.npy", bytes: features.bytes),
            StoredSample.Member(name: "boxes.npy", bytes: boxes.bytes),
        ]
        for (name, place) in Self.optional {
            if let array = self[keyPath: place] { members.append(.init(name: name, bytes: array.bytes)) }
        }
        return members
    }
}
