import Curation
import Foundation

/// A caption with what a reader finds in it (`Captions/README.md`).
struct LabelledCaption: Decodable {
    let caption: String
    let style: String
    let objects: [String]
    /// Object, attribute.
    let attributes: [[String]]
    /// Subject, predicate, object.
    let relations: [[String]]

    static func all() throws -> [LabelledCaption] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Captions")
        let text = try String(contentsOf: folder.appendingPathComponent("labelled.jsonl"), encoding: .utf8)
        return try text.split(separator: "\n").map {
            try JSONDecoder().decode(LabelledCaption.self, from: Data($0.utf8))
        }
    }

    /// Every third caption of each style is held out: the rules were written with the others in view only.
    static func split() throws -> (development: [LabelledCaption], heldOut: [LabelledCaption]) {
        var seen: [String: Int] = [:]
        var parts: (development: [LabelledCaption], heldOut: [LabelledCaption]) = ([], [])
        for caption in try all() {
            if seen[caption.style, default: 0] % 3 == 2 {
                parts.heldOut.append(caption)
            } else {
                parts.development.append(caption)
            }
            seen[caption.style, default: 0] += 1
        }
        return parts
    }
}

/// Precision and recall over multisets.
struct Agreement {
    private(set) var hits = 0
    private(set) var labelled = 0
    private(set) var found = 0

    var f1: Double { 2 * Double(hits) / Double(max(labelled + found, 1)) }

    mutating func count(_ label: [[String]], _ parsed: [[String]]) {
        var missing = label
        for item in parsed {
            guard let place = missing.firstIndex(of: item) else { continue }
            missing.remove(at: place)
            hits += 1
        }
        labelled += label.count
        found += parsed.count
    }
}

/// How well graphs agree with labels.
struct GraphAgreement: CustomStringConvertible {
    private(set) var objects = Agreement()
    private(set) var attributes = Agreement()
    private(set) var relations = Agreement()

    init(_ captions: [LabelledCaption], _ parser: SceneGraphParser) {
        for caption in captions {
            let graph = parser.parse(caption.caption)
            objects.count(caption.objects.map { [$0] }, graph.objects.map { [$0.lemma] })
            attributes.count(caption.attributes, graph.namedAttributes)
            relations.count(caption.relations, graph.namedRelations)
        }
    }

    var description: String {
        func percent(_ agreement: Agreement) -> String { String(format: "%.3f", agreement.f1) }
        return "F1 of objects \(percent(objects)), attributes \(percent(attributes)), relations \(percent(relations))"
    }
}

extension SceneGraph {
    var lemmas: [String] { objects.map(\.lemma) }
    var namedAttributes: [[String]] { attributes.map { [objects[$0.object].lemma, $0.text] } }
    var namedRelations: [[String]] {
        relations.map { [objects[$0.subject].lemma, $0.predicate, objects[$0.object].lemma] }
    }
}

/// The dictionary that `tools/prepare` installs, opened once.
enum InstalledLexicon {
    static let opened = Result { try Lexicon() }

    static func parser() throws -> SceneGraphParser { SceneGraphParser(lexicon: try opened.get()) }
}
