import Runtime
import Storage

extension Checkpoint {
    /// Reads weights into the callers' buffers.
    /// - Parameters:
    ///   - targets: each must be in the checkpoint with the same type and shape.
    ///   - allowingOthers: false refuses a checkpoint with weights that no target names.
    public func restoreWeights(into targets: [RestoreTarget], allowingOthers: Bool = false) throws {
        try CheckpointError.wrapping {
            var places: [String: SafetensorsFile] = [:]
            for file in try modelFiles() { for tensor in file.tensors { places[tensor.name] = file } }
            for target in targets {
                guard let file = places.removeValue(forKey: target.name), let found = file[target.name] else {
                    throw mismatch(path, "a weight `\(target.name)`", "none of that name")
                }
                guard found.dtype == target.dtype, found.shape == target.shape else {
                    throw mismatch(
                        file.path, "`\(target.name)` as \(target.dtype.rawValue) \(target.shape)",
                        "\(found.dtype.rawValue) \(found.shape)")
                }
                try file.read(
                    target.name, at: target.elements.lowerBound * found.dtype.byteCount, into: target.bytes)
            }
            guard allowingOthers || places.isEmpty else {
                throw mismatch(
                    path, "\(targets.count) weights",
                    "\(places.count) others, among them `\(places.keys.min() ?? "")`")
            }
        }
    }

    /// True when the checkpoint holds state of this kind.
    public func has(_ slot: OptimizerSlot) throws -> Bool {
        try CheckpointError.wrapping {
            try optimizerFiles().contains { file in
                file.tensors.contains {
                    OptimizerSlice(entry: $0, metadata: file.metadata[$0.name])?.slot == slot
                }
            }
        }
    }

    /// Reads optimizer state of one kind, however it was cut, into the callers' buffers: every element exactly once.
    /// - Parameter targets: named like the weights; any range of elements of each.
    public func restoreOptimizer(_ slot: OptimizerSlot, into targets: [RestoreTarget]) throws {
        try CheckpointError.wrapping {
            let wanted = Dictionary(grouping: targets.indices) { targets[$0].name }
            var filled = [[Range<Int>]](repeating: [], count: targets.count)
            for file in try optimizerFiles() {
                for entry in file.tensors {
                    guard let slice = OptimizerSlice(entry: entry, metadata: file.metadata[entry.name]) else {
                        throw mismatch(file.path, "a slice of optimizer state", "`\(entry.name)`")
                    }
                    guard slice.slot == slot else { continue }
                    for number in wanted[slice.parameter] ?? [] {
                        try copy(slice, entry, of: file, to: targets[number])
                        filled[number].append(slice.elements.clamped(to: targets[number].elements))
                    }
                }
            }
            for (target, ranges) in zip(targets, filled) { try checkCoverage(slot, target, ranges) }
        }
    }

    private func copy(
        _ slice: OptimizerSlice, _ entry: StoredTensor, of file: SafetensorsFile, to target: RestoreTarget
    ) throws {
        guard slice.count == target.shape.reduce(1, *), entry.dtype == target.dtype else {
            throw mismatch(
                file.path, "`\(target.name)` as \(target.dtype.rawValue) \(target.shape)",
                "\(entry.dtype.rawValue), \(slice.count) elements in all")
        }
        let common = slice.elements.clamped(to: target.elements)
        guard !common.isEmpty else { return }
        let size = entry.dtype.byteCount
        let begin = (common.lowerBound - target.elements.lowerBound) * size
        try file.read(
            entry.name, at: (common.lowerBound - slice.elements.lowerBound) * size,
            into: UnsafeMutableRawBufferPointer(rebasing: target.bytes[begin..<begin + common.count * size]))
    }

    private func checkCoverage(_ slot: OptimizerSlot, _ target: RestoreTarget, _ ranges: [Range<Int>]) throws {
        var next = target.elements.lowerBound
        for range in ranges.filter({ !$0.isEmpty }).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard range.lowerBound == next else {
                throw mismatch(
                    path, "element \(next) of `\(target.name).\(slot.rawValue)` once", "a slice \(range)")
            }
            next = range.upperBound
        }
        guard next == target.elements.upperBound else {
            throw mismatch(path, "element \(next) of `\(target.name).\(slot.rawValue)`", "no slice that holds it")
        }
    }

    private func mismatch(_ path: String, _ expected: String, _ found: String) -> CheckpointError {
        .mismatch(
            FileFault(
                path: path, expected: expected, found: found,
                remedy: "this checkpoint belongs to another model: use its own recipe, or start from weights only"))
    }
}
