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
        let archive = try ZipArchive(path: path)
        func array(_ names: [String]) throws -> NumpyArray? {
            for name in names {
                guard let member = archive.members.first(where: { $0.name == name + ".npy" }) else { continue }
                return try NumpyArray(archive.contents(member), name: name)
            }
            return nil
        }
        func number(_ names: [String]) throws -> Float? {
            for name in names {
                guard let member = archive.members.first(where: { $0.name == name + ".npy" }) else { continue }
                return try NumpyArray(scalar: archive.contents(member), name: name).floats.first
            }
            return nil
        }
        guard let features = try array(["features", "x", "feat"]) else { throw lacks("`x` or `features`", archive) }
        guard var boxes = try array(["bbox", "boxes", "norm_bb"]) else { throw lacks("`bbox` or `boxes`", archive) }
        let isFraction = !archive.members.contains { ["bbox.npy", "boxes.npy"].contains($0.name) }
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

    private static func lacks(_ name: String, _ archive: ZipArchive) -> SampleRejection {
        let found = archive.members.prefix(20).map { "`\($0.name)`" }.joined(separator: ", ")
        return SampleRejection(description: "expected an array \(name), found \(found.isEmpty ? "none" : found)")
    }
}
