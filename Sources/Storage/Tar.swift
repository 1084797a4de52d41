import Runtime

/// Archives in the `ustar` format, always the same bytes for the same members: no times, no owners.
public enum Tar {
    static let blockSize = 512
    /// Bytes of one member at most (the format's eleven octal digits would allow 8 GiB).
    public static let memberLimit = 1 << 30

    /// Ends an archive: two zero blocks.
    public static let end = [UInt8](repeating: 0, count: 2 * blockSize)

    /// Appends a member (header, contents, padding) to an archive.
    public static func append(name: String, contents: [UInt8], to archive: inout [UInt8]) throws(StorageError) {
        let header = try header(name: name, size: contents.count)
        archive += header
        archive += contents
        archive += [UInt8](repeating: 0, count: padding(contents.count))
    }

    static func padding(_ size: Int) -> Int { (blockSize - size % blockSize) % blockSize }

    private static func header(name: String, size: Int) throws(StorageError) -> [UInt8] {
        guard size <= memberLimit else {
            throw .unsupported(
                FileFault(
                    path: name, expected: "at most \(memberLimit) bytes in a member", found: "\(size)",
                    remedy: "split or leave out this file"))
        }
        let (prefix, rest) = try split(name)
        var block = [UInt8](repeating: 0, count: blockSize)
        func put(_ bytes: some Collection<UInt8>, at offset: Int) {
            block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        func octal(_ value: Int, digits: Int, at offset: Int) {
            let text = String(value, radix: 8)
            put((String(repeating: "0", count: digits - text.count) + text).utf8, at: offset)
        }
        put(rest, at: 0)
        octal(0o644, digits: 7, at: 100)
        octal(0, digits: 7, at: 108)
        octal(0, digits: 7, at: 116)
        octal(size, digits: 11, at: 124)
        octal(0, digits: 11, at: 136)
        put("        ".utf8, at: 148)
        put("0".utf8, at: 156)
        put("ustar\0".utf8, at: 257)
        put("00".utf8, at: 263)
        put(prefix, at: 345)
        octal(block.reduce(0) { $0 + Int($1) }, digits: 6, at: 148)
        block[154] = 0
        return block
    }

    /// Cuts a name that is longer than its field of 100 bytes at a slash, so that at most 155 bytes precede it.
    private static func split(_ name: String) throws(StorageError) -> (prefix: [UInt8], rest: [UInt8]) {
        let bytes = Array(name.utf8)
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !bytes.isEmpty, !bytes.contains(0), !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
        else {
            throw .unsupported(
                FileFault(
                    path: name, expected: "a relative path without `.`, `..` and empty parts", found: "`\(name)`",
                    remedy: "rename the file"))
        }
        if bytes.count <= 100 { return ([], bytes) }
        let slash = UInt8(ascii: "/")
        for cut in bytes.indices where bytes[cut] == slash && cut <= 155 && bytes.count - cut - 1 <= 100 {
            return (Array(bytes[..<cut]), Array(bytes[(cut + 1)...]))
        }
        throw .unsupported(
            FileFault(
                path: name, expected: "a name of at most 100 bytes after a slash within the first 156",
                found: "\(bytes.count) bytes that can't be cut so", remedy: "shorten the file's name or directories"))
    }
}
