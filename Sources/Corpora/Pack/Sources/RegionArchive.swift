import Storage

/// Regions in NumPy's `.npz`, one file per image: `x` or `features`, `bbox` or `boxes` or `norm_bb`, `image_w`,
/// `image_h`, and where they are there `num_bbox`, `soft_labels` or `cls_prob`, `conf`, `objects_id`, `objects_conf`,
/// `attrs_id`, `attrs_conf`. Arrays of Python objects are never opened.
enum RegionArchive {
    static func event(_ file: SourceFile) -> PackEvent {
        var item = PackItem(origin: file.path, key: file.key(named: file.stem))
        item.regions = .archive(path: file.path)
        item.halvesFeatures = file.settings.halvesFeatures
        return .item(item)
    }

    /// Reads a file.
    static func regions(path: String) throws -> RegionSet {
        let archive = try Arrays(path: path)
        func array(_ names: [String]) throws -> NumpyArray? {
            guard let (name, bytes) = archive.first(of: names) else { return nil }
            return try NumpyArray(bytes, name: name)
        }
        func number(_ names: [String]) throws -> Float? {
            guard let (name, bytes) = archive.first(of: names) else { return nil }
            return try NumpyArray(scalar: bytes, name: name).floats.first
        }
        guard let features = try array(["features", "x", "feat"]) else { throw lacks("`x` or `features`", archive) }
        guard var boxes = try array(["bbox", "boxes", "norm_bb"]) else { throw lacks("`bbox` or `boxes`", archive) }
        let isFraction = archive.first(of: ["bbox", "boxes"]) == nil
        if boxes.shape.count == 2, boxes.shape[1] > 4 { boxes = boxes.columns(4) }
        // Some extractors write one column per region.
        let isSideways = features.shape.count == 2 && features.shape[0] != boxes.shape[0]
        var regions = RegionSet(
            width: isFraction ? 1 : try number(["image_w", "img_w", "width"]) ?? 0,
            height: isFraction ? 1 : try number(["image_h", "img_h", "height"]) ?? 0,
            features: isSideways && features.shape[1] == boxes.shape[0] ? features.transposed : features, boxes: boxes)
        regions.classes = try array(["soft_labels", "cls_prob"])
        if let sure = try array(["objects_conf", "conf"]) {
            if sure.shape.count == 2 { regions.classes = regions.classes ?? sure } else { regions.confidences = sure }
        }
        regions.classIDs = try array(["objects_id", "objects"])
        regions.attributeIDs = try array(["attrs_id", "attrs"])
        regions.attributeConfidences = try array(["attrs_conf"])
        try regions.check()
        if let count = try number(["num_bbox", "num_boxes"]) {
            guard count >= 1, count <= Float(regions.count), count == count.rounded() else {
                throw SampleRejection(description: "num_bbox is \(count) and there are \(regions.count) rows")
            }
            regions = regions.prefix(Int(count))
        }
        return regions
    }

    private static func lacks(_ name: String, _ archive: Arrays) -> SampleRejection {
        let found = archive.names.prefix(20).map { "`\($0)`" }.joined(separator: ", ")
        return SampleRejection(description: "expected an array \(name), found \(found.isEmpty ? "none" : found)")
    }

    /// Every name that is asked for.
    private static let known: Set<String> = [
        "features", "x", "feat", "bbox", "boxes", "norm_bb", "image_w", "img_w", "width", "image_h", "img_h", "height",
        "soft_labels", "cls_prob", "objects_conf", "conf", "objects_id", "objects", "attrs_id", "attrs", "attrs_conf",
        "num_bbox", "num_boxes",
    ]

    /// The members of an archive that may be asked for, and the names of all.
    private struct Arrays {
        private static let memberLimit = 1024
        /// Of a `.npy` file, with its header.
        private static let byteLimit = NumpyArray.byteLimit + (1 << 16)

        private(set) var names: [String] = []
        private var contents: [String: [UInt8]] = [:]

        init(path: String) throws {
            let archive = try ForeignArchive(path: path, format: .zip)
            while let member = try archive.next() {
                names.append(member.name)
                guard names.count <= Self.memberLimit else {
                    throw SampleRejection(description: "more than \(Self.memberLimit) members")
                }
                guard member.kind == .file, member.name.hasSuffix(".npy") else { continue }
                let name = String(member.name.dropLast(4))
                guard RegionArchive.known.contains(name), contents[name] == nil else { continue }
                guard member.size <= UInt64(Self.byteLimit) else {
                    throw SampleRejection(
                        description: "at most \(Self.byteLimit) bytes are taken in `\(member.name)`, it has "
                            + "\(member.size)")
                }
                contents[name] = try archive.contents(limit: Self.byteLimit)
            }
        }

        /// The first of these arrays that is there.
        func first(of names: [String]) -> (name: String, bytes: [UInt8])? {
            for name in names { if let bytes = contents[name] { return (name, bytes) } }
            return nil
        }
    }
}
