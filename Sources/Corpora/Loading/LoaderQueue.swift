import Batches
import Runtime

/// What the loader's threads share: a window of batches being decoded, the oldest first.
final class LoaderQueue: @unchecked Sendable {
    // Safety: every stored `var`, and what the assemblies in `window` hold, is touched only while `monitor` is locked;
    // the one exception is `assembled`, called by the thread that recorded an assembly's last position.
    private let monitor = Monitor()
    private let sampler: MixedSampler
    private let decoder: SliceDecoder
    private let settings: LoaderSettings
    private var window: [BatchAssembly] = []
    private var opened: Int
    private var isStopped = false

    init(sampler: MixedSampler, decoder: SliceDecoder, settings: LoaderSettings) {
        self.sampler = sampler
        self.decoder = decoder
        self.settings = settings
        opened = settings.firstBatch
    }

    /// The oldest batch, when it is done.
    func next() -> Result<Batch, any Error> {
        monitor.locked {
            while true {
                precondition(!isStopped, "next() of a loader that was stopped")
                if let result = window.first?.result {
                    window.removeFirst()
                    monitor.notify()
                    return result
                }
                monitor.wait()
            }
        }
    }

    func stop() {
        monitor.locked {
            isStopped = true
            monitor.notify()
        }
    }

    /// The body of a loader thread.
    func work() {
        while let (assembly, positions) = claim() {
            for position in positions {
                let outcome = Result { try decoder.decode(assembly.plan, position: position) }
                let isLast = monitor.locked { assembly.record(position, outcome) }
                if isLast { finish(assembly) }
            }
        }
    }

    private func finish(_ assembly: BatchAssembly) {
        let result = assembly.assembled(decoder.entries[assembly.plan.entry])
        monitor.locked {
            assembly.result = result
            monitor.notify()
        }
    }

    /// Positions of the oldest batch that has some left; waits for room in the window, and is nil after `stop`.
    private func claim() -> (BatchAssembly, ArraySlice<Int>)? {
        monitor.locked {
            while !isStopped {
                if let assembly = window.first(where: { !$0.isClaimed }) {
                    let isCheap = decoder.entries[assembly.plan.entry].needs.views.isEmpty
                    return (assembly, assembly.claim(isCheap ? 8 : 1))
                }
                if window.count < settings.prefetch && opened < sampler.batches ?? Int.max {
                    open()
                } else {
                    monitor.wait()
                }
            }
            return nil
        }
    }

    /// Adds the next batch to the window; one with an empty slice is done at once. Past the last batch nothing is left to
    /// do, and a batch that can't be planned is the failure that `next` meets.
    private func open() {
        let plan: BatchPlan
        do { plan = try sampler.plan(opened) } catch {
            window.append(BatchAssembly(failedBatch: opened, error: error))
            opened = sampler.batches ?? Int.max
            return monitor.notify()
        }
        opened += 1
        let slice = Batch.slice(of: plan.sampleIndices.count, rank: settings.rank, ranks: settings.ranks)
        let assembly = BatchAssembly(plan: plan, slice: slice)
        if slice.isEmpty { assembly.result = assembly.assembled(decoder.entries[plan.entry]) }
        window.append(assembly)
        monitor.notify()
    }
}
