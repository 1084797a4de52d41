public import Corpora
import Runtime

/// A caption in which something was replaced, so that it says something else (UNIMO, arXiv 2012.15409; phrase and word level).
public struct RewrittenCaption: Sendable, Equatable {
    public var text: String
    public var kind: CaptionPart.Kind
    /// What was replaced, and by what.
    public var replaced: String
    public var replacement: String
}

/// Replaces words and phrases of captions by others of the same form, drawn by their frequency in the corpus; never by what
/// shares a lemma or a synset with the replaced one, or with a word of a caption of the same image. One for each thread.
struct CaptionRewriter {
    private let vocabulary: RewriteVocabulary
    private var meaning: SharedMeaning
    /// Draws for one wanted caption, at most.
    private static let tries = 16

    init(vocabulary: RewriteVocabulary, lexicon: Lexicon) {
        self.vocabulary = vocabulary
        meaning = SharedMeaning(lexicon: lexicon)
    }

    /// - Parameters:
    ///   - parts: of the caption. - siblings: other texts that are true of the same image.
    ///   - wanted: captions of word level and of phrase level, at most.
    ///   - random: of this caption.
    /// - Returns: different captions, in the order they were drawn.
    mutating func rewrite(
        _ caption: String, parts: [CaptionPart], siblings: [String], wanted: (words: Int, phrases: Int),
        random: RandomKey
    ) -> [RewrittenCaption] {
        let said = meaning.reading(ofWords: ([caption] + siblings).map(Self.plain).joined(separator: " "))
        let bytes = Array(caption.utf8)
        var stream = random.stream
        var found: [RewrittenCaption] = []
        var texts: Set<String> = [caption]
        for (level, count) in [(RewriteList.Level.word, wanted.words), (.phrase, wanted.phrases)] {
            let parts = parts.filter { $0.form.kind.level == level && vocabulary[$0.form].total > 0 }
            guard !parts.isEmpty else { continue }
            let replaced = parts.map { meaning.reading(of: $0.text) }
            let end = found.count + count
            for _ in 0..<count * Self.tries where found.count < end {
                let place = stream.integer(below: parts.count)
                let part = parts[place]
                let wordings = vocabulary[part.form]
                let text = wordings.text(at: stream.integer(below: wordings.total))
                guard meaning.differs(text, from: replaced[place], and: said) else { continue }
                let rewritten = Self.replacing(part.range, of: bytes, by: text)
                guard texts.insert(rewritten).inserted else { continue }
                found.append(
                    RewrittenCaption(text: rewritten, kind: part.form.kind, replaced: part.text, replacement: text))
            }
        }
        return found
    }

    /// Its words in lower case, those with hyphens as they are and part by part; "man's" says man.
    private static func plain(_ caption: String) -> String {
        let words = String(caption.lowercased().map { $0.isLetter || $0 == "-" ? $0 : " " })
        return words + " " + words.replacing("-", with: " ")
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
