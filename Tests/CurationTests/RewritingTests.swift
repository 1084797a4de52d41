import Runtime
import Testing

@testable import Curation

@Suite struct RewritingTests {
    /// Captions with their parts, and what the corpus of all of them says.
    private struct Bench {
        let lexicon: Lexicon
        let captions: [(text: String, parts: [CaptionPart])]
        let rewriter: CaptionRewriter

        init() throws {
            let lexicon = try Lexicon()
            let parser = SceneGraphParser(lexicon: lexicon)
            let captions = try LabelledCaption.all().map { caption in
                (caption.caption, CaptionPart.parts(of: Array(caption.caption.utf8), parser.parse(caption.caption)))
            }
            var counts: RewriteVocabulary.Counts = [:]
            for caption in captions { RewriteVocabulary.count(caption.1, into: &counts) }
            self.lexicon = lexicon
            self.captions = captions
            rewriter = CaptionRewriter(vocabulary: RewriteVocabulary(counts, fewest: 1), lexicon: lexicon)
        }

        func rewritten(_ wanted: (words: Int, phrases: Int), seed: UInt64 = 1) -> [[RewrittenCaption]] {
            var rewriter = rewriter
            return captions.enumerated().map { index, caption in
                rewriter.rewrite(
                    caption.text, parts: caption.parts, siblings: [], wanted: wanted,
                    random: RandomKey(seed: seed, batch: index, purpose: .test))
            }
        }
    }

    @Test("of 10,000 rewritten captions none shares a lemma or a synset with what it replaced")
    func replacementsMeanSomethingElse() throws {
        let bench = try Bench()
        let found = bench.rewritten((24, 16)).flatMap { $0 }
        #expect(found.count >= 10_000)
        for caption in found.prefix(10_000) {
            let shared = sharedMeaning(of: caption.replaced, and: caption.replacement, bench.lexicon)
            #expect(shared.isEmpty, "\(caption)")
        }
    }

    @Test("one seed rewrites the same way every time, another otherwise")
    func isDeterministic() throws {
        let bench = try Bench()
        let (one, again, other) = (
            bench.rewritten((4, 4)), bench.rewritten((4, 4)), bench.rewritten((4, 4), seed: 2)
        )
        #expect(one == again)
        #expect(one != other)
    }

    @Test("nothing but the part is changed, and a rewritten caption is never the caption")
    func onlyThePartChanges() throws {
        let bench = try Bench()
        for (caption, rewritten) in zip(bench.captions, bench.rewritten((6, 6))) {
            #expect(Set(rewritten.map(\.text)).count == rewritten.count)
            for one in rewritten {
                #expect(one.text != caption.text)
                #expect(one.text.lowercased().contains(one.replacement))
            }
        }
    }

    @Test(
        "articles and capitals are made to fit",
        arguments: [
            ("A dog on a mat", 2..<5, "apple", "An apple on a mat"), ("An owl flies", 3..<6, "dog", "A dog flies"),
            ("Dogs run", 0..<4, "cats", "Cats run"), ("Panda eats", 6..<10, "idles", "Panda idles"),
        ])
    func articlesFit(caption: String, range: Range<Int>, text: String, expected: String) {
        #expect(CaptionRewriter.replacing(range, of: Array(caption.utf8), by: text) == expected)
    }

    @Test("words are the same whether or not other letters stand beside them")
    func words() {
        let all = String(String.UnicodeScalarView((0..<128).compactMap(UnicodeScalar.init)))
        for text in ["A dog, the 2nd\r\non-it", "", "  ", "x", "Don't", all, "a\u{0}b"] {
            #expect(TextStatistics.words(of: text) + ["été"] == TextStatistics.words(of: text + " Été"), "\(text)")
        }
    }

    @Test("similar texts come best first, the same whatever was asked before, and a text is most like itself")
    func similarTextsComeFirst() throws {
        let texts = [
            "a red dog on a mat", "a red dog on a sofa", "two cats", "a dog", "the blue sky", "", "a red dog on a mat",
        ]
        let index = try TextIndex(texts)
        var scratch = TextIndex.Scratch(index)
        let found = index.matches(for: texts[0], limit: 3, &scratch)
        #expect(found.map(\.number) == [0, 6, 1])
        #expect(abs(found[0].score - 1) < 1e-5 && found[0].score == found[1].score)
        #expect(index.matches(for: texts[0], limit: 3, &scratch) == found)
        #expect(index.matches(for: texts[0], limit: 9, &scratch).map(\.number) == [0, 6, 1, 3])
        #expect(index.matches(for: texts[0], limit: 9, floor: 0.9, &scratch).map(\.number) == [0, 6])
        #expect(index.matches(for: "", limit: 3, &scratch).isEmpty)
        #expect(index.matches(for: "unheard of", limit: 3, &scratch).isEmpty)
        #expect(index.matches(for: texts[0], limit: 0, &scratch).isEmpty)
    }
}

/// What two wordings may both mean, word by word and by the lexicon's own calls, not by what the rewriter uses. Articles say
/// nothing by themselves.
func sharedMeaning(of one: String, and other: String, _ lexicon: Lexicon) -> [String] {
    func words(_ text: String) -> [String] {
        text.split(separator: " ").map(String.init).filter { !["a", "an", "the"].contains($0) }
    }
    func meanings(_ form: String) -> (lemmas: Set<String>, synsets: Set<Synset>) {
        var (lemmas, synsets): (Set<String>, Set<Synset>) = ([form], [])
        for partOfSpeech in PartOfSpeech.allCases {
            for lemma in lexicon.lemmas(of: form, as: partOfSpeech) {
                lemmas.insert(lemma)
                if let lexeme = lexicon.lexeme(lemma, as: partOfSpeech) {
                    synsets.formUnion(lexicon.senses(of: lexeme))
                }
            }
        }
        return (lemmas, synsets)
    }
    return words(one).flatMap { old in
        words(other).filter { new in
            let (old, new) = (meanings(old), meanings(new))
            return !old.lemmas.isDisjoint(with: new.lemmas) || !old.synsets.isDisjoint(with: new.synsets)
        }
    }
}
