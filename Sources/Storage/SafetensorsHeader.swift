import FoundationEssentials
import Runtime

/// Element types of a safetensors file, by the format's names.
public enum StoredDType: String, Sendable, Codable, CaseIterable {
    case bool = "BOOL"
    case u8 = "U8"
    case i8 = "I8"
    case f8e5m2 = "F8_E5M2"
    case f8e4m3 = "F8_E4M3"
    case i16 = "I16"
    case u16 = "U16"
    case f16 = "F16"
    case bf16 = "BF16"
    case i32 = "I32"
    case u32 = "U32"
    case f32 = "F32"
    case i64 = "I64"
    case u64 = "U64"
    case f64 = "F64"

    /// Bytes of one element.
    public var byteCount: Int {
        switch self {
        case .bool, .u8, .i8, .f8e5m2, .f8e4m3: 1
        case .i16, .u16, .f16, .bf16: 2
        case .i32, .u32, .f32: 4
        case .i64, .u64, .f64: 8
        }
    }
}

/// A tensor as a safetensors file describes it.
public struct StoredTensor: Sendable, Equatable {
    public var name: String
    public var dtype: StoredDType
    public var shape: [Int]

    public init(name: String, dtype: StoredDType, shape: [Int]) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
    }

    public var elementCount: Int { shape.reduce(1, *) }
    /// Bytes of the data.
    public var byteCount: Int { elementCount * dtype.byteCount }
}

/// The JSON at the head of a safetensors file: 8 bytes of length, then `{"name": {dtype, shape, data_offsets}, …}`,
/// then the tensors' bytes without holes.
struct SafetensorsHeader {
    static let byteLimit: UInt64 = 100_000_000
    static let metadataKey = "__metadata__"
    /// Bytes of all tensors at most: far beyond any disk, far below where sums overflow.
    private static let dataLimit: UInt64 = 1 << 60

    var metadata: [String: String]
    /// In the order of the data.
    var tensors: [StoredTensor]
    /// Offset of each tensor in the file, beside `tensors`.
    var offsets: [UInt64]

    private struct Entry: Codable {
        var dtype: String
        var shape: [Int]
        var data_offsets: [UInt64]
    }

    /// A key of the header, whatever its name.
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct Body: Codable {
        var metadata: [String: String] = [:]
        var entries: [(name: String, entry: Entry)] = []

        init() {}

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            for key in container.allKeys {
                if key.stringValue == SafetensorsHeader.metadataKey {
                    metadata = try container.decode([String: String].self, forKey: key)
                } else {
                    entries.append((key.stringValue, try container.decode(Entry.self, forKey: key)))
                }
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            if !metadata.isEmpty {
                try container.encode(metadata, forKey: Key(stringValue: SafetensorsHeader.metadataKey))
            }
            for (name, entry) in entries { try container.encode(entry, forKey: Key(stringValue: name)) }
        }
    }

