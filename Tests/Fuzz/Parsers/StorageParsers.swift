import Runtime
import Storage

@testable import Corpora

extension FuzzParser {
    static let storage = [
        FuzzParser("checksum-manifest", seeds: manifestSeeds) { bytes, scratch in
            try scratch.put(ChecksumManifest.fileName, bytes)
            let manifest = try ChecksumManifest(directory: scratch.path)
            _ = manifest.fingerprint
            for name in manifest.names.prefix(4) { try manifest.verify(name, in: scratch.path) }
        },
        FuzzParser("zstd-seek-table", seeds: seekTableSeeds) { bytes, scratch in
            let table = try SeekTable(of: InputFile(path: scratch.put("shard", bytes)))
            _ = table.bytes
        },
        FuzzParser("zstd-frame", maxLength: 16 << 10, seeds: frameSeeds) { bytes, _ in
            let (size, frame) = announced(bytes)
            _ = try FrameDecompressor.decompress(frame, rawSize: size, path: "frame", offset: 0)
        },
        FuzzParser(
            "gzip-stream", maxLength: 16 << 10, seeds: gzipSeeds,
            read: { bytes, scratch in try readStream([0x1F, 0x8B] + bytes.dropFirst(2), scratch) }),
        FuzzParser(
            "zstd-stream", maxLength: 16 << 10, seeds: zstdSeeds,
            read: { bytes, scratch in try readStream([0x28, 0xB5, 0x2F, 0xFD] + bytes.dropFirst(4), scratch) }),
        FuzzParser(
            "bzip2-stream", maxLength: 16 << 10, seeds: { packedSeeds(bzip2) },
            read: { bytes, scratch in try readStream(Array("BZh9".utf8) + bytes.dropFirst(4), scratch) }),
        FuzzParser(
            "xz-stream", maxLength: 16 << 10, seeds: { packedSeeds(xz) },
            read: { bytes, scratch in try readStream([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0] + bytes.dropFirst(6), scratch) }),
        FuzzParser(
            "lz4-stream", maxLength: 16 << 10, seeds: { packedSeeds(lz4) },
            read: { bytes, scratch in try readStream([0x04, 0x22, 0x4D, 0x18] + bytes.dropFirst(4), scratch) }),
        FuzzParser(
            "lzip-stream", maxLength: 16 << 10, seeds: { packedSeeds(lzip) },
            read: { bytes, scratch in try readStream(Array("LZIP\u{1}".utf8) + bytes.dropFirst(5), scratch) }),
        FuzzParser("foreign-tar", maxLength: 16 << 10, seeds: foreignTarSeeds) { bytes, scratch in
            try readArchive(scratch.put("a.tar", bytes), .tar)
        },
        FuzzParser("foreign-text", seeds: foreignTextSeeds) { bytes, _ in
            let text = try ForeignText.text(bytes)
            try promise(ForeignName.text(ForeignName.bytes(text)) == text || text.utf8.contains(0xF4), text)
            try promise(ForeignName.bytes(ForeignName.text(bytes)) == bytes, "names of \(bytes.count) bytes")
        },
        FuzzParser("shard-tar", maxLength: 16 << 10, seeds: tarSeeds) { bytes, _ in
            var reader = TarReader(bytes, path: "archive")
            while let member = try reader.next() { _ = bytes[member.contents].count }
        },
        FuzzParser("safetensors", seeds: safetensorsSeeds) { bytes, scratch in
            let file = try SafetensorsFile(path: scratch.put("model.safetensors", bytes))
            for tensor in file.tensors {
                let data = try file.bytes(of: tensor.name)
                try promise(data.count == tensor.byteCount && file[tensor.name] == tensor, "\(tensor)")
            }
        },
        FuzzParser("safetensors-index", seeds: safetensorsIndexSeeds) { bytes, scratch in
            _ = try SafetensorsIndex(path: scratch.put("model.safetensors.index.json", bytes))
        },
    ]

    /// Reads all members, and each once more from where it begins.
    static func readArchive(_ path: String, _ format: ForeignArchive.Format) throws {
        let archive = try ForeignArchive(path: path, format: format)
        var members: [ForeignArchive.Member] = []
        while let member = try archive.next() {
            members.append(member)
            try promise(members.count < 10_000, "\(members.count) members in so small a file")
            guard member.size <= 1 << 20 else { continue }
            let contents = try archive.contents(limit: 1 << 20)
            try promise(contents.count == member.size, "\(contents.count) bytes of \(member.size)")
        }
        for member in members.prefix(8) {
            let again = try ForeignArchive(path: path, format: format, at: member.offset)
            let found = try again.next()
            try promise(
                found?.name == member.name && found?.size == member.size, "\(member) is \(String(describing: found))")
        }
    }

