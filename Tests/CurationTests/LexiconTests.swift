import Curation
import Testing

@Suite struct LexiconTests {
    private let lexicon: Lexicon

    init() throws { lexicon = try InstalledLexicon.opened.get() }

    @Test("regular forms are detached, irregular ones looked up")
    func forms() {
        let nouns = [
            "dogs": "dog", "boxes": "box", "ladies": "lady", "watches": "watch", "firemen": "fireman", "geese": "goose",
            "children": "child", "shelves": "shelf", "leaves": "leaf", "grass": "grass", "bus": "bus",
        ]
        for (form, lemma) in nouns { #expect(lexicon.lemmas(of: form, as: .noun).contains(lemma), "\(form)") }
        let verbs = [
            "sitting": "sit", "ran": "run", "carries": "carry", "carried": "carry", "rides": "ride", "riding": "ride",
            "lying": "lie", "thrown": "throw", "is": "be",
        ]
        for (form, lemma) in verbs { #expect(lexicon.lemmas(of: form, as: .verb).contains(lemma), "\(form)") }
        #expect(lexicon.lemmas(of: "biggest", as: .adjective).contains("big"))
        #expect(lexicon.lemmas(of: "larger", as: .adjective).contains("large"))
    }

    @Test("exceptions come before the rules, and what is no word has no lemma")
    func order() {
        #expect(lexicon.lemmas(of: "leaves", as: .noun).first == "leaf")
        #expect(lexicon.lemmas(of: "dog", as: .noun) == ["dog"])
        for word in ["", "s", "ss", "ing", "xqzt", "xqzts", "\u{0}", "été"] {
            #expect(lexicon.lemmas(of: word, as: .noun).allSatisfy { $0 != "" })
        }
        #expect(lexicon.lemmas(of: "xqzts", as: .noun).isEmpty)
        #expect(lexicon.lemmas(of: "grass", as: .noun) == ["grass"])
    }

    @Test("lexemes have classes, frequencies and senses")
    func lexemes() throws {
        let dog = try #require(lexicon.lexeme("dog", as: .noun))
        #expect(dog.frequency == 42)
        #expect(dog.senseCount == 7)
        #expect(lexicon.senses(of: dog).count == 7)
        #expect(lexicon.senses(of: dog).first == lexicon.firstSense(of: dog))
        #expect(lexicon.lexeme("dog", as: .verb) != nil)
        #expect(lexicon.lexeme("dog", as: .adjective) == nil)
        #expect(lexicon.lexeme("park_bench", as: .noun) != nil)
        #expect(lexicon.lexeme("Dog", as: .noun) == nil)
        #expect(lexicon.lexemeCount == 155_287)
    }

    @Test("the lexicon stays small")
    func size() { #expect(lexicon.byteCount < 16 << 20) }

    @Test("a dog is an animal and no building")
    func hypernyms() throws {
        func sense(_ lemma: String) throws -> Synset {
            lexicon.firstSense(of: try #require(lexicon.lexeme(lemma, as: .noun)))
        }
        #expect(lexicon.isA(try sense("dog"), try sense("animal")))
        #expect(lexicon.isA(try sense("hat"), try sense("clothing")))
        #expect(!lexicon.isA(try sense("dog"), try sense("building")))
        #expect(!lexicon.isA(try sense("animal"), try sense("dog")))
        #expect(lexicon.lexicographerFile(of: try sense("dog")) == 5)
        #expect(!lexicon.hypernyms(of: try sense("dog")).isEmpty)
    }
}