    /// The header's bytes, length included, padded with blanks so that the data begins at a multiple of 8.
    static func bytes(tensors: [StoredTensor], metadata: [String: String]) throws -> [UInt8] {
        var body = Body()
        body.metadata = metadata
        var offset: UInt64 = 0
        for tensor in tensors {
            let end = offset + UInt64(tensor.byteCount)
            body.entries.append(
                (tensor.name, Entry(dtype: tensor.dtype.rawValue, shape: tensor.shape, data_offsets: [offset, end])))
            offset = end
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var json = Array(try encoder.encode(body))
        json += [UInt8](repeating: 32, count: (8 - json.count % 8) % 8)
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }

    /// Reads and checks the header of a file: every tensor's type, shape and place, and that they fill the file.
    init(of file: InputFile) throws(StorageError) {
        let json = try Self.json(of: file)
        let body: Body
        do throws(JSONDocument.Fault) { body = try JSONDocument.decode(Body.self, json) } catch {
            throw Self.damaged(file, 8, "a JSON object of tensors: \(error.expected)", error.found)
        }
        metadata = body.metadata
        tensors = []
        offsets = []
        let dataStart = 8 + UInt64(json.count)
        var end: UInt64 = 0
        for (name, entry) in try Self.ordered(body.entries, file) {
            let tensor = try Self.tensor(name, entry, at: end, file)
            tensors.append(tensor)
            offsets.append(dataStart + end)
            end += UInt64(tensor.byteCount)
        }
        guard dataStart + end == file.size else {
            throw Self.damaged(
                file, min(dataStart + end, file.size), "\(dataStart + end) bytes in all", "\(file.size)")
        }
    }

    private static func json(of file: InputFile) throws(StorageError) -> [UInt8] {
        guard file.size >= 8 else { throw damaged(file, 0, "a length of 8 bytes", "\(file.size) bytes") }
        let prefix = try file.read(at: 0, count: 8)
        let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= byteLimit, length <= file.size - 8 else {
            throw damaged(file, 0, "a header of at most \(min(byteLimit, file.size - 8)) bytes", "\(length)")
        }
        let json = try file.read(at: 8, count: Int(length))
        guard json.first == UInt8(ascii: "{") else { throw damaged(file, 8, "a JSON object", "other bytes") }
        return json
    }

    /// The entries in the order of their data.
    private static func ordered(
        _ entries: [(name: String, entry: Entry)], _ file: InputFile
    ) throws(StorageError) -> [(name: String, entry: Entry)] {
        for (name, entry) in entries where entry.data_offsets.count != 2 {
            throw damaged(file, 8, "two `data_offsets` for `\(name)`", "\(entry.data_offsets.count)")
        }
        return entries.sorted {
            ($0.entry.data_offsets[0], $0.entry.data_offsets[1], $0.name)
                < ($1.entry.data_offsets[0], $1.entry.data_offsets[1], $1.name)
        }
    }

    /// The tensor of an entry whose data must begin at `start` of the data.
    private static func tensor(
        _ name: String, _ entry: Entry, at start: UInt64, _ file: InputFile
    ) throws(StorageError) -> StoredTensor {
        guard let dtype = StoredDType(rawValue: entry.dtype) else {
            throw damaged(file, 8, "a known element type for `\(name)`", "`\(entry.dtype)`")
        }
        guard let size = byteCount(entry.shape, dtype) else {
            throw damaged(file, 8, "a shape for `\(name)`", "\(entry.shape)")
        }
        guard entry.data_offsets[0] == start else {
            throw damaged(file, 8, "`\(name)` to start at data byte \(start)", "\(entry.data_offsets[0])")
        }
        guard entry.data_offsets[1] >= start, entry.data_offsets[1] - start == size else {
            throw damaged(file, 8, "\(size) bytes for `\(name)` \(entry.shape)", "data_offsets \(entry.data_offsets)")
        }
        guard entry.data_offsets[1] <= dataLimit else {
            throw damaged(file, 8, "`\(name)` to end within \(dataLimit) bytes", "\(entry.data_offsets[1])")
        }
        return StoredTensor(name: name, dtype: dtype, shape: entry.shape)
    }

    private static func damaged(
        _ file: InputFile, _ offset: UInt64, _ expected: String, _ found: String
    ) -> StorageError {
        .damaged(
            FileFault(
                path: file.path, offset: offset, expected: expected, found: found,
                remedy: "the file is damaged or is no safetensors file: copy or make it again"))
    }

    /// Bytes of a tensor; nil when the shape is negative or overflows.
    private static func byteCount(_ shape: [Int], _ dtype: StoredDType) -> UInt64? {
        var product = UInt64(dtype.byteCount)
        for extent in shape {
            guard extent >= 0 else { return nil }
            let (next, overflow) = product.multipliedReportingOverflow(by: UInt64(extent))
            guard !overflow, next <= UInt64(Int.max) else { return nil }
            product = next
        }
        return product
    }
}
