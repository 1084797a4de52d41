import Storage

/// A merge as a file has it.
struct MergeEntry {
    /// Names, as UTF-8.
    var left: [UInt8]
    var right: [UInt8]
    var line: Int
}

/// `merges.txt`: two tokens and a blank between them per line, in order of rank.
///
/// Lines that start with `#version` are headers wherever they stand; lines may end with carriage returns; empty lines may
/// follow the last merge.
enum MergesFile {
    static let header = Array("#version".utf8)

    static func read(_ bytes: [UInt8], path: String) throws(TextError) -> [MergeEntry] {
        var merges: [MergeEntry] = []
        var emptyLine: Int?
        for (index, row) in ByteLines(bytes).enumerated() {
            let row = row.last == UInt8(ascii: "\r") ? row.dropLast() : row
            if row.isEmpty {
                emptyLine = emptyLine ?? index + 1
                continue
            }
            if row.starts(with: header) { continue }
            if let emptyLine {
                throw .malformed(path: path, line: emptyLine, expected: "a merge", found: "an empty line")
            }
            guard let merge = parse(row, line: index + 1) else {
                throw .malformed(
                    path: path, line: index + 1, expected: "two tokens and one blank", found: quoted(row))
            }
            try append(merge, to: &merges, path: path)
        }
        return merges
    }

    /// Adds a merge, of which no more are kept than a tokenizer may have.
    static func append(_ merge: MergeEntry, to merges: inout [MergeEntry], path: String) throws(TextError) {
        guard merges.count < MergeTable.mostMerges else {
            throw .malformed(
                path: path, line: merge.line, expected: "at most \(MergeTable.mostMerges) merges", found: "more")
        }
        merges.append(merge)
    }

    /// `left right`
    static func parse(_ row: some Collection<UInt8>, line: Int) -> MergeEntry? {
        guard let blank = row.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let (left, right) = (Array(row[..<blank]), Array(row[blank...].dropFirst()))
        guard !left.isEmpty, !right.isEmpty, !right.contains(UInt8(ascii: " ")) else { return nil }
        return MergeEntry(left: left, right: right, line: line)
    }

    /// The merges as ids.
    /// - Parameter ids: by name.
    static func resolve(
        _ entries: [MergeEntry], ids: [[UInt8]: Int32], path: String
    ) throws(TextError) -> [Tokenizer.Merge] {
        var merges: [Tokenizer.Merge] = []
        merges.reserveCapacity(entries.count)
        for entry in entries {
            func fault(_ expected: String, _ found: [UInt8]) -> TextError {
                .malformed(path: path, line: entry.line, expected: expected, found: quoted(found))
            }
            for part in [entry.left, entry.right] where ByteAlphabet.bytes(of: part) == nil {
                throw fault("two tokens spelled in the alphabet of bytes", part)
            }
            guard let left = ids[entry.left] else { throw fault("two tokens of the vocabulary", entry.left) }
            guard let right = ids[entry.right] else { throw fault("two tokens of the vocabulary", entry.right) }
            guard let id = ids[entry.left + entry.right] else {
                throw fault("two tokens that make a third of the vocabulary", entry.left + entry.right)
            }
            merges.append(Tokenizer.Merge(left: left, right: right, id: id))
        }
        return merges
    }

    /// Merges that make less than half of the vocabulary's longer tokens are those of another vocabulary, or were cut off.
    static func checkCoverage(
        _ merges: [Tokenizer.Merge], of vocabulary: Vocabulary, added: Int, line: Int, path: String
    ) throws(TextError) {
        var isMade = [Bool](repeating: false, count: vocabulary.names.count)
        for merge in merges { isMade[Int(merge.id)] = true }
        for id in vocabulary.specials.ids { isMade[Int(id)] = false }
        let made = isMade.count { $0 }
        let longer = max(0, vocabulary.names.count - 256 - SpecialTokens.names.count - added)
        guard 2 * made >= longer else {
            throw .malformed(
                path: path, line: line, expected: "merges for most of the \(longer) longer tokens of the vocabulary",
                found: "merges for \(made)")
        }
    }

    private static func quoted(_ row: some Collection<UInt8>) -> String {
        "\"\(String(decoding: row.prefix(80), as: UTF8.self))\""
    }
}
