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
        FuzzParser("deflate", maxLength: 16 << 10, seeds: deflateSeeds) { bytes, _ in
            let (size, packed) = announced(bytes)
            _ = try Deflate.inflate(packed, size: size, path: "member", offset: 0)
        },
        FuzzParser(
            "gzip-stream", maxLength: 16 << 10, seeds: gzipSeeds,
            read: { bytes, scratch in try readStream([0x1F, 0x8B] + bytes.dropFirst(2), scratch) }),
        FuzzParser(
            "zstd-stream", maxLength: 16 << 10, seeds: zstdSeeds,
            read: { bytes, scratch in try readStream([0x28, 0xB5, 0x2F, 0xFD] + bytes.dropFirst(4), scratch) }),
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

    private static func deflateSeeds() -> [Seed] {
        let stored = [1] + SeedBytes.little(UInt16(text.count)) + SeedBytes.little(~UInt16(text.count)) + text
        return [
            Seed("stored", SeedBytes.little(UInt32(text.count)) + stored),
            // Fixed codes: a literal, a run of it, the end.
            Seed("fixed", SeedBytes.little(UInt32(10)) + [0x4B, 0x84, 0x01, 0x00]),
            Seed("empty", SeedBytes.little(UInt32(0)) + [0x03, 0x00]),
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
