import FoundationEssentials
import Runtime
import Storage

/// Texts that say the same as the captions of some samples: JSON lines `{"key": KEY, "paraphrases": [TEXT, …]}`, plain or
/// compressed.
public struct ParaphraseFile: Sendable {
    /// Texts of one sample at most.
    private static let textLimit = 1000

    private let texts: [ByteText: [String]]
    /// SHA-256 of the file.
    let digest: String

    /// - Parameter hasKey: whether a sample of the corpus has this key.
    /// - Throws: `StorageError` for a file that can't be read; `CurationError.paraphrases` with the line for one that is no
    ///   such object, names a key that the corpus doesn't have or an earlier line has, or holds an empty text.
    public init(path: String, where hasKey: (String) -> Bool) throws {
        digest = try InputFile(path: path).digest().sha256
        var texts: [ByteText: [String]] = [:]
        var lines = try TextLines(path: path)
        while let line = try lines.next() {
            if line.isBlank { continue }
            func fault(_ expected: String, _ found: String) -> CurationError {
                .paraphrases(path: path, line: line.number, expected: expected, found: found)
            }
            guard !line.isTooLong else { throw fault("at most \(TextLines.lineLimit) bytes", "more") }
            guard let entry = try? JSONDecoder().decode(Entry.self, from: Data(line.bytes)) else {
                let start = String(decoding: line.bytes.prefix(60), as: UTF8.self)
                throw fault("an object with a text `key` and a list of texts `paraphrases`", "`\(start)`")
            }
            guard hasKey(entry.key) else { throw fault("the key of a sample of the corpus", "`\(entry.key)`") }
            guard texts[ByteText(entry.key)] == nil else { throw fault("each key once", "`\(entry.key)` again") }
            guard !entry.paraphrases.contains(where: { $0.allSatisfy(\.isWhitespace) }) else {
                throw fault("texts", "one of nothing but blanks")
            }
            guard entry.paraphrases.count <= Self.textLimit else {
                throw fault("at most \(Self.textLimit) texts", "\(entry.paraphrases.count)")
            }
            texts[ByteText(entry.key)] = entry.paraphrases
        }
        self.texts = texts
    }

    private struct Entry: Decodable {
        var key: String
        var paraphrases: [String]
    }

    /// Of the sample with this key; none where the file doesn't name it.
    subscript(key: String) -> [String] { texts[ByteText(key)] ?? [] }
}
