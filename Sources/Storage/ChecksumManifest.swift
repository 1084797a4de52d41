import Runtime

/// The checksums of a directory's files, as `sha256sum -c` reads them: one line `digest  name` per file.
public struct ChecksumManifest: Sendable, Equatable {
    public static let fileName = "manifest.sha256"
    private static let byteLimit: UInt64 = 256 << 20

    /// File name → 64 hexadecimal digits.
    public private(set) var digests: [String: String]
    /// SHA-256 of the manifest's own text.
    public var fingerprint: String { SHA256.hex(of: text) }

    public init(_ files: [FileDigest]) {
        digests = Dictionary(files.map { ($0.name, $0.sha256) }) { first, second in
            preconditionFailure("a file is listed twice: \(first) and \(second)")
        }
    }

    /// Names sorted bytewise.
    public var names: [String] { digests.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    public var text: String { names.map { "\(digests[$0]!)  \($0)\n" }.joined() }

    /// Reads `manifest.sha256` of a directory.
    public init(directory: String) throws(StorageError) {
        let path = directory + "/" + Self.fileName
        let bytes = try InputFile.contents(of: path, limit: Self.byteLimit)
        digests = [:]
        var offset = 0
        var last = ""
        for line in ByteLines(bytes) {
            defer { offset += line.count + 1 }
            if line.isEmpty && offset >= bytes.count { break }
            guard let (digest, name) = Self.parse(Array(line)), last.utf8.lexicographicallyPrecedes(name.utf8) else {
                throw .damaged(
                    FileFault(
                        path: path, offset: UInt64(offset),
                        expected: "64 hexadecimal digits, two blanks, a file name after the one above",
                        found: "`\(String(decoding: line.prefix(120), as: UTF8.self))`",
                        remedy: "the manifest is damaged: copy or make the directory again"))
            }
            digests[name] = digest
            last = name
        }
        guard bytes.isEmpty || bytes.last == UInt8(ascii: "\n") else {
            throw .damaged(
                FileFault(
                    path: path, offset: UInt64(bytes.count), expected: "a line feed at the end", found: "none",
                    remedy: "the manifest is truncated: copy or make the directory again"))
        }
    }

    private static func parse(_ line: [UInt8]) -> (digest: String, name: String)? {
        guard line.count > 66, line[64] == 32, line[65] == 32 else { return nil }
        let digest = line.prefix(64)
        guard digest.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return nil }
        guard let name = String(validating: line[66...], as: UTF8.self), name != ".", name != "..",
            !name.contains("/"), !name.utf8.contains(0)
        else { return nil }
        return (String(decoding: digest, as: UTF8.self), name)
    }

    /// What the file `name` of `directory` should hold and what it does.
    public func verify(_ name: String, in directory: String) throws(StorageError) {
        try verify(try InputFile(path: directory + "/" + name).digest(), in: directory)
    }

    /// Holds what a file of `directory` was found to hold against its line.
    public func verify(_ found: FileDigest, in directory: String) throws(StorageError) {
        let path = directory + "/" + found.name
        guard let expected = digests[found.name] else {
            throw .damaged(
                FileFault(
                    path: path, expected: "a line in \(Self.fileName)", found: "none",
                    remedy: "the directory is not complete: copy or make it again"))
        }
        guard found.sha256 == expected else {
            throw .damaged(
                FileFault(
                    path: path, expected: "SHA-256 \(expected)", found: "\(found.sha256) over \(found.size) bytes",
                    remedy: "the file was changed or damaged: copy or make it again"))
        }
    }
}
