/// Small files in the formats of others, for tests.
public enum ForeignBytes {
    public static func little<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        withUnsafeBytes(of: word.littleEndian) { Array($0) }
    }

    /// The CRC-32 of zip and gzip.
    public static func checksum(_ bytes: [UInt8]) -> UInt32 {
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

    /// A gzip file of one stored block.
    public static func gzip(_ contents: [UInt8]) -> [UInt8] {
        let length = UInt16(contents.count)
        var file: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + little(length) + little(~length) + contents
        file += little(checksum(contents))
        return file + little(UInt32(contents.count))
    }

    /// A zip archive of stored members.
    public static func zip(_ members: [(name: String, bytes: [UInt8])], flags: UInt16 = 0) -> [UInt8] {
        var (file, list): ([UInt8], [UInt8]) = ([], [])
        for (name, bytes) in members {
            let size: [UInt8] = little(UInt32(bytes.count))
            let sizes: [UInt8] = little(checksum(bytes)) + size + size
            let offset: [UInt8] = little(UInt32(file.count))
            let lengths: [UInt8] = little(UInt16(name.utf8.count)) + [0, 0]
            let head: [UInt8] = [20, 0] + little(flags) + [0, 0, 0, 0, 0, 0]
            for part in [[0x50, 0x4B, 3, 4], head, sizes, lengths, Array(name.utf8), bytes] { file += part }
            let rest = [UInt8](repeating: 0, count: 10)
            for part in [[0x50, 0x4B, 1, 2, 20, 0], head, sizes, lengths, rest, offset, Array(name.utf8)] {
                list += part
            }
        }
        let count: [UInt8] = little(UInt16(members.count))
        let places: [UInt8] = little(UInt32(list.count)) + little(UInt32(file.count))
        for part in [list, [0x50, 0x4B, 5, 6, 0, 0, 0, 0], count, count, places, [0, 0]] { file += part }
        return file
    }

    /// The bytes that hexadecimal digits say.
    public static func hex(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in text.utf8 {
            let value = digit < 58 ? digit - 48 : digit - 87
            if let first = high { bytes.append(first << 4 | value) }
            high = high == nil ? value : nil
        }
        return bytes
    }

    /// `One sentence, and one sentence, and one more.` and a line feed, as other programs compress it.
    public static let sentence = "One sentence, and one sentence, and one more.\n"
    public static let compressedSentence: [(name: String, bytes: [UInt8])] = [
        (
            "bz2",
            hex(
                "425a68393141592653593d9df62b000005d580001040050000ae039c002000314c0000948c469a69a2a9106106725138559"
                    + "63eca2cf28c5b6493e2ee48a70a1207b3bec560")
        ),
        (
            "xz",
            hex(
                "fd377a585a0000016922de36020021010c0000008f98419ce0002d00205d00279b88a2033598442a5cface2082f1abe0b3d"
                    + "dcb9fc33fdd37e3a3d4ca3f4400004deec9910001382e1f04cfeb9042990d010000000001595a")
        ),
        (
            "lz4",
            hex(
                "04224d186440a71f000000ff044f6e652073656e74656e63652c20616e64206f120002606d6f72652e0a00000000b070c901")
        ),
        (
            "lz",
            hex(
                "4c5a4950010c00279b88a2033598442a5cfad608ccd6dcd60eb6d274c59b9b4e3c36a8aab2c017fffda4b0004deec9912e0"
                    + "00000000000004000000000000000")
        ),
    ]
}
