import Foundation
import Testing

@testable import Recipes

@Suite struct RecipeLayersTests {
    @Test("extends merges mappings key by key and replaces everything else")
    func extends() throws {
        let directory = try RecipeDirectory([
            "base.yaml": SmallRecipe.text,
            "runs/small.yaml": "extends: ../base.yaml\nsteps: 7\noptimizer: {betas: [0.5, 0.6]}\n",
            "runs/smaller.yaml": "extends: small.yaml\nmixture: [{corpus: texts, weight: 2}]\n",
        ])
        let recipe = try SmallRecipe(directory.reader("runs/smaller.yaml"))
        #expect(recipe.steps == 7)
        #expect(recipe.betas == [0.5, 0.6])
        #expect(recipe.rate == 1e-4)
        #expect(recipe.weights == [2])
    }

    @Test("a fault in an extended file is reported there")
    func extendedFault() throws {
        let directory = try RecipeDirectory([
            "base.yaml": changed("cosine", to: "spiral"), "run.yaml": "extends: base.yaml\nsteps: 7\n",
        ])
        #expect(
            directory.message { _ = try SmallRecipe(directory.reader("run.yaml")) }
                == "base.yaml:4: optimizer.schedule: expected cosine, linear or constant, found spiral")
    }

    @Test("extends that goes in a circle, or leads nowhere, is refused where it is written")
    func cycles() throws {
        let directory = try RecipeDirectory([
            "a.yaml": "steps: 1\nextends: b.yaml\n", "b.yaml": "extends: ./a.yaml\n", "c.yaml": "extends: d.yaml\n",
            "list.yaml": "extends: [a.yaml]\n", "scalar.yaml": "hello\n", "empty.yaml": "# nothing\n",
        ])
        #expect(
            directory.message { _ = try directory.reader("a.yaml") }
                == "b.yaml:1: extends: ./a.yaml is already being read: extends goes round in a circle; remove one extends"
        )
        #expect(
            directory.message { _ = try directory.reader("c.yaml") }
                == "c.yaml:1: extends: can't open d.yaml: No such file or directory; extends is relative to the file "
                + "that says it")
        #expect(
            directory.message { _ = try directory.reader("none.yaml") }
                == "none.yaml:1: can't open none.yaml: No such file or directory; check the path of the recipe")
        #expect(directory.message { _ = try directory.reader("list.yaml") }.contains("expected the path of one recipe"))
        #expect(directory.message { _ = try directory.reader("scalar.yaml") }.contains("found hello"))
        #expect(directory.message { _ = try directory.reader("empty.yaml") }.contains("found nothing"))
        #expect(directory.message { _ = try directory.reader("..") }.contains("is a directory"))
    }

    @Test("a mapping of another kind replaces the one it extends")
    func kinds() throws {
        let directory = try RecipeDirectory([
            "base.yaml": "source: {kind: files, path: x}\n",
            "run.yaml": "extends: base.yaml\nsource: {kind: scenes, seed: 3}\n",
        ])
        let reader = try directory.reader("run.yaml")
        let source = try reader.root.child("source")
        #expect(try source.string("kind") == "scenes")
        #expect(try source.integer("seed") == 3)
        _ = try reader.finish()
    }

    @Test("--set replaces scalars, list elements and whole lists, and makes what is absent")
    func overrides() throws {
        let recipe = try SmallRecipe(
            text: SmallRecipe.text,
            ["steps=9", "steps=8", "mixture.1.weight=3", "optimizer.betas=[0.1, 0.2]", "log.samples=true"])
        #expect(recipe.steps == 8)
        #expect(recipe.weights == [1, 3])
        #expect(recipe.betas == [0.1, 0.2])
        #expect(recipe.samples)
        let single = try SmallRecipe(text: SmallRecipe.text, ["mixture=[{corpus: a, weight: 1}]"])
        #expect(single.weights == [1])
    }

    @Test("null takes an inherited value away")
    func null() throws {
        let text = changed("schedule: cosine", to: "schedule: cosine\n  betas: [0.5, 0.5]")
        #expect(try SmallRecipe(text: text).betas == [0.5, 0.5])
        #expect(try SmallRecipe(text: text, ["optimizer.betas=null"]).betas == [0.9, 0.999])
    }

    @Test("a wrong --set is refused as itself")
    func overrideFaults() {
        let faults = [
            "steps": "--set steps: expected path.to.key=value; for example --set optimizer.learning_rate=1e-4",
            "a..b=1": "--set a..b=1: expected path.to.key=value; for example --set optimizer.learning_rate=1e-4",
            "steps=many": "--set steps=many: steps: expected an integer in 1...1000000, found many",
            "optimizer.laerning_rate=1": "--set optimizer.laerning_rate=1: optimizer.laerning_rate: unknown key; did "
                + "you mean learning_rate?",
            "optimzer.learning_rate=1":
                "--set optimzer.learning_rate=1: optimzer: unknown key; did you mean optimizer?",
            "mixture.2.weight=1": "--set mixture.2.weight=1: mixture: expected an element number in 0..<2, found 2; "
                + "elements of lists are numbered from 0",
            "steps.x=1": "--set steps.x=1: steps: has no keys: it is 100; set the value itself",
            "extends=b.yaml": "--set extends=b.yaml: extends: unknown key; known here: log, mixture, optimizer, steps",
            "steps=[1": "--set steps=[1: not YAML: ",
        ]
        for (override, message) in faults {
            #expect(
                refusal(SmallRecipe.text, [override]).hasPrefix(message), "\(refusal(SmallRecipe.text, [override]))")
        }
    }
}
