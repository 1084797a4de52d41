import Batches

/// Makes of stored regions what a model reads: features as they are, boxes as fractions of the image.
struct RegionDecoding: Sendable {
    let needs: RegionNeeds

    func decode(_ stored: StoredSample) throws(UnusableSample) -> RegionFeatures {
        let found: RegionSet
        do { found = try RegionSet(stored) } catch { throw UnusableSample(reason: error.description) }
        guard found.features.shape[1] == needs.width else {
            throw UnusableSample(
                reason:
                    "its regions have \(found.features.shape[1]) features, the model's region_width is \(needs.width)")
        }
        let regions = found.count > needs.count ? found.prefix(needs.count) : found
        return RegionFeatures(
            width: needs.width, classCount: needs.classCount, features: regions.features.floats,
            boxes: boxes(of: regions),
            classes: try classes(of: regions))
    }

    private func boxes(of regions: RegionSet) -> [Float] {
        regions.boxes.floats.enumerated().map { place, length in
            let side = place % 2 == 0 ? regions.width : regions.height
            return min(max(length / side, 0), 1)
        }
    }

    /// Distributions; of a detector that only names the likeliest class, the rest of the certainty goes to the last class, the
    /// background.
    private func classes(of regions: RegionSet) throws(UnusableSample) -> [Float] {
        let K = needs.classCount
        guard K > 0 else { return [] }
        if let classes = regions.classes {
            guard classes.shape[1] == K else {
                throw UnusableSample(
                    reason: "its regions are of \(classes.shape[1]) classes, the model's region_classes is \(K)")
            }
            return classes.floats
        }
        guard let likeliest = regions.classIDs else {
            throw UnusableSample(reason: "its regions have no classes; model.region_classes 0 needs none")
        }
        let sure = regions.confidences?.floats
        var classes = [Float](repeating: 0, count: regions.count * K)
        for (region, id) in likeliest.floats.enumerated() {
            guard id >= 0, id < Float(K) else {
                throw UnusableSample(reason: "a region is of class \(id), the model's region_classes is \(K)")
            }
            let certainty = min(max(sure?[region] ?? 1, 0), 1)
            classes[region * K + K - 1] += 1 - certainty
            classes[region * K + Int(id)] += certainty
        }
        return classes
    }
}
