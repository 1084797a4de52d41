public import Corpora

/// A piece of a caption that can stand for another of its type: a word, or a combination of two.
public struct CaptionPart: Sendable, Hashable {
    public typealias Kind = RewriteList.Kind

    /// What a replacement keeps, so that the sentence stays one.
    public struct Form: Sendable, Hashable {
        public var kind: Kind
        /// Of the object, an attribute's own object included: "three" asks for several.
        public var isPlural: Bool
        /// Whether an attribute stands before its object.
        public var leads: Bool
        /// The ending of a verb, `ing`, `ed` or `s`; empty for other words.
        public var ending: String
    }

    public var form: Form
    /// As the caption has it, lower-case.
    public var text: String
    /// UTF-8 offsets in the caption.
    public var range: Range<Int>
}

extension CaptionPart {
    /// All pieces of a caption that can be replaced, in the order of the graph.
    static func parts(of caption: [UInt8], _ graph: SceneGraph) -> [CaptionPart] {
        func text(_ range: Range<Int>) -> String { String(decoding: caption[range], as: UTF8.self).lowercased() }
        func part(
            _ kind: Kind, _ range: Range<Int>, plural: Bool = false, leads: Bool = false, ending: String = ""
        ) -> CaptionPart? {
            range.isEmpty
                ? nil
                : CaptionPart(
                    form: Form(kind: kind, isPlural: plural, leads: leads, ending: ending), text: text(range),
                    range: range)
        }
        var parts = graph.objects.compactMap { part(.object, $0.range, plural: $0.isPlural) }
        for attribute in graph.attributes {
            let object = graph.objects[attribute.object]
            let leads = attribute.range.upperBound <= object.range.lowerBound
            let ending = Self.ending(text(attribute.range))
            parts += [part(.attribute, attribute.range, plural: object.isPlural, leads: leads, ending: ending)]
                .compactMap { $0 }
            guard leads, !attribute.range.isEmpty, object.range.lowerBound - attribute.range.upperBound == 1 else {
                continue
            }
            let whole = attribute.range.lowerBound..<object.range.upperBound
            parts += [part(.attributeObject, whole, plural: object.isPlural, leads: true)].compactMap { $0 }
        }
        for relation in graph.relations {
            guard relation.ranges.count == 1, let range = relation.ranges.first, !range.isEmpty else { continue }
            // A possessive 's belongs to the word before it.
            guard text(range).first?.isLetter == true else { continue }
            let ending = Self.ending(text(range))
            parts += [part(.relation, range, ending: ending)].compactMap { $0 }
            let object = graph.objects[relation.object]
            guard range.upperBound < object.range.lowerBound, object.range.lowerBound - range.upperBound <= 8 else {
                continue
            }
            let whole = range.lowerBound..<object.range.upperBound
            parts += [part(.relationObject, whole, plural: object.isPlural, ending: ending)].compactMap { $0 }
        }
        return parts
    }

    private static func ending(_ text: String) -> String {
        let word = text.split(separator: " ").first ?? ""
        guard word.count > 4 else { return "" }
        return ["ing", "ed", "s"].first { word.hasSuffix($0) } ?? ""
    }
}
