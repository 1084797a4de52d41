import Runtime
import Storage

/// The checkpoints of one run, side by side in a directory.
public final class CheckpointStore {
    public let directory: String
    /// The step whose every byte was read and found right last; never pruned.
    public private(set) var verifiedStep: Int?

    public init(directory: String) { self.directory = directory }

    /// The path of the checkpoint of `step`.
    public func path(step: Int) -> String { CheckpointName.path(directory, step: step) }

    /// Steps of the complete checkpoints, ascending.
    public func steps() throws -> [Int] {
        try CheckpointError.wrapping {
            guard Directory.exists(directory) else { return [] }
            return try Directory.names(in: directory).compactMap(CheckpointName.step).sorted()
        }
    }

    /// Removes what interrupted saving and pruning left, and brings back a checkpoint whose replacement never came. One
    /// process at a time: the one that holds the run's lock.
    public func clean() throws {
        try CheckpointError.wrapping {
            guard Directory.exists(directory) else { return }
            for name in try Directory.names(in: directory) where name.hasPrefix("step-") {
                let path = directory + "/" + name
                if name.hasSuffix(CheckpointName.temporarySuffix) { try Directory.remove(path) }
                guard name.hasSuffix(CheckpointName.replacedSuffix) else { continue }
                let original = String(path.dropLast(CheckpointName.replacedSuffix.count))
                if Directory.exists(original) {
                    try Directory.remove(path)
                } else {
                    try Directory.rename(path, to: original)
                }
            }
        }
    }

    /// The newest checkpoint of which every file is whole; nil when there has never been one. Damaged ones on the way
    /// are set aside under `….damaged`.
    /// - Parameters:
    ///   - threads: that hash files side by side.
    ///   - report: is told of each damaged checkpoint.
    /// - Throws: `CheckpointError.noneWhole` when there are checkpoints but none is whole.
    public func newest(threads: Int = 1, report: (String) -> Void) throws -> Checkpoint? {
        try clean()
        let before = try setAsideBefore()
        var faults: [String] = []
        for step in try steps().reversed() {
            do {
                let checkpoint = try Checkpoint(path: path(step: step), threads: threads)
                verifiedStep = step
                return checkpoint
            } catch let error as CheckpointError {
                guard error.isDamage else { throw error }
                let aside = try setAside(step)
                faults.append("\(error)")
                report("\(error); set aside as \(aside), going back to an older checkpoint")
            }
        }
        faults += before.map { "\(directory)/\($0): set aside as damaged before" }
        guard faults.isEmpty else { throw CheckpointError.noneWhole(directory: directory, faults: faults) }
        return nil
    }

    private func setAsideBefore() throws -> [String] {
        try CheckpointError.wrapping {
            guard Directory.exists(directory) else { return [] }
            return try Directory.names(in: directory).filter(CheckpointName.isDamaged)
        }
    }

    private func setAside(_ step: Int) throws -> String {
        try CheckpointError.wrapping {
            let base = path(step: step) + CheckpointName.damagedSuffix
            var aside = base
            var number = 2
            while Directory.exists(aside) {
                aside = "\(base)-\(number)"
                number += 1
            }
            try Directory.rename(path(step: step), to: aside)
            return aside
        }
    }

    /// Reads a checkpoint back and compares every byte with its manifest.
    @discardableResult public func verify(step: Int, threads: Int = 1) throws -> Checkpoint {
        let checkpoint = try Checkpoint(path: path(step: step), threads: threads)
        verifiedStep = step
        return checkpoint
    }

    /// Removes old checkpoints: the newest `keep` stay, and the last one that was verified.
    public func prune(keep: Int) throws {
        precondition(keep > 0, "at least one checkpoint is kept, got \(keep)")
        let old = try steps().dropLast(keep).filter { $0 != verifiedStep }
        try CheckpointError.wrapping {
            for step in old {
                // Renamed first: a checkpoint that is being removed must not be taken for a damaged one.
                let path = path(step: step)
                try FaultPoint.visit("checkpoint.prune")
                try Directory.rename(path, to: path + ".old" + CheckpointName.temporarySuffix)
                try FaultPoint.visit("checkpoint.prune")
                try Directory.remove(path + ".old" + CheckpointName.temporarySuffix)
            }
        }
    }
}

extension CheckpointError {
    /// True for what is wrong with the checkpoint itself, rather than with this program, the disk or permissions.
    fileprivate var isDamage: Bool {
        switch self {
        case .damaged: true
        case .storage(.system(_, _, let code)): code == 2 || code == 5
        default: false
        }
    }
}
