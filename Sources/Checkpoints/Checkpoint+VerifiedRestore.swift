public import Runtime
import Storage

extension Checkpoint {
    /// Reads weights and optimizer state into the callers' buffers. Every file of tensors is read once, hashed on the way and
    /// held against the manifest, so that the bytes that were checked are the bytes that are used.
    /// - Parameters:
    ///   - weights, optimizer: as `restoreWeights` and `restoreOptimizer` take them.
    ///   - pool: reads files side by side.
    /// - Throws: `CheckpointError.damaged` at the first file that is not what the manifest says; what the buffers hold then
    ///   is nothing to resume from.
    public func restoreVerified(
        weights: [RestoreTarget], optimizer: [OptimizerSlot: [RestoreTarget]], pool: WorkerPool
    ) throws {
        try CheckpointError.wrapping {
            let plan: (files: [SafetensorsFile], copies: [PlannedCopy])
            do { plan = try self.plan(weights, optimizer) } catch {
                // A damaged header looks like a file of another model, or of a later version.
                let names = manifest.names.filter(Self.holdsTensors)
                _ = try pool.map(names.count) { task, _ in try manifest.verify(names[task], in: path) }
                throw error
            }
            let copies = Dictionary(grouping: plan.copies) { $0.file.path }
            _ = try pool.map(plan.files.count) { task, _ in
                let file = plan.files[task]
                try FaultPoint.visit("checkpoint.read")
                let own = (copies[file.path] ?? []).map { ($0.entry, $0.offset, $0.target) }
                try manifest.verify(try file.digest(copying: own), in: path)
            }
        }
    }

    private func plan(
        _ weights: [RestoreTarget], _ optimizer: [OptimizerSlot: [RestoreTarget]]
    ) throws -> (files: [SafetensorsFile], copies: [PlannedCopy]) {
        let (models, optimizers) = (try modelFiles(), try optimizerFiles())
        var copies = try weightCopies(of: models, into: weights, allowingOthers: false)
        for (slot, targets) in optimizer { copies += try optimizerCopies(slot, of: optimizers, into: targets) }
        return (models + optimizers, copies)
    }
}
