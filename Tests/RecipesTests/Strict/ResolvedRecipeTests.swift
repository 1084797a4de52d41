import Foundation
import Testing

@testable import Recipes

@Suite struct ResolvedRecipeTests {
    @Test("the resolved recipe holds every value, defaults included")
    func holdsEverything() throws {
        let reader = try RecipeReader(
            text: SmallRecipe.text, name: "run.yaml", overrides: ["optimizer.learning_rate=0.5"])
        _ = try SmallRecipe(reader)
        #expect(
            try reader.finish().yaml == """
                steps: 100
                optimizer:
                  learning_rate: 0.5
                  betas: [0.9, 0.999]
                  schedule: cosine
                log:
                  samples: false
                  shard_size: 64MiB
                  deadline: 90.0s
                mixture:
                  - corpus: texts
                    weight: 1
                  - corpus: pairs
                    weight: 5

                """)
    }

    @Test("reading the resolved recipe gives the same run and the same text")
    func roundTrip() throws {
        let reader = try RecipeReader(text: SmallRecipe.text, name: "run.yaml")
        let recipe = try SmallRecipe(reader)
        let resolved = try reader.finish()
        let again = try RecipeReader(text: resolved.yaml, name: "resolved.yaml")
        #expect(try SmallRecipe(again) == recipe)
        #expect(try again.finish() == resolved)
    }

    @Test(
        "any string survives being written and read",
        arguments: [
            "plain", "true", "12", "a: b", "# no", "", "quo\"te\\", "line\nbreak\ttab", "ünï – 犬", "\u{1}\u{85}", "- x",
        ])
    func strings(text: String) throws {
        let yaml = "key: \(RecipeScalar.quoted(text))\n"
        let tree = try RecipeTree(yaml: yaml) { .file(path: "x", line: $0) }
        guard case .mapping(let entries) = tree.content, case .scalar(let read, _) = entries[0].value.content else {
            Issue.record("not a mapping: \(tree)")
            return
        }
        #expect(read == text)
        #expect(!entries[0].value.isNull)
    }

    @Test("changes between two runs are named with both values")
    func changes() throws {
        func resolved(_ text: String, _ overrides: [String] = []) throws -> ResolvedRecipe {
            let reader = try RecipeReader(text: text, name: "run.yaml", overrides: overrides)
            _ = try SmallRecipe(reader)
            return try reader.finish()
        }
        let old = try resolved(SmallRecipe.text)
        let new = try resolved(SmallRecipe.text, ["steps=200", "mixture=[{corpus: texts, weight: 1}]"])
        #expect(
            new.changes(from: old).map(\.description) == [
                "steps: 100 → 200", "mixture.1.corpus: pairs → absent", "mixture.1.weight: 5 → absent",
            ])
        #expect(old.changes(from: old).isEmpty)
    }

    @Test("a fault between two values points at the one written")
    func crossChecks() throws {
        let reader = try RecipeReader(text: "width: 100\n", name: "run.yaml")
        _ = try reader.root.integer("width")
        _ = try reader.root.integer("heads", default: 3)
        #expect(
            "\(reader.root.fault("width", expected: "a multiple of heads", remedy: "use 96 or 102"))"
                == "run.yaml:1: width: expected a multiple of heads, found 100; use 96 or 102")
        #expect(
            "\(reader.root.fault("heads", expected: "a divisor of width", remedy: "use 4"))"
                == "run.yaml:1: heads: expected a divisor of width, found 3 (the default); use 4")
    }
}
