import Batches
import Storage

/// A rank's slice of a batch as named tensors, its chunks joined.
///
/// | Names | What |
/// |---|---|
/// | `tokens`, `offsets`, `masked_rows`, `labels` | texts; with `target/` in front what is generated, with `related_text/` what pairs are compared with |
/// | `view0`, `view1` | pixels |
/// | `regions/features`, `locations`, `offsets`, `hidden_rows`, `hidden_features`, `hidden_classes` | regions, [IMG] first; with `related_regions/` those that pairs are compared with |
/// | `related/roles`, `related/owners` | what each related sample is to which sample of the slice |
struct BatchTensors {
    private(set) var tensors: [(StoredTensor, [UInt8])] = []

    /// - Parameter choices: what was chosen in the forward pass, by name.
    init(_ batch: Batch, choices: [String: [Int32]]) {
        add(batch.chunks.compactMap(\.text), "")
        add(batch.chunks.compactMap(\.targets), "target/")
        for (name, values) in choices.sorted(by: { $0.key < $1.key }) { add(name, values) }
        addViews(batch)
        add(batch.chunks.compactMap(\.regions), "regions/")
        addRelated(batch)
    }

    private mutating func add(_ name: String, _ values: [Int32]) {
        tensors.append(
            (StoredTensor(name: name, dtype: .i32, shape: [values.count]), values.withUnsafeBytes { Array($0) }))
    }

    private mutating func add(_ name: String, _ values: [Float], width: Int) {
        let shape = [values.count / max(width, 1), width]
        tensors.append((StoredTensor(name: name, dtype: .f32, shape: shape), values.withUnsafeBytes { Array($0) }))
    }

    private mutating func add(_ parts: [TextRows], _ prefix: String) {
        guard let first = parts.first else { return }
        let all = parts.dropFirst().reduce(first) { $0.joined($1) }
        add(prefix + "tokens", all.tokens)
        add(prefix + "offsets", all.offsets)
        add(prefix + "masked_rows", all.maskedRows)
        add(prefix + "labels", all.labels)
        if !all.hiddenCodes.isEmpty {
            add(prefix + "hidden_sequences", all.hiddenCodes.map(\.sequence))
            add(prefix + "hidden_places", all.hiddenCodes.map(\.place))
        }
    }

    private mutating func addViews(_ batch: Batch) {
        for view in (batch.chunks.first?.views ?? []).indices {
            let pixels = batch.chunks.flatMap { $0.views[view].pixels }
            let size = batch.chunks[0].views[view].size
            let shape = [pixels.count / (3 * size * size), size, size, 3]
            tensors.append((StoredTensor(name: "view\(view)", dtype: .u8, shape: shape), pixels))
        }
    }

    private mutating func add(_ parts: [RegionRows], _ prefix: String) {
        guard let first = parts.first else { return }
        let all = parts.dropFirst().reduce(first) { $0.joined($1) }
        add(prefix + "features", all.features, width: all.width)
        add(prefix + "locations", all.locations, width: RegionRows.locationWidth)
        add(prefix + "offsets", all.offsets)
        guard !all.hiddenRows.isEmpty else { return }
        add(prefix + "hidden_rows", all.hiddenRows)
        add(prefix + "hidden_features", all.hiddenFeatures, width: all.width)
        if all.classCount > 0 { add(prefix + "hidden_classes", all.hiddenClasses, width: all.classCount) }
    }

    private mutating func addRelated(_ batch: Batch) {
        let related = batch.chunks.compactMap(\.related)
        guard !related.isEmpty else { return }
        add(related.map(\.texts), "related_text/")
        add(related.compactMap(\.regions), "related_regions/")
        let items = batch.chunks.flatMap { chunk in
            (chunk.related?.items ?? []).map { item in
                (
                    role: Int32(RelatedSample.Role.allCases.firstIndex(of: item.role) ?? 0),
                    owner: Int32(chunk.positions.lowerBound - batch.slice.lowerBound + item.owner)
                )
            }
        }
        add("related/roles", items.map(\.role))
        add("related/owners", items.map(\.owner))
    }
}
