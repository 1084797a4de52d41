import Runtime
public import Storage

extension Checkpoint {
    /// Throws unless the checkpoint holds these weights, in type and shape; nothing but headers is looked at.
    /// - Parameter allowingOthers: false refuses a checkpoint with further weights.
    public func checkWeights(_ wanted: [StoredTensor], allowingOthers: Bool = false) throws {
        var found = Dictionary(try weights().map { ($0.name, $0) }) { first, _ in first }
        for tensor in wanted {
            guard let stored = found.removeValue(forKey: tensor.name) else {
                throw mismatch(path, "a weight `\(tensor.name)`", "none of that name")
            }
            guard stored == tensor else {
                throw mismatch(
                    path, "`\(tensor.name)` as \(tensor.dtype.rawValue) \(tensor.shape)",
                    "\(stored.dtype.rawValue) \(stored.shape)")
            }
        }
        guard !allowingOthers, let other = found.keys.min() else { return }
        throw mismatch(path, "\(wanted.count) weights", "\(found.count) others, among them `\(other)`")
    }

    /// Throws when a weight or a moment is not a finite number.
    /// - Parameter threads: that read side by side.
    public func checkFinite(threads: Int = 1) throws {
        let files = try CheckpointError.wrapping { try modelFiles() + optimizerFiles() }
        let tensors = files.flatMap { file in file.tensors.filter { $0.dtype == .f32 }.map { (file, $0) } }
        let pool = WorkerPool(threads: max(min(threads, tensors.count), 1))
        defer { pool.stop() }
        _ = try CheckpointError.wrapping {
            try pool.map(tensors.count) { place, _ in
                let (file, tensor) = tensors[place]
                guard let fault = try FiniteCheck.fault(tensor, of: file) else { return }
                throw CheckpointError.notFinite(file.path, tensor.name, fault)
            }
        }
    }

    /// Reads weights into the callers' buffers.
    /// - Parameters:
    ///   - targets: each must be in the checkpoint with the same type and shape.
    ///   - allowingOthers: false refuses a checkpoint with weights that no target names.
    public func restoreWeights(into targets: [RestoreTarget], allowingOthers: Bool = false) throws {
        try CheckpointError.wrapping {
            let copies = try weightCopies(of: modelFiles(), into: targets, allowingOthers: allowingOthers)
            try read(copies)
            for (copy, target) in zip(copies, targets) {
                guard let fault = FiniteCheck.fault(UnsafeRawBufferPointer(target.bytes), target.dtype) else {
                    continue
                }
                throw CheckpointError.notFinite(copy.file.path, target.name, fault)
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
        try CheckpointError.wrapping { try read(try optimizerCopies(slot, of: optimizerFiles(), into: targets)) }
    }

    private func read(_ copies: [PlannedCopy]) throws {
        for copy in copies { try copy.file.read(copy.entry, at: copy.offset, into: copy.target) }
    }

    // MARK: - What goes where

    /// A range of a file's tensor and where it goes.
    struct PlannedCopy {
        let file: SafetensorsFile
        let entry: String
        /// In bytes from the tensor's first.
        let offset: Int
        let target: UnsafeMutableRawBufferPointer
    }

    func weightCopies(
        of files: [SafetensorsFile], into targets: [RestoreTarget], allowingOthers: Bool
    ) throws -> [PlannedCopy] {
        var places: [String: SafetensorsFile] = [:]
        for file in files { for tensor in file.tensors { places[tensor.name] = file } }
        let copies = try targets.map { target in
            guard let file = places.removeValue(forKey: target.name), let found = file[target.name] else {
                throw mismatch(path, "a weight `\(target.name)`", "none of that name")
            }
            guard found.dtype == target.dtype, found.shape == target.shape else {
                throw mismatch(
                    file.path, "`\(target.name)` as \(target.dtype.rawValue) \(target.shape)",
                    "\(found.dtype.rawValue) \(found.shape)")
            }
            return PlannedCopy(
                file: file, entry: target.name, offset: target.elements.lowerBound * found.dtype.byteCount,
                target: target.bytes)
        }
        guard allowingOthers || places.isEmpty else {
            throw mismatch(
                path, "\(targets.count) weights", "\(places.count) others, among them `\(places.keys.min() ?? "")`")
        }
        return copies
    }

    func optimizerCopies(
        _ slot: OptimizerSlot, of files: [SafetensorsFile], into targets: [RestoreTarget]
    ) throws -> [PlannedCopy] {
        let wanted = Dictionary(grouping: targets.indices) { targets[$0].name }
        var filled = [[Range<Int>]](repeating: [], count: targets.count)
        var copies: [PlannedCopy] = []
        for file in files {
            for entry in file.tensors {
                guard let slice = OptimizerSlice(entry: entry, metadata: file.metadata[entry.name]) else {
                    throw mismatch(file.path, "a slice of optimizer state", "`\(entry.name)`")
                }
                guard slice.slot == slot else { continue }
                for number in wanted[slice.parameter] ?? [] {
                    if let copy = try copy(slice, entry, of: file, to: targets[number]) { copies.append(copy) }
                    filled[number].append(slice.elements.clamped(to: targets[number].elements))
                }
            }
        }
        for (target, ranges) in zip(targets, filled) { try checkCoverage(slot, target, ranges) }
        return copies
    }

    private func copy(
        _ slice: OptimizerSlice, _ entry: StoredTensor, of file: SafetensorsFile, to target: RestoreTarget
    ) throws -> PlannedCopy? {
        guard slice.count == target.shape.reduce(1, *), entry.dtype == target.dtype else {
            throw mismatch(
                file.path, "`\(target.name)` as \(target.dtype.rawValue) \(target.shape)",
                "\(entry.dtype.rawValue), \(slice.count) elements in all")
        }
        let common = slice.elements.clamped(to: target.elements)
        guard !common.isEmpty else { return nil }
        let size = entry.dtype.byteCount
        let begin = (common.lowerBound - target.elements.lowerBound) * size
        return PlannedCopy(
            file: file, entry: entry.name, offset: (common.lowerBound - slice.elements.lowerBound) * size,
            target: UnsafeMutableRawBufferPointer(rebasing: target.bytes[begin..<begin + common.count * size]))
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
