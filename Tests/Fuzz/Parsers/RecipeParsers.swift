import Telemetry

@testable import Recipes

extension FuzzParser {
    static let recipes = [
        FuzzParser("recipe", maxLength: 8192, seeds: recipeSeeds) { bytes, scratch in
            let (_, resolved) = try Recipe.read(file: scratch.put("recipe.yaml", bytes))
            try promise(Recipe.resolve(resolved.yaml, name: "resolved") == resolved, resolved.yaml)
        },
        FuzzParser("recipe-override", seeds: overrideSeeds) { bytes, _ in
            let text = "steps: 4\na: {b: [1, {c: 2}], d: }\n"
            let reader = try RecipeReader(
                text: text, name: "r.yaml", overrides: [String(decoding: bytes, as: UTF8.self)])
            _ = try reader.root.section("a").optionalChild("d")
        },
        FuzzParser("recipe-quantity", maxLength: 128, seeds: quantitySeeds) { bytes, _ in
            let text = String(decoding: bytes, as: UTF8.self)
            if let bytes = Quantity.bytes(text) {
                try promise(bytes < 0 || Quantity.bytes(Quantity.writeBytes(bytes)) == bytes, text)
                _ = Quantity.approximate(bytes)
            }
            if let seconds = Quantity.seconds(text) { try promise(!seconds.isNaN, text) }
        },
        FuzzParser("row-file", seeds: rowSeeds) { bytes, scratch in
            _ = try RowFile(path: scratch.put("metrics.jsonl", bytes), startingAt: 7)
        },
        FuzzParser("sample-log", seeds: sampleLogSeeds) { bytes, scratch in
            let directory = RunDirectory(scratch.path)
            _ = try scratch.clean("samples")
            try scratch.put("samples/rank-0000.txt", bytes)
            try scratch.put("skipped-samples.jsonl", bytes)
            try directory.cutOffSamples(from: 7)
        },
    ]

    static let smallRecipe = """
        steps: 60
        model:
          width: 64
          max_tokens: 32
          image_size: 32
          patch_size: 8
          vision: {layers: 2, heads: 2, feed_forward: 256}
          text: {layers: 2, heads: 2, feed_forward: 256}
          grounded: {layers: 1, heads: 2, feed_forward: 256}
        tokenizer: {vocabulary: 512, samples: 2000}
        corpora:
          scenes: {kind: pairs, scenes: {count: 4000, seed: 1}}
          packed: {kind: texts, directory: corpora/texts}
        mixture:
          - {corpus: scenes, objective: image_text_contrastive, weight: 2, batch_size: 32}
          - {corpus: packed, objective: masked_language, weight: 1, batch_tokens: 4096}
        optimizer: {learning_rate: 1.0e-3, weight_decay: 0.05}
        schedule: {kind: cosine, warmup_steps: 10}
        ranks: {deadline: 5m}

        """
}

extension FuzzParser {
    private static func recipeSeeds() throws -> [Seed] {
        [
            Seed("debug", try SeedBytes.file("../recipes/debug.yaml")), Seed("small", smallRecipe),
            Seed("extends-itself", "extends: recipe.yaml\nsteps: 1\n"),
            Seed("anchors", "a: &a [1, 2]\nb: &b [*a, *a]\nc: [*b, *b]\nd: {<<: {e: 1}}\n? [x]\n: 1\n"),
            Seed("tags", "%YAML 1.2\n---\na: !!binary aGk=\nb: !x |2-\n   c\n...\n"),
            Seed("nested", String(repeating: "- ", count: 200) + String(repeating: "[", count: 200)),
        ]
    }

    private static func overrideSeeds() -> [Seed] {
        [
            Seed("value", "steps=12"), Seed("element", "a.b.1.c={x: [1, y]}"), Seed("new", "steps.x.y=1"),
            Seed("nothing", "a..b=1"), Seed("null", "a.d.e=~"),
        ]
    }

    private static func quantitySeeds() -> [Seed] {
        [
            Seed("bytes", "1.5GiB"), Seed("time", "250ms"), Seed("digits", "1_000e3kB"), Seed("large", "9e18B"),
            Seed("days", "1e308d"),
        ]
    }

    private static func rowSeeds() -> [Seed] {
        [
            Seed("rows", "{\"step\":5,\"loss\":1.5}\n{\"step\":7}\n{\"step\":8"),
            Seed("long", "{\"step\":99999999999999999999999999}\n\n{\"step\":-1}\n"),
        ]
    }

    private static func sampleLogSeeds() -> [Seed] {
        [
            Seed("lines", "5 0 pairs a b\n7 0 pairs c d\n"), Seed("others", "{\"batch\":6}\n{\"batch\":7}\nx\n 9999\n"),
        ]
    }
}
