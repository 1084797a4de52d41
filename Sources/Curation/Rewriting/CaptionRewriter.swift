import Runtime

/// A caption in which something was replaced, so that it says something else (UNIMO §3.1; phrase and word level).
public struct RewrittenCaption: Sendable, Equatable {
    public var text: String
    public var kind: CaptionPart.Kind
    /// What was replaced, and by what.
    public var replaced: String
    public var replacement: String
}

/// Replaces words and phrases of captions by others of the same form, drawn by their frequency in the corpus; never by what
/// shares a lemma or a synset with the replaced one, or with a word of a caption of the same image.
struct CaptionRewriter: Sendable {
    private let vocabulary: RewriteVocabulary
    private let meaning: SharedMeaning
    /// Draws for one wanted caption, at most.
    private static let tries = 16

    init(vocabulary: RewriteVocabulary, lexicon: Lexicon) {
        self.vocabulary = vocabulary
        meaning = SharedMeaning(lexicon: lexicon)
    }

    /// - Parameters:
    ///   - parts: of the caption. - siblings: the other captions of the same image.
    ///   - wanted: captions of word level and of phrase level, at most.
    ///   - random: of this caption.
    /// - Returns: different captions, in the order they were drawn.
    func rewrite(
        _ caption: String, parts: [CaptionPart], siblings: [String], wanted: (words: Int, phrases: Int),
        random: RandomKey
    ) -> [RewrittenCaption] {
        let said = meaning.reading(of: ([caption] + siblings).map(Self.plain).joined(separator: " "))
        var stream = random.stream
        var found: [RewrittenCaption] = []
        var texts: Set<String> = [caption]
        for (parts, count) in [
            (parts.filter { !$0.form.kind.isPhrase }, wanted.words), (parts.filter(\.form.kind.isPhrase), wanted.phrases),
        ] where !parts.isEmpty {
            let end = found.count + count
            for _ in 0..<count * Self.tries where found.count < end {
                let part = parts[stream.integer(below: parts.count)]
                guard let text = replacement(for: part, said: said, &stream) else { continue }
                let rewritten = Self.replacing(part.range, of: Array(caption.utf8), by: text)
                guard texts.insert(rewritten).inserted else { continue }
                found.append(
                    RewrittenCaption(text: rewritten, kind: part.form.kind, replaced: part.text, replacement: text))
            }
        }
        return found
    }

    /// A wording of the same form that says something else; nil where the draw does not.
    private func replacement(
        for part: CaptionPart, said: SharedMeaning.Reading, _ stream: inout RandomStream
    ) -> String? {
        let wordings = vocabulary[part.form]
        guard wordings.total > 0 else { return nil }
        let text = wordings.text(at: stream.integer(below: wordings.total))
        let own = meaning.reading(of: text)
        // Function words of a phrase may be the same: what counts is what it names.
        guard !own.shares(with: meaning.reading(of: part.text)) else { return nil }
        return own.lemmas.isDisjoint(with: said.lemmas) ? text : nil
    }

    private static func plain(_ caption: String) -> String {
        String(caption.lowercased().map { $0.isLetter || $0 == "-" || $0 == "'" ? $0 : " " })
    }

    /// The caption with other words in a place; "a" and "an" before it are made to fit, a capital is kept.
    static func replacing(_ range: Range<Int>, of caption: [UInt8], by text: String) -> String {
        var before = String(decoding: caption[..<range.lowerBound], as: UTF8.self)
        let after = String(decoding: caption[range.upperBound...], as: UTF8.self)
        var text = text
        if caption[range.lowerBound] < UInt8(ascii: "a"), let first = text.first {
            text = first.uppercased() + text.dropFirst()
        }
        let startsWithVowel = text.lowercased().first.map { "aeiou".contains($0) } ?? false
        for (article, other) in [("a ", "an "), ("an ", "a ")] where startsWithVowel == (article == "a ") {
            let isWord = before.count == article.count || before.dropLast(article.count).last?.isLetter == false
            if before.lowercased().hasSuffix(article), isWord {
                let kept = before.dropLast(article.count - 1)
                before = String(kept) + String(other.dropFirst())
                break
            }
        }
        return before + text + after
    }
}
