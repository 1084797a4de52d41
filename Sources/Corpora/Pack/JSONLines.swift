import FoundationEssentials
import Storage

/// A `.jsonl` source: one object per line with `key` (optional), `text` or `caption`, `image` (a path relative to the
/// file); other columns are left alone.
struct JSONLines {
    let source: PackSource
    let path: String
    let stem: String

    private struct Row: Decodable {
        var key: String?
        var text: String?
        var caption: String?
        var image: String?
    }

    func walk(_ body: (PackEvent) throws -> Void) throws {
        let decoder = JSONDecoder()
        var lines = try TextLines(path: path)
        while let line = try lines.next() {
            if line.isBlank { continue }
            let origin = "\(path):\(line.number)"
            do { try body(.item(item(line, origin, decoder))) } catch let rejection as SampleRejection {
                try body(.rejected(RejectedSource(path: origin, reason: rejection.description)))
            }
        }
    }

    private func item(_ line: TextLines.Line, _ origin: String, _ decoder: JSONDecoder) throws -> PackItem {
        guard !line.isTooLong else {
            throw SampleRejection(description: "a line of more than \(TextLines.lineLimit) bytes")
        }
        let row: Row
        do { row = try decoder.decode(Row.self, from: Data(line.bytes)) } catch {
            throw SampleRejection(description: "no JSON object with texts in its columns: \(Self.summary(error))")
        }
        var item = PackItem(origin: origin, key: source.key(stem, number: line.number - 1))
        if let key = row.key {
            item.key = source.key(key)
            guard !item.key.isEmpty else { throw SampleRejection(description: "the key is empty") }
        }
        if source.kind != .texts {
            guard let image = row.image else { throw SampleRejection(description: "no column `image`") }
            item.imagePath = image.hasPrefix("/") ? image : Directory.parent(of: path) + "/" + image
        }
        if source.kind == .texts || source.kind == .pairs {
            guard let text = row.text ?? row.caption else {
                throw SampleRejection(description: "no column `text` or `caption`")
            }
            item.text = .inline(text)
        }
        return item
    }

    private static func summary(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .typeMismatch(let type, let context):
            "`\(context.codingPath.map(\.stringValue).joined(separator: "."))` is no \(type)"
        case .dataCorrupted(let context): context.debugDescription
        default: "\(error)"
        }
    }
}