    /// An input of the size that another file announces, four bytes, and what is compressed.
    private static func announced(_ bytes: [UInt8]) -> (size: Int, rest: [UInt8]) {
        let size = bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        // Readers of frames and members cap what they are told; beyond 64 MiB nothing else happens, only slower.
        return (min(size, 64 << 20), Array(bytes.dropFirst(4)))
    }

    /// Reads a compressed file to its end, some by bytes and some by leaps.
    private static func readStream(_ bytes: [UInt8], _ scratch: FuzzDirectory) throws {
        let path = try scratch.put("stream", bytes)
        let stream = try DecodedStream(path: path)
        _ = try stream.take(3)
        while try !stream.buffer.isEmpty || stream.fill() { stream.drop(stream.buffer.count) }
        try promise(stream.consumed <= stream.fileSize, "\(stream.consumed) of \(stream.fileSize) bytes")
        let again = try DecodedStream(path: path, at: stream.offset / 2)
        while try !again.buffer.isEmpty || again.fill() { again.drop(again.buffer.count) }
        try promise(again.offset == stream.offset, "\(again.offset) bytes, and \(stream.offset) before")
    }
}

extension FuzzParser {
    private static let text = Array("One sentence, and one sentence, and one more.\n".utf8)

    private static func zstd(_ bytes: [UInt8]) -> [UInt8] { FrameCompressor().compress(bytes) }

    private static func manifestSeeds() -> [Seed] {
        let digest = FileDigest(name: "index.json", sha256: SHA256.hex(of: text), size: 46)
        let other = FileDigest(name: "été.txt", sha256: SHA256.hex(of: [0]), size: 1)
        return [
            Seed("two-files", ChecksumManifest([digest, other]).text), Seed("empty", ""),
            Seed("unsorted", "\(digest.sha256)  b\n\(digest.sha256)  a\n"),
            Seed("climbing", "\(digest.sha256)  ../index.json\n"), Seed("cut", "\(digest.sha256)  a"),
        ]
    }

    private static func seekTableSeeds() -> [Seed] {
        let frame = zstd(text)
        let table = SeekTable([(frame.count, text.count)]).bytes
        var hashed = table
        // With a checksum behind the entry, as the format allows.
        hashed.replaceSubrange(4..<8, with: SeedBytes.little(UInt32(12 + 9)))
        hashed.insert(contentsOf: [1, 2, 3, 4], at: 16)
        hashed[hashed.count - 5] = 0x80
        return [
            Seed("one-frame", frame + table), Seed("no-frame", SeekTable([]).bytes), Seed("hashed", frame + hashed),
            Seed("many", [UInt8](repeating: 0xFF, count: 9) + [0xFF, 0xFF, 0xFF, 7, 0, 0xB1, 0xEA, 0x92, 0x8F]),
        ]
    }

    private static func frameSeeds() -> [Seed] {
        let zeros = [UInt8](repeating: 0, count: 100_000)
        return [
            Seed("text", SeedBytes.little(UInt32(text.count)) + zstd(text)),
            Seed("empty", SeedBytes.little(UInt32(0)) + zstd([])),
            Seed("zeros", SeedBytes.little(UInt32(zeros.count)) + zstd(zeros)),
            // A frame that announces 48 MiB in 16 bytes.
            Seed(
                "promise",
                SeedBytes.little(UInt32(48 << 20)) + [0x28, 0xB5, 0x2F, 0xFD, 0xA0]
                    + SeedBytes.little(UInt32(48 << 20)) + [3, 0, 0]),
        ]
    }

    private static let bzip2 =
        "425a68393141592653593d9df62b000005d580001040050000ae039c002000314c0000948c469a69a2a910610672513855963eca2cf28c5b"
        + "6493e2ee48a70a1207b3bec560"
    private static let xz =
        "fd377a585a0000016922de36020021010c0000008f98419ce0002d00205d00279b88a2033598442a5cface2082f1abe0b3ddcb9fc33fdd37"
        + "e3a3d4ca3f4400004deec9910001382e1f04cfeb9042990d010000000001595a"
    private static let lz4 =
        "04224d186440a71f000000ff044f6e652073656e74656e63652c20616e64206f120002606d6f72652e0a00000000b070c901"
    private static let lzip =
        "4c5a4950010c00279b88a2033598442a5cfad608ccd6dcd60eb6d274c59b9b4e3c36a8aab2c017fffda4b0004deec9912e00000000000000"
        + "4000000000000000"

    private static func packedSeeds(_ digits: String) -> [Seed] {
        let whole = SeedBytes.hex(digits)
        return [
            Seed("one", whole), Seed("two", whole + whole), Seed("cut", whole.dropLast(9)),
            Seed("more", whole + [1, 2]),
        ]
    }

