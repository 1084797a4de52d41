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
