import Corpora
import Models
import Testing

@testable import Recipes

@Suite("What a recipe says of its data") struct DataSectionTests {
    private static let model = ModelConfig.unimo2(
        UNIMO2Config(
            vocabulary: 0, maxTokens: 12, imageSize: 16, patchSize: 8,
            vision: EncoderConfig(layers: 1, width: 8, heads: 1, feedForward: 8),
            text: EncoderConfig(layers: 1, width: 8, heads: 1, feedForward: 8),
            grounded: EncoderConfig(layers: 1, width: 8, heads: 1, feedForward: 8), dictionary: nil, projection: 8,
            dropout: 0))

    private func read(_ entry: String, kind: String = "texts") throws -> Recipe.MixtureEntry {
        let objective = kind == "images" ? "image_contrastive" : "masked_language"
        let text = """
            corpora:
              c: {kind: \(kind), directory: somewhere}
            mixture:
              - {corpus: c, objective: \(objective), \(entry)}

            """
        let reader = try RecipeReader(text: text, name: "run.yaml")
        let corpora = try reader.root.named("corpora").map { try Recipe.CorpusSource($0.name, $0.node) }
        let found = try reader.root.list("mixture").map { try Recipe.MixtureEntry($0, corpora, Self.model) }
        _ = try reader.finish()
        return found[0]
    }

    private func message(_ entry: String) -> String {
        do { return "accepted: \(try read(entry))" } catch { return "\(error)" }
    }

    @Test("defaults are those that are written down")
    func defaults() throws {
        let entry = try read("batch_size: 8")
        #expect(entry.batchSize == .samples(8) && entry.chunk == 0 && entry.ending == .repeat && entry.packsTexts)
        #expect(entry.weights.map(\.step) == [0] && entry.weights.map(\.weight) == [1] && entry.bytesPerToken == 4)
        #expect(try !read("batch_size: 8", kind: "images").packsTexts)
        #expect(try !read("batch_size: 8, pack: false").packsTexts)
        #expect(try read("batch_tokens: 4096").batchSize == .tokens(4096, pool: 4096))
    }

    @Test("weights hold from their steps on, whatever the order they are written in")
    func weights() throws {
        let entry = try read("batch_size: 8, weights: {1000: 1, 0: 5}")
        #expect(entry.weights.map(\.step) == [0, 1000] && entry.weights.map(\.weight) == [5, 1])
        #expect(message("batch_size: 8, weights: {soon: 1}").contains("expected a step"))
        #expect(message("batch_size: 8, weight: 0").contains("mixture.0.weight"))
    }

    @Test("an entry ends as it says")
    func endings() throws {
        #expect(try read("batch_size: 8, when_done: stop").ending == .stop(epochs: 1))
        #expect(try read("batch_size: 8, when_done: finish, epochs: 3").ending == .finish(epochs: 3))
        #expect(message("batch_size: 8, when_done: never").contains("when_done"))
    }

    @Test("keys that contradict each other are refused together, with what to keep")
    func contradictions() {
        for (entry, words) in [
            ("batch_size: 8, epochs: 3", ["no epochs beside when_done: repeat", "finish or stop"]),
            ("batch_size: 8, batch_tokens: 9", ["no batch_size beside batch_tokens"]),
            ("batch_size: 8, pool: 9", ["no pool beside batch_size"]),
            ("batch_size: 8, weight: 2, weights: {0: 1}", ["no weight beside weights"]),
        ] {
            let text = message(entry)
            #expect(text.hasPrefix("run.yaml:4: mixture.0."), "\(text)")
            for word in words { #expect(text.contains(word), "\(text)") }
        }
        let corpus = "corpora:\n  c: {kind: texts, directory: d, scenes: {count: 3}}\n"
        do {
            let reader = try RecipeReader(text: corpus, name: "run.yaml")
            _ = try reader.root.named("corpora").map { try Recipe.CorpusSource($0.name, $0.node) }
            Issue.record("a corpus that is packed and made as it goes was accepted")
        } catch { #expect("\(error)".contains("no directory beside scenes"), "\(error)") }
    }

    @Test("an objective that can't learn from a corpus is refused, and a corpus that nobody declared")
    func unsuited() {
        #expect(message("batch_size: 8, corpus: d").contains("written twice"))
        let text =
            "corpora:\n  c: {kind: texts, directory: d}\nmixture:\n  - {corpus: c, objective: image_contrastive}\n"
        do {
            let reader = try RecipeReader(text: text, name: "run.yaml")
            let corpora = try reader.root.named("corpora").map { try Recipe.CorpusSource($0.name, $0.node) }
            _ = try reader.root.list("mixture").map { try Recipe.MixtureEntry($0, corpora, Self.model) }
            Issue.record("images were found in texts")
        } catch { #expect("\(error)".contains("image_contrastive learns from images or pairs"), "\(error)") }
    }
}