    /// What libarchive's reader of tar has its own ways for.
    private static func foreignTarSeeds() throws -> [Seed] {
        func pax(_ records: [String]) throws -> [UInt8] {
            let text = records.map { record in
                let length = record.utf8.count + 4
                return "\(length < 100 ? " \(length)".dropFirst() : "\(length)"[...]) \(record)\n"
            }
            return try SeedBytes.entry("x", "p", Array(text.joined().utf8))
        }
        let plain = try SeedBytes.tar([("a.txt", "one"), ("b.txt", "two")])
        let sparse = try pax([
            "GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=s.txt", "GNU.sparse.realsize=9",
        ])
        let map = Array("1\n6\n3\n".utf8)
        let long = Array((String(repeating: "long/", count: 30) + "name.txt\0").utf8)
        return [
            Seed("two", plain), Seed("behind-another", plain + plain), Seed("more", plain + [1, 2, 3]),
            Seed(
                "sparse",
                try sparse
                    + SeedBytes.entry("0", "s", map + [UInt8](repeating: 0, count: 512 - map.count) + Array("abc".utf8))
                    + Tar.end),
            Seed("pax", try pax(["path=é.txt", "size=3"]) + SeedBytes.entry("0", "p", Array("abc".utf8)) + Tar.end),
            Seed(
                "links",
                try plain.dropLast(1024) + SeedBytes.entry("1", "c.txt", []) + SeedBytes.entry("2", "d.txt", [])),
            Seed("long", try SeedBytes.entry("L", "l", long) + SeedBytes.entry("0", "x", [65]) + Tar.end),
            Seed("negative", try SeedBytes.entry("0", "a", [65], size: [UInt8](repeating: 0xFF, count: 12))),
        ]
    }

    private static func foreignTextSeeds() -> [Seed] {
        [
            Seed("mark", "\u{FEFF}a\r\nb"), Seed("utf16", [0xFF, 0xFE, 0x61, 0, 0x62, 0]), Seed("plain", "é\u{10FFE9}"),
            Seed("bytes", [0x61, 0xE9, 0xF4, 0x8F, 0xBF, 0xA9]), Seed("utf16-bare", [0, 0x61, 0, 0x62]),
        ]
    }

    private static func gzipSeeds() -> [Seed] {
        let gzip = SeedBytes.gzip(text)
        var named = gzip
        named[3] = 8
        named.insert(contentsOf: Array("name\0".utf8), at: 10)
        return [
            Seed("one", gzip), Seed("two-and-padding", gzip + gzip + [0, 0, 0]), Seed("named", named),
            Seed("empty", SeedBytes.gzip([])), Seed("cut", gzip.dropLast(9)),
        ]
    }

    private static func zstdSeeds() -> [Seed] {
        let frame = zstd(text)
        return [
            Seed("one", frame), Seed("two", frame + zstd([UInt8](repeating: 7, count: 5000))),
            Seed("with-table", frame + SeekTable([(frame.count, text.count)]).bytes), Seed("cut", frame.dropLast(3)),
        ]
    }

    private static func tarSeeds() throws -> [Seed] {
        let long = String(repeating: "folder/", count: 20) + "name.txt"
        return [
            Seed("two", try SeedBytes.tar([("a.txt", "one"), ("a.json", "{}")])),
            Seed("prefix", try SeedBytes.tar([(long, "one")])), Seed("end", Tar.end),
        ]
    }

    static func safetensors(_ header: String, _ data: [UInt8]) -> [UInt8] {
        SeedBytes.little(UInt64(header.utf8.count)) + Array(header.utf8) + data
    }

    private static func safetensorsSeeds() -> [Seed] {
        let two =
            #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"#
            + #""b":{"dtype":"BF16","shape":[],"data_offsets":[8,10]}}"#
        let huge =
            #"{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]},"#
            + #""b":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[9223372036854775807,"#
            + #"18446744073709551614]},"c":{"dtype":"U8","shape":[1],"data_offsets":[18446744073709551614,"#
            + "18446744073709551615]}}"
        return [
            Seed("two", safetensors(two, [UInt8](0..<10))), Seed("none", safetensors("{}", [])),
            Seed("overflowing", safetensors(huge, [])),
            Seed(
                "empty-tensor",
                safetensors(#"{"":{"dtype":"I64","shape":[0,9007199254740992],"data_offsets":[0,0]}}"#, [])),
        ]
    }

    private static func safetensorsIndexSeeds() -> [Seed] {
        [
            Seed("two", #"{"metadata":{"total_size":10},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}}"#),
            Seed("climbing", #"{"metadata":{"total_size":0},"weight_map":{"a":"../m.safetensors"}}"#),
        ]
    }
}
