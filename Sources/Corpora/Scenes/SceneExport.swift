public import Runtime

/// Writes the procedural world as corpora on disk, each in a folder of its own: `pairs`, `images`, `texts` for training
/// and `held-out` (pairs). No two of them share a scene.
public struct SceneExport: Sendable {
    /// One of the folders.
    public struct Part: Sendable, Equatable {
        public var name: String
        public var kind: CorpusKind
        public var settings: SceneSettings
    }

    /// Scenes rendered by one round of the workers.
    private static let round = 256

    public let directory: String
    public let parts: [Part]

    /// - Parameters:
    ///   - directory: the folders are made in it; none of them may exist.
    ///   - count: scenes in each of the corpora to train on.
    ///   - heldOut: scenes in the held-out one; a tenth of `count`, and at least one, when nil.
    public init(
        directory: String, seed: UInt64, count: Int, heldOut: Int? = nil, objects: ClosedRange<Int> = 1...3,
        side: Int = 64
    ) {
        self.directory = directory
        let training: [(String, CorpusKind)] = [("pairs", .pairs), ("images", .images), ("texts", .texts)]
        var parts = training.enumerated().map { index, part in
            let settings = SceneSettings(
                seed: seed, count: count, first: index * count, objects: objects, side: side)
            return Part(name: part.0, kind: part.1, settings: settings)
        }
        let settings = SceneSettings(
            seed: seed, count: heldOut ?? max(1, count / 10), part: .heldOut, objects: objects, side: side)
        parts.append(Part(name: "held-out", kind: .pairs, settings: settings))
        self.parts = parts
    }

    /// - Parameters:
    ///   - pool: renders and compresses; the bytes do not depend on its size.
    ///   - progress: scenes written and scenes in all, called between rounds; what it throws ends the work.
    /// - Throws: `CorpusError` when a folder exists, `StorageError` when the disk is full.
    public func run(pool: WorkerPool, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }) throws {
        let total = parts.reduce(0) { $0 + $1.settings.count }
        var done = 0
        for part in parts {
            let corpus = SceneCorpus(name: part.name, kind: part.kind, settings: part.settings, encoding: .png)
            let writer = try CorpusWriter(
                directory: "\(directory)/\(part.name)", kind: part.kind, layout: .init(kind: part.kind), pool: pool)
            for start in stride(from: 0, to: corpus.count, by: Self.round) {
                let range = start..<min(start + Self.round, corpus.count)
                let samples = try pool.map(range.count) { task, _ in try corpus.read(range.lowerBound + task) }
                for sample in samples { try writer.append(sample) }
                done += range.count
                try progress(done, total)
            }
            try writer.finish()
        }
    }
}
