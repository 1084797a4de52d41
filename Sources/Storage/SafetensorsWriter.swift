/// Writes a safetensors file: first the header, then each tensor's bytes in the declared order.
public final class SafetensorsWriter {
    private let file: OutputFile
    private let tensors: [StoredTensor]
    private var current = 0
    private var written = 0

    /// - Parameters:
    ///   - file: empty.
    ///   - tensors: in the order in which they will be written; names are unique.
    public init(file: OutputFile, tensors: [StoredTensor], metadata: [String: String] = [:]) throws {
        precondition(file.size == 0, "\(file.path) already has \(file.size) bytes")
        precondition(Set(tensors.map(\.name)).count == tensors.count, "\(file.path): two tensors have one name")
        self.file = file
        self.tensors = tensors
        try file.write(SafetensorsHeader.bytes(tensors: tensors, metadata: metadata))
    }

    /// Writes the next bytes of `name`, all or a part; the declared order is kept.
    public func write(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
        skipFinished(before: name)
        precondition(
            current < tensors.count && tensors[current].name == name,
            "\(file.path): `\(name)` written where `\(current < tensors.count ? tensors[current].name : "nothing")` "
                + "was declared")
        let tensor = tensors[current]
        precondition(
            written + bytes.count <= tensor.byteCount,
            "\(file.path): \(written + bytes.count) bytes for `\(name)`, declared were \(tensor.byteCount)")
        try file.write(bytes)
        written += bytes.count
    }

    /// Seals the file.
    public func finish() throws -> FileDigest {
        skipFinished(before: nil)
        precondition(current == tensors.count, "\(file.path): `\(tensors[min(current, tensors.count - 1)].name)` lacks")
        return try file.seal()
    }

    /// Goes on to the next tensors while the current one is complete and is not `name` (which may be empty).
    private func skipFinished(before name: String?) {
        while current < tensors.count && tensors[current].name != name && written == tensors[current].byteCount {
            current += 1
            written = 0
        }
    }
}
