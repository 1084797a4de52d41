import Glibc
import Runtime
import Storage

/// The checkpoints of one run, side by side in a directory.
public final class CheckpointStore {
    public let directory: String
    /// The step whose every byte was read and found right last; never pruned.
    public private(set) var verifiedStep: Int?

    /// What was wrong with the checkpoints that were set aside here, and the names they have now.
    private var faults: [(name: String, fault: String)] = []

    public init(directory: String) { self.directory = directory }

    /// The path of the checkpoint of `step`.
    public func path(step: Int) -> String { CheckpointName.path(directory, step: step) }

    /// The step that a checkpoint's path names; nil for any other path.
    public static func step(of path: String) -> Int? { CheckpointName.step(of: Directory.name(of: path)) }

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

    /// The newest checkpoint's step, to be read and then trusted or set aside; nil when there has never been a checkpoint.
    /// - Throws: `CheckpointError.noneWhole` when there have been checkpoints but all are set aside.
    public func newest() throws -> Int? {
        try clean()
        if let step = try steps().last { return step }
        let before = try setAsideBefore().filter { name in !faults.contains { $0.name == name } }
        let all = faults.map(\.fault) + before.map { "\(directory)/\($0): set aside as damaged before" }
        guard all.isEmpty else { throw CheckpointError.noneWhole(directory: directory, faults: all) }
        return nil
    }

    private func setAsideBefore() throws -> [String] {
        try CheckpointError.wrapping {
            guard Directory.exists(directory) else { return [] }
            return try Directory.names(in: directory).filter(CheckpointName.isDamaged)
        }
    }

    /// Puts a damaged checkpoint where nobody takes it for a whole one.
    /// - Returns: where it is now.
    public func setAside(step: Int, because fault: String) throws -> String {
        try CheckpointError.wrapping {
            let base = path(step: step) + CheckpointName.damagedSuffix
            var aside = base
            var number = 2
            while Directory.exists(aside) {
                aside = "\(base)-\(number)"
                number += 1
            }
            try Directory.rename(path(step: step), to: aside)
            faults.append((Directory.name(of: aside), fault))
            return aside
        }
    }

    /// Every byte of the checkpoint was read and found right.
    public func trust(step: Int) { verifiedStep = step }

    /// Removes old checkpoints: the newest `keep` stay, and the last one that was verified; and what an earlier attempt left.
    public func prune(keep: Int) throws {
        precondition(keep > 0, "at least one checkpoint is kept, got \(keep)")
        try CheckpointError.wrapping {
            for name in try Directory.names(in: directory) where name.hasSuffix(CheckpointName.prunedSuffix) {
                try Directory.remove(directory + "/" + name)
            }
            for step in try steps().dropLast(keep) where step != verifiedStep {
                // Renamed first: a checkpoint that is being removed must not be taken for a damaged one.
                let path = path(step: step)
                try FaultPoint.visit("checkpoint.prune")
                try Directory.rename(path, to: path + CheckpointName.prunedSuffix)
                try FaultPoint.visit("checkpoint.prune")
                try Directory.remove(path + CheckpointName.prunedSuffix)
            }
        }
    }
}

extension CheckpointError {
    /// True for what is wrong with the checkpoint itself, rather than with this program, the disk or permissions.
    public var isDamage: Bool {
        switch self {
        case .damaged: true
        case .storage(.system(_, _, let code)): code == ENOENT || code == EIO
        default: false
        }
    }
}
