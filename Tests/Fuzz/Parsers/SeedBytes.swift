import Storage

/// Small files in the formats of others, for seeds.
enum SeedBytes {
    static func little<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        withUnsafeBytes(of: word.littleEndian) { Array($0) }
    }

    /// A file below the folder of tests.
    static func file(_ path: String) throws -> [UInt8] {
        let tests = String("\(#filePath)".dropLast("Fuzz/Parsers/SeedBytes.swift".count))
        return try InputFile.contents(of: tests + path, limit: 1 << 20)
    }

    /// The CRC-32 of zip and gzip.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = ~0
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 {
                let isOdd = sum & 1 == 1
                sum >>= 1
                if isOdd { sum ^= 0xEDB8_8320 }
            }
        }
        return ~sum
    }

    /// The bytes that hexadecimal digits say.
    static func hex(_ text: String) -> [UInt8] {
        stride(from: 0, to: text.utf8.count, by: 2).compactMap { place in
            UInt8(String(decoding: Array(text.utf8)[place..<(place + 2)], as: UTF8.self), radix: 16)
        }
    }

    /// A gzip file of one stored block.
    static func gzip(_ contents: [UInt8]) -> [UInt8] {
        let length = UInt16(contents.count)
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + little(length) + little(~length) + contents
            + little(checksum(contents)) + little(UInt32(contents.count))
    }

    /// A zip archive of stored members.
    static func zip(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        var (file, list): ([UInt8], [UInt8]) = ([], [])
        for (name, bytes) in members {
            let sizes = little(checksum(bytes)) + little(UInt32(bytes.count)) + little(UInt32(bytes.count))
            let offset = little(UInt32(file.count))
            let lengths = little(UInt16(name.utf8.count)) + [0, 0]
            file += [0x50, 0x4B, 3, 4, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + sizes + lengths + Array(name.utf8) + bytes
            list += [0x50, 0x4B, 1, 2, 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + sizes + lengths
            list += [UInt8](repeating: 0, count: 10) + offset + Array(name.utf8)
        }
        let count = little(UInt16(members.count))
        return file + list + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count + little(UInt32(list.count))
            + little(UInt32(file.count)) + [0, 0]
    }

    /// A `ustar` archive.
    static func tar(_ members: [(name: String, text: String)]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, text) in members { try Tar.append(name: name, contents: Array(text.utf8), to: &bytes) }
        return bytes + Tar.end
    }

    /// An archive entry of any type with a header sum that is right.
    static func entry(_ type: Character, _ name: String, _ contents: [UInt8], size: [UInt8]? = nil) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try Tar.append(name: name, contents: contents, to: &bytes)
        if let size { bytes.replaceSubrange(124..<136, with: size) }
        bytes[156] = type.asciiValue ?? 0
        bytes.replaceSubrange(148..<156, with: Array("        ".utf8))
        let sum = String(bytes.prefix(512).reduce(0) { $0 + Int($1) }, radix: 8)
        let digits = Array((String(repeating: "0", count: 6 - sum.count) + sum).utf8) + [0, 32]
        bytes.replaceSubrange(148..<156, with: digits)
        return bytes
    }

    /// Base64 as the standard has it.
    static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for digit in 0..<4 { text.append(digit <= group.count ? digits[word >> (18 - 6 * digit) & 63] : "=") }
        }
        return text
    }

    /// A `.npy` file whose header says what it likes.
    static func npy(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
        [0x93] + Array("NUMPY".utf8) + [1, 0] + little(UInt16(header.utf8.count)) + Array(header.utf8) + data
    }
}
