import FoundationEssentials
import Storage

/// Texts that say the same as the captions of some samples: JSON lines `{"key": KEY, "paraphrases": [TEXT, …]}`.
public struct ParaphraseFile: Sendable {
    /// Bytes of the file at most.
    private static let byteLimit: UInt64 = 8 << 30
    /// Texts of one sample at most.
    private static let textLimit = 1000

    private let texts: [String: [String]]
    /// SHA-256 of the file.
    let digest: String

    /// - Parameter hasKey: whether a sample of the corpus has this key.
    /// - Throws: `StorageError` for a file that can't be read; `CurationError.paraphrases` with the line for one that is no
    ///   such object, names a key that the corpus doesn't have or an earlier line has, or holds an empty text.
    public init(path: String, where hasKey: (String) -> Bool) throws {
        let bytes = try InputFile.contents(of: path, limit: Self.byteLimit)
        digest = SHA256.hex(of: bytes)
        var texts: [String: [String]] = [:]
        for (number, line) in ByteLines(bytes).enumerated() {
            guard !line.allSatisfy({ $0 == 32 || (9...13).contains($0) }) else { continue }
            func fault(_ expected: String, _ found: String) -> CurationError {
                .paraphrases(path: path, line: number + 1, expected: expected, found: found)
            }
            guard let entry = try? JSONDecoder().decode(Entry.self, from: Data(line)) else {
                let start = String(decoding: line.prefix(60), as: UTF8.self)
                throw fault("an object with a text `key` and a list of texts `paraphrases`", "`\(start)`")
            }
            guard hasKey(entry.key) else { throw fault("the key of a sample of the corpus", "`\(entry.key)`") }
            guard texts[entry.key] == nil else { throw fault("each key once", "`\(entry.key)` again") }
            guard !entry.paraphrases.contains(where: { $0.allSatisfy(\.isWhitespace) }) else {
                throw fault("texts", "one of nothing but blanks")
            }
            guard entry.paraphrases.count <= Self.textLimit else {
                throw fault("at most \(Self.textLimit) texts", "\(entry.paraphrases.count)")
            }
            texts[entry.key] = entry.paraphrases
        }
        self.texts = texts
    }

    private struct Entry: Decodable {
        var key: String
        var paraphrases: [String]
    }

    /// Of the sample with this key; none where the file doesn't name it.
    subscript(key: String) -> [String] { texts[key] ?? [] }
}
