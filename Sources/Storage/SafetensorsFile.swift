import Runtime

/// A safetensors file open for reading.
public final class SafetensorsFile: Sendable {
    public let metadata: [String: String]
    /// In the order of the data.
    public let tensors: [StoredTensor]
    private let file: InputFile
    private let offsets: [UInt64]
    private let places: [String: Int]

    public var path: String { file.path }

    public init(path: String) throws(StorageError) {
        file = try InputFile(path: path)
        let header = try SafetensorsHeader(of: file)
        metadata = header.metadata
        tensors = header.tensors
        offsets = header.offsets
        places = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($0.element.name, $0.offset) })
    }

    /// The tensor's description; nil when the file has none of that name.
    public subscript(name: String) -> StoredTensor? { places[name].map { tensors[$0] } }

    /// Reads the bytes of `name` into `buffer`, from byte `offset` of the tensor on.
    public func read(
        _ name: String, at offset: Int = 0, into buffer: UnsafeMutableRawBufferPointer
    ) throws(StorageError) {
        let place = try place(of: name)
        precondition(
            offset >= 0 && offset + buffer.count <= tensors[place].byteCount,
            "\(buffer.count) bytes at \(offset) of `\(name)`, which has \(tensors[place].byteCount)")
        try file.read(at: offsets[place] + UInt64(offset), into: buffer)
    }

    /// What a copy takes: bytes of `name` from byte `offset` of the tensor on, as many as `target` holds.
    public typealias Copy = (name: String, offset: Int, target: UnsafeMutableRawBufferPointer)

    /// Reads the whole file once: every copy gets its bytes, and what is returned is the digest of the bytes they came from.
    public func digest(copying copies: [Copy]) throws(StorageError) -> FileDigest {
        var places: [(range: Range<UInt64>, target: UnsafeMutableRawBufferPointer)] = []
        for (name, offset, target) in copies where !target.isEmpty {
            let place = try place(of: name)
            precondition(
                offset >= 0 && offset + target.count <= tensors[place].byteCount,
                "\(target.count) bytes at \(offset) of `\(name)`, which has \(tensors[place].byteCount)")
            let start = offsets[place] + UInt64(offset)
            places.append((start..<start + UInt64(target.count), target))
        }
        places.sort { $0.range.lowerBound < $1.range.lowerBound }
        var first = 0
        return try file.digest { start, piece in
            let end = start + UInt64(piece.count)
            while first < places.count, places[first].range.upperBound <= start { first += 1 }
            for (range, target) in places[first...].prefix(while: { $0.range.lowerBound < end }) {
                let common = range.clamped(to: start..<end)
                guard !common.isEmpty else { continue }
                let from = Int(common.lowerBound - start)
                UnsafeMutableRawBufferPointer(rebasing: target[Int(common.lowerBound - range.lowerBound)...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: piece[from..<from + common.count]))
            }
        }
    }

    /// All bytes of `name`.
    public func bytes(of name: String) throws(StorageError) -> [UInt8] {
        let place = try place(of: name)
        return try file.read(at: offsets[place], count: tensors[place].byteCount)
    }

    private func place(of name: String) throws(StorageError) -> Int {
        guard let place = places[name] else {
            throw .damaged(
                FileFault(
                    path: path, expected: "a tensor `\(name)`", found: "\(tensors.count) others",
                    remedy: "name a file that holds it"))
        }
        return place
    }
}
