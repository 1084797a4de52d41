import Runtime
import Storage

/// The regular files of a foreign archive, read from front to back: `ustar` with prefixes, GNU (long names, base-256
/// sizes), pax (path, size) and the old format without a mark.
struct TarStream {
    struct Entry {
        var name: String
        var size: Int
        /// Where its first header begins: one that gives a long name comes before the file's own.
        var offset: UInt64
    }

    private static let blockSize = 512
    /// Bytes of one extended header at most.
    private static let extensionLimit = 1 << 20

    let stream: DecodedStream
    /// Bytes of the entry's contents and padding that are still ahead.
    private var left: UInt64 = 0
    private var padding = 0

    init(path: String, at offset: UInt64 = 0) throws { stream = try DecodedStream(path: path, at: offset) }

    /// The next regular file, of whatever size; nil at the end of the archive.
    mutating func next() throws -> Entry? {
        try stream.skip(left + UInt64(padding))
        (left, padding) = (0, 0)
        var start: UInt64?
        var longName: String?
        var longSize: Int?
        while true {
            let offset = stream.offset
            guard let block = try stream.take(Self.blockSize), block.contains(where: { $0 != 0 }) else {
                guard start == nil else { throw stream.damaged("a file after its long name", "the end") }
                return nil
            }
            try checkSum(block, offset)
            start = start ?? offset
            let size = try number(block, 124, 12, offset)
            guard size >= 0, size <= 1 << 60 else { throw fault(offset, "a size", "\(size)") }
            switch block[156] {
            case UInt8(ascii: "L"): longName = text(try contents(size, offset))
            case UInt8(ascii: "x"):
                let records = Self.records(try contents(size, offset))
                longName = records["path"] ?? longName
                if let text = records["size"] {
                    guard let value = Int(text), value >= 0, value <= 1 << 60 else {
                        throw fault(offset, "a size in a pax header", "`\(text.prefix(40))`")
                    }
                    longSize = value
                }
            case UInt8(ascii: "0"), UInt8(ascii: "7"), 0:
                let size = longSize ?? size
                let name = longName ?? Self.name(block)
                left = UInt64(size)
                padding = (Self.blockSize - size % Self.blockSize) % Self.blockSize
                // The old format marks a directory by the slash at its end.
                guard !name.hasSuffix("/") else {
                    try stream.skip(left + UInt64(padding))
                    (left, padding, start, longName, longSize) = (0, 0, nil, nil, nil)
                    continue
                }
                return Entry(name: name, size: size, offset: start ?? offset)
            case UInt8(ascii: "1")...UInt8(ascii: "6"):
                // Links, devices and directories have no contents, whatever size they state; but pax may give one.
                (start, longName, longSize) = (nil, nil, nil)
            default:
                // GNU's `K` (a long link), `g` (defaults for all), `V`, `M`, `S` and what others have invented.
                try stream.skip(UInt64(size) + UInt64((Self.blockSize - size % Self.blockSize) % Self.blockSize))
                if block[156] != UInt8(ascii: "K") && block[156] != UInt8(ascii: "g") {
                    (start, longName, longSize) = (nil, nil, nil)
                }
            }
        }
    }

    /// The contents of the entry just met.
    mutating func contents() throws -> [UInt8] {
        guard let bytes = try stream.take(Int(left)) else {
            throw stream.damaged("\(left) bytes", "the end of the file")
        }
        left = 0
        return bytes
    }

    /// The contents of an extended header.
    private func contents(_ size: Int, _ offset: UInt64) throws -> [UInt8] {
        guard size <= Self.extensionLimit else {
            throw fault(offset, "a header of at most \(Self.extensionLimit) bytes", "\(size)")
        }
        let padded = (size + Self.blockSize - 1) / Self.blockSize * Self.blockSize
        guard let bytes = try stream.take(padded) else {
            throw stream.damaged("\(padded) bytes", "the end of the file")
        }
        return Array(bytes.prefix(size))
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }

    /// The records of a pax header: `length key=value` and a line break each.
    private static func records(_ bytes: [UInt8]) -> [String: String] {
        var records: [String: String] = [:]
        var rest = bytes[...]
        while let blank = rest.firstIndex(of: 32), let length = Int(String(decoding: rest[..<blank], as: UTF8.self)) {
            guard length > blank - rest.startIndex + 1, length <= rest.count else { break }
            let record = rest[(blank + 1)..<(rest.startIndex + length)]
            rest = rest.dropFirst(length)
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value =
                record[(equals + 1)...].last == 10 ? record[(equals + 1)...].dropLast() : record[(equals + 1)...]
            records[String(decoding: record[..<equals], as: UTF8.self)] = String(decoding: value, as: UTF8.self)
        }
        return records
    }

    private static func name(_ block: [UInt8]) -> String {
        func field(_ offset: Int, _ size: Int) -> ArraySlice<UInt8> {
            block[offset..<offset + size].prefix { $0 != 0 }
        }
        // GNU's own format has other things where `ustar` has the prefix; it says `ustar` and a blank.
        let hasPrefix = block[257..<263].elementsEqual("ustar\0".utf8)
        let prefix = hasPrefix ? field(345, 155) : []
        let bytes = prefix.isEmpty ? Array(field(0, 100)) : Array(prefix) + [UInt8(ascii: "/")] + field(0, 100)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The header's sum, of bytes with or without sign: both have been written.
    private func checkSum(_ block: [UInt8], _ offset: UInt64) throws {
        let expected = try number(block, 148, 8, offset)
        var (unsigned, signed) = (8 * 32, 8 * 32)
        for (place, byte) in block.enumerated() where !(148..<156).contains(place) {
            unsigned += Int(byte)
            signed += Int(Int8(bitPattern: byte))
        }
        guard expected == unsigned || expected == signed else {
            throw fault(offset, "a tar header whose sum is \(expected)", "\(unsigned)")
        }
    }

    /// Octal digits, or with the first bit set a binary number.
    private func number(_ block: [UInt8], _ at: Int, _ length: Int, _ offset: UInt64) throws -> Int {
        let field = block[at..<at + length]
        if field[at] & 0x80 != 0 {
            guard field[at] == 0x80, field.dropFirst().prefix(length - 8).allSatisfy({ $0 == 0 }),
                field[at + length - 7] < 0x10
            else { throw fault(offset, "a number below 2^52", "a larger one") }
            return field.suffix(7).reduce(0) { $0 << 8 | Int($1) }
        }
        let digits = field.drop { $0 == 32 || $0 == 0 }.prefix { $0 != 32 && $0 != 0 }
        guard digits.allSatisfy({ (48...55).contains($0) }) else { throw fault(offset, "octal digits", "other bytes") }
        return digits.reduce(0) { $0 << 3 | Int($1 - 48) }
    }

    private func fault(_ offset: UInt64, _ expected: String, _ found: String) -> StorageError {
        .damaged(
            FileFault(
                path: stream.path, offset: offset, expected: expected, found: found,
                remedy: "the archive is damaged: copy or make it again"))
    }
}
