import Curation
import Foundation
import Rehearsal
import Testing

@Suite struct SceneGraphParserTests {
    private let parser: SceneGraphParser

    init() throws { parser = try InstalledLexicon.parser() }

    private func relations(_ caption: String) -> [String] {
        parser.parse(caption).namedRelations.map { $0.joined(separator: " | ") }.sorted()
    }

    private func attributes(_ caption: String) -> [String] {
        parser.parse(caption).namedAttributes.map { $0.joined(separator: " | ") }.sorted()
    }

    @Test("nouns that look like verbs, and verbs that look like nouns")
    func ambiguity() {
        #expect(
            relations("A woman watches a young woman paint a landscape") == [
                "woman | paint | landscape", "woman | watch | woman",
            ])
        #expect(parser.parse("a pile of autumn leaves").lemmas == ["pile", "autumn leaf"])
        #expect(relations("A clock tower towers over the city") == ["clock tower | tower over | city"])
        #expect(relations("A fly on a fly swatter") == ["fly | on | fly swatter"])
        #expect(parser.parse("a trash can").lemmas == ["trash can"])
        #expect(attributes("children play") == ["child | play"])
    }

    @Test("a passive with an agent is turned round")
    func passive() {
        #expect(relations("a ball thrown by a boy") == ["boy | throw | ball"])
        #expect(relations("a boy is being chased by two dogs") == ["dog | chase | boy"])
        #expect(relations("a roof covered with snow") == ["roof | cover with | snow"])
        #expect(relations("a toddler is handed a cone by a man") == ["man | hand to | toddler", "man | hand | cone"])
    }

    @Test("relative clauses, with and without a pronoun")
    func relativeClauses() {
        #expect(relations("the horse that the girl rides") == ["girl | ride | horse"])
        #expect(
            relations("the woman the children are waving to is driving a bus") == [
                "child | wave to | woman", "woman | drive | bus",
            ])
        #expect(
            relations("A girl who is wearing a coat jumps into a puddle") == [
                "girl | jump into | puddle", "girl | wear | coat",
            ])
        #expect(relations("a boy whose shoes are untied") == ["boy | have | shoe"])
    }

    @Test("coordination spreads and lists stay together")
    func coordination() {
        #expect(relations("a cat and a dog on a rug") == ["cat | on | rug", "dog | on | rug"])
        #expect(relations("a kitchen with a stove, a sink and two windows").count == 3)
        #expect(relations("a box on the floor and a ball on the box") == ["ball | on | box", "box | on | floor"])
        #expect(
            attributes("one red and two blue squares") == [
                "square | blue", "square | one", "square | red", "square | two",
            ])
        #expect(
            relations("A girl kneels in the sand and builds a castle") == [
                "girl | build | castle", "girl | kneel in | sand",
            ])
    }

    @Test("pronouns point at what was said before")
    func pronouns() {
        #expect(relations("a jar with a spoon in it") == ["jar | with | spoon", "spoon | in | jar"])
        #expect(relations("A couple on a bench with a skyline behind them").contains("skyline | behind | couple"))
        #expect(relations("Nobody is sitting on the bench.").isEmpty)
    }

    @Test("what is denied is no relation")
    func negation() {
        #expect(parser.parse("a house with no windows").lemmas == ["house"])
        #expect(relations("The cat is not on the bed but under it.") == ["cat | under | bed"])
        #expect(parser.parse("a tray without lid").lemmas == ["tray"])
    }

    @Test("the caption's own picture, times and places in the picture are no objects")
    func fallen() {
        #expect(parser.parse("aerial view of a village at sunset").lemmas == ["village"])
        #expect(parser.parse("fox icon").lemmas == ["fox"])
        #expect(parser.parse("a lake with mountains in the background").lemmas == ["lake", "mountain"])
        #expect(
            relations("a tourist takes a picture of a bridge") == ["picture | of | bridge", "tourist | take | picture"])
    }

    @Test("ranges are the words of the caption")
    func ranges() {
        let caption = "Été: two brown dogs’ owners hold up a “big” green umbrella, 日本"
        let bytes = Array(caption.utf8)
        let graph = parser.parse(caption)
        func words(_ range: Range<Int>) -> String? { String(validating: bytes[range], as: UTF8.self) }
        for object in graph.objects { #expect(words(object.range) != nil) }
        for attribute in graph.attributes { #expect(words(attribute.range)?.lowercased() == attribute.text) }
        let umbrella = graph.objects.first { $0.lemma == "umbrella" }
        #expect(umbrella.flatMap { words($0.range) } == "umbrella")
        let hold = graph.relations.first { $0.predicate == "hold up" }
        #expect(hold?.ranges.map(words) == ["hold", "up"])
    }

    @Test("ranges of all labelled captions lie in order inside the caption")
    func allRanges() throws {
        for caption in try LabelledCaption.all() {
            let graph = parser.parse(caption.caption)
            let count = caption.caption.utf8.count
            let ranges =
                graph.objects.map(\.range) + graph.attributes.map(\.range) + graph.relations.flatMap(\.ranges)
            #expect(ranges.allSatisfy { $0.upperBound <= count }, "\(caption.caption)")
            let starts = graph.objects.map(\.range.lowerBound)
            #expect(starts == starts.sorted(), "\(caption.caption)")
            #expect(graph == parser.parse(caption.caption))
        }
    }

    @Test("any bytes parse to something")
    func hostile() {
        for seed in 1...300 {
            let bytes = noise(200, seed: UInt64(seed))
            _ = parser.parse(String(decoding: bytes, as: UTF8.self))
            _ = parser.parse(String(decoding: bytes.map { $0 & 0x7f }, as: UTF8.self))
        }
        let pieces = [
            "a", "the", "of", "and", ",", "to", "who", "whose", "is", "not", "no", "'s", "dog", "dogs", "red", "run",
            "running",
            "by", "in", "it", "with", "that", "each", "other", "(", "\"", ".", "while", "has", "one", "two", "view",
            "left",
        ]
        for seed in 1...2000 {
            let caption = noise(24, seed: UInt64(seed)).map { pieces[Int($0) % pieces.count] }.joined(separator: " ")
            _ = parser.parse(caption)
        }
        for caption in [
            "", " ", "'", "’", "’s", "'s", "\"", "a", "-", "of of of", String(repeating: "a dog and ", count: 5000),
        ] {
            _ = parser.parse(caption)
        }
    }
}
