import Runtime
import Storage

/// Walks over one source, a folder or a file, in an order that depends on names and contents only.
struct PackSource {
    let kind: CorpusKind
    let path: String
    /// Put before every key, where several sources are packed together.
    let keyPrefix: String
    let textUnit: TextUnit

    private static let imageExtensions = StoredSample.imageNames

    /// Calls `body` for everything found.
    func walk(_ body: (PackEvent) throws -> Void) throws {
        switch Directory.kind(of: path) {
        case .directory:
            let files = try Directory.files(below: path)
            let present = Set(files)
            for file in files { try visit(file, below: path, present: present, body) }
        case .file:
            let parent = Directory.parent(of: path)
            let name = Directory.name(of: path)
            let present = Set(try Directory.names(in: parent))
            try visit(name, below: parent, present: present, isNamed: true, body)
        default:
            throw CorpusError.empty(sources: [path], reason: "there is no such file or folder")
        }
    }

    /// - Parameters:
    ///   - file: relative to `folder`.
    ///   - isNamed: the source is this very file, so it is taken whatever its extension.
    private func visit(
        _ file: String, below folder: String, present: Set<String>, isNamed: Bool = false,
        _ body: (PackEvent) throws -> Void
    ) throws {
        let ending = SampleName.fileExtension(file)
        let full = folder + "/" + file
        let stem = SampleName.withoutExtension(file)
        if ending == "jsonl" { return try JSONLines(source: self, path: full, stem: stem).walk(body) }
        switch kind {
        case .texts:
            if ending == "txt" || isNamed { try walkText(full, stem: stem, body) }
        case .images:
            guard Self.imageExtensions.contains(ending) || isNamed else { return }
            try body(.item(PackItem(origin: full, key: key(stem), imagePath: full)))
        case .pairs:
            guard Self.imageExtensions.contains(ending) || isNamed else { return }
            guard present.contains(stem + ".txt") else { return try body(.unpaired(full)) }
            let caption = PackItem.Text.firstLine(ofFile: folder + "/" + stem + ".txt")
            try body(.item(PackItem(origin: full, key: key(stem), imagePath: full, text: caption)))
        // Regions come from a detector that runs over a corpus of images, not from files.
        case .regions: return
        }
    }

    func key(_ path: String) -> String { SampleName.key(from: keyPrefix + path) }

    /// The key of the `number`-th document of a file.
    func key(_ stem: String, number: Int) -> String {
        let digits = String(number)
        return key(stem) + "/" + String(repeating: "0", count: max(8 - digits.count, 0)) + digits
    }

    private func walkText(_ full: String, stem: String, _ body: (PackEvent) throws -> Void) throws {
        let byParagraph = try textUnit == .paragraphs || (textUnit == .automatic && TextLines.hasParagraphs(path: full))
        var lines = try TextLines(path: full)
        var number = 0
        var document: (start: Int, lines: [String], bytes: Int)?
        func emit() throws {
            guard let found = document else { return }
            document = nil
            let origin = "\(full):\(found.start)"
            guard found.bytes <= PackItem.textLimit else {
                let reason = "a document of \(found.bytes) bytes, at most \(PackItem.textLimit) are taken"
                return try body(.rejected(RejectedSource(path: origin, reason: reason)))
            }
            let text = found.lines.joined(separator: "\n")
            try body(.item(PackItem(origin: origin, key: key(stem, number: number), text: .inline(text))))
            number += 1
        }
        while let line = try lines.next() {
            if line.isBlank {
                try emit()
                continue
            }
            guard let text = line.text, !line.isTooLong else {
                let reason = line.isTooLong ? "a line of more than \(TextLines.lineLimit) bytes" : "not UTF-8"
                try body(.rejected(RejectedSource(path: "\(full):\(line.number)", reason: reason)))
                continue
            }
            var open = document ?? (start: line.number, lines: [], bytes: 0)
            open.bytes += text.utf8.count + 1
            // A document without end is not kept in memory: it will be rejected.
            if open.bytes <= PackItem.textLimit { open.lines.append(text) }
            document = open
            if !byParagraph { try emit() }
        }
        try emit()
    }
}
