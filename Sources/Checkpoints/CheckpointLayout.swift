public import Storage

/// Which tensor, or slice of one, lies in which file: a function of names, shapes and sizes only, so that every rank
/// computes the same and the number of ranks leaves no trace.
public struct CheckpointLayout: Sendable, Equatable {
    /// A range of elements of one tensor as one entry of a file.
    public struct Piece: Sendable, Equatable {
        /// Index into the weights, or into the optimizer's tensors.
        public var tensor: Int
        public var elements: Range<Int>
        public var entry: StoredTensor
    }

    public struct File: Sendable, Equatable {
        public var name: String
        public var metadata: [String: String]
        public var pieces: [Piece]
        /// Bytes of the tensors, without the header.
        public var byteCount: Int { pieces.reduce(0) { $0 + $1.entry.byteCount } }
    }

    /// `model-NNNNN-of-NNNNN.safetensors`: whole tensors, as other programs expect.
    public let models: [File]
    /// `optimizer-NNNNN-of-NNNNN.safetensors`: slices.
    public let optimizers: [File]

    /// Slices begin at multiples of this many elements.
    static let sliceUnit = 16
    /// Bytes allowed for headers and small files when room is asked for.
    private static let margin = 1 << 20

    /// - Parameters:
    ///   - fileSize: bytes per file at most, but a weight is never cut.
    ///   - minimumFiles: as many files of each sort at least, where the tensors allow, so that ranks have something to
    ///     share. Takes no part in what restoring needs.
    public init(_ contents: CheckpointContents, fileSize: Int = 256 << 20, minimumFiles: Int = 1) {
        precondition(fileSize > 0 && minimumFiles > 0, "file size \(fileSize), minimum \(minimumFiles) files")
        let weights = contents.weights.map(\.stored)
        precondition(Set(weights.map(\.name)).count == weights.count, "two weights have one name")
        models = Self.files(
            named: "model", Self.whole(weights, limit: Self.limit(weights, fileSize, minimumFiles)),
            metadata: { _ in ["format": "pt"] })
        let slots = contents.slots.map { (slot: $0.slot, tensor: $0.tensor.stored) }
        let slices = Self.slices(slots, limit: Self.limit(slots.map(\.tensor), fileSize, minimumFiles))
        optimizers = Self.files(named: "optimizer", slices) { pieces in
            Dictionary(
                uniqueKeysWithValues: pieces.map { piece in
                    let count = slots[piece.tensor].tensor.elementCount
                    return (piece.entry.name, OptimizerSlice.text(piece.elements, of: count))
                })
        }
    }

    /// The files in the order in which ranks take turns.
    public var files: [File] { models + optimizers }

    /// Numbers of the files that `rank` writes.
    public func files(ofRank rank: Int, ranks: Int) -> [Int] {
        precondition(rank >= 0 && rank < ranks, "rank \(rank) of \(ranks)")
        return Array(stride(from: rank, to: files.count, by: ranks))
    }

    /// Room that a checkpoint needs on disk, in bytes.
    public var byteCount: UInt64 {
        files.reduce(UInt64(Self.margin)) { $0 + UInt64($1.byteCount + 256 * $1.pieces.count + 4096) }
    }

    private static func limit(_ tensors: [StoredTensor], _ fileSize: Int, _ minimumFiles: Int) -> Int {
        let total = tensors.reduce(0) { $0 + $1.byteCount }
        return max(min(fileSize, (total + minimumFiles - 1) / minimumFiles), 1)
    }

    private static func whole(_ tensors: [StoredTensor], limit: Int) -> [[Piece]] {
        var files: [[Piece]] = []
        var room = 0
        for (number, tensor) in tensors.enumerated() {
            if files.isEmpty || tensor.byteCount > room {
                files.append([])
                room = limit
            }
            files[files.count - 1].append(Piece(tensor: number, elements: 0..<tensor.elementCount, entry: tensor))
            room -= tensor.byteCount
        }
        return files
    }

    private static func slices(_ tensors: [(slot: OptimizerSlot, tensor: StoredTensor)], limit: Int) -> [[Piece]] {
        var files: [[Piece]] = []
        var room = 0
        for (number, (slot, tensor)) in tensors.enumerated() {
            let unit = sliceUnit * tensor.dtype.byteCount
            var begin = 0
            repeat {
                if files.isEmpty || room < unit {
                    files.append([])
                    room = max(limit, unit)
                }
                let end = min(tensor.elementCount, begin + room / unit * sliceUnit)
                files[files.count - 1].append(
                    Piece(tensor: number, elements: begin..<end, entry: OptimizerSlice.entry(slot, tensor, begin..<end))
                )
                room -= (end - begin) * tensor.dtype.byteCount
                begin = end
            } while begin < tensor.elementCount
        }
        return files
    }

    private static func files(
        named prefix: String, _ pieces: [[Piece]], metadata: ([Piece]) -> [String: String]
    ) -> [File] {
        pieces.enumerated().map { number, own in
            File(
                name: "\(prefix)-\(digits(number + 1))-of-\(digits(pieces.count)).safetensors",
                metadata: metadata(own), pieces: own)
        }
    }

    private static func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(5 - text.count, 0)) + text
    }
}
