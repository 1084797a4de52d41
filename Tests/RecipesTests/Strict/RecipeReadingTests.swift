import Foundation
import Runtime
import Testing

@testable import Recipes

@Suite struct RecipeReadingTests {
    @Test("values are read as typed, absent ones take their defaults")
    func readsValues() throws {
        let recipe = try SmallRecipe(text: SmallRecipe.text)
        #expect(recipe.steps == 100)
        #expect(recipe.rate == 1e-4)
        #expect(recipe.betas == [0.9, 0.999])
        #expect(recipe.schedule == .cosine)
        #expect(recipe.shardSize == 64 << 20)
        #expect(recipe.deadline == 90)
        #expect(recipe.weights == [1, 5])
    }

    @Test("every fault of a value says line, path, what was expected and what was found")
    func valueFaults() {
        let faults: [(line: String, replacement: String, message: String)] = [
            ("steps: 100", "steps: many", "run.yaml:1: steps: expected an integer in 1...1000000, found many"),
            ("steps: 100", "steps: 0", "run.yaml:1: steps: expected an integer in 1...1000000, found 0"),
            ("steps: 100", "steps: 1.5", "run.yaml:1: steps: expected an integer in 1...1000000, found 1.5"),
            (
                "steps: 100", "steps: \"100\"",
                "run.yaml:1: steps: expected an integer in 1...1000000, found the string \"100\"; remove the quotes"
            ),
            ("steps: 100", "steps: [1]", "run.yaml:1: steps: expected an integer in 1...1000000, found a list of 1"),
            (
                "1e-4", ".nan",
                "run.yaml:3: optimizer.learning_rate: expected a number above 0, found .nan"
            ),
            ("1e-4", "0x10", "run.yaml:3: optimizer.learning_rate: expected a number above 0, found 0x10"),
            (
                "cosine", "cosin",
                "run.yaml:4: optimizer.schedule: expected cosine, linear or constant, found cosin"
            ),
            (
                "schedule: cosine", "schedule: cosine\n  betas: [0.9, 1.0]",
                "run.yaml:5: optimizer.betas.1: expected one of a list of 2 values, each a number of at least 0 and "
                    + "below 1, found 1.0"
            ),
            ("weight: 5", "weight: -5", "run.yaml:9: mixture.1.weight: expected an integer in 0...100, found -5"),
            (
                "steps: 100", "steps: 100\nlog: {samples: yes}",
                "run.yaml:2: log.samples: expected true or false, found yes; write true"
            ),
            (
                "steps: 100", "steps: 100\nlog: {deadline: 90}",
                "run.yaml:2: log.deadline: expected a duration such as 250ms, 90s, 5m or 2h, found 90; add the unit, "
                    + "as in 90s"
            ),
            (
                "steps: 100", "steps: 100\nlog: {shard_size: 64 potatoes}",
                "run.yaml:2: log.shard_size: expected a size such as 64MiB, at least 1, found 64 potatoes"
            ),
            ("steps: 100", "steps: 100\nlog: 3", "run.yaml:2: log: expected a mapping, found 3"),
        ]
        for fault in faults {
            #expect(refusal(changed(fault.line, to: fault.replacement)) == fault.message)
        }
    }

    @Test("an unknown key is refused with its line and the nearest known key")
    func unknownKeys() {
        #expect(
            refusal(changed("schedule: cosine", to: "schedule: cosine\n  beats: [0, 0]"))
                == "run.yaml:5: optimizer.beats: unknown key; did you mean betas?")
        #expect(
            refusal(changed("steps: 100", to: "steps: 100\nschedule: linear"))
                == "run.yaml:2: schedule: unknown key; did you mean optimizer.schedule?")
        #expect(
            refusal(changed("steps: 100", to: "steps: 100\nverbosity: 3"))
                == "run.yaml:2: verbosity: unknown key; known here: log, mixture, optimizer, steps")
        #expect(
            refusal(changed("weight: 5", to: "weight: 5\n    nonsense: null"))
                == "run.yaml:10: mixture.1.nonsense: unknown key; known here: corpus, weight")
    }

    @Test("a missing key names the mapping, its line, what is expected there, and a misspelling of it")
    func missingKeys() {
        #expect(
            refusal(changed("  learning_rate: 1e-4\n", to: ""))
                == "run.yaml:2: optimizer: key learning_rate is missing (a number above 0); add it under optimizer")
        #expect(
            refusal(changed("learning_rate", to: "laerning_rate"))
                == "run.yaml:2: optimizer: key learning_rate is missing (a number above 0); is laerning_rate at "
                + "run.yaml:3 meant?")
        #expect(
            refusal(changed("    weight: 1\n", to: ""))
                == "run.yaml:6: mixture.0: key weight is missing (an integer in 0...100); add it under mixture.0")
        #expect(
            refusal("steps: 1\noptimizer: {learning_rate: 1, schedule: linear}\nmixture: []\n")
                == "run.yaml:3: mixture: expected a list of at least 1 mapping, found an empty list")
    }

    @Test("what is not YAML, or says a thing twice, is refused with its line")
    func syntax() {
        #expect(
            refusal("steps: 1\nsteps: 2\n") == "run.yaml:1: key steps is written twice; keep one of them")
        #expect(
            refusal("1: a\n\"1\": b\n")
                == "run.yaml:2: 1: key 1 is written twice, first at run.yaml:1; keep one of them")
        let unclosed = refusal("steps: [1, 2\nseed: 3\n")
        #expect(unclosed.hasPrefix("run.yaml:2: not YAML: "))
        #expect(refusal("a: *nowhere\n").hasPrefix("run.yaml:1: not YAML: found undefined alias"))
        #expect(refusal("{[a]: 1}\n").contains("a key must be a name"))
        #expect(refusal("a: 1\n---\nb: 2\n").contains("a second YAML document begins"))
        #expect(refusal(String(repeating: "[", count: 50_000)).contains("not YAML"))
        #expect(
            refusal("a: " + String(repeating: "[", count: 100) + String(repeating: "]", count: 100)).contains("levels"))
    }

    @Test("anchors that multiply are cut off")
    func anchors() {
        var text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        for level in 1...8 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(refusal(text).contains("look for anchors that multiply"))
    }

    @Test("a fault is a usage error")
    func exitCode() {
        #expect(throws: RecipeError.self) { try SmallRecipe(text: "steps: no\n") }
        do { _ = try SmallRecipe(text: "steps: no\n") } catch {
            #expect((error as? any DiagnosedError)?.exitCode == .usage)
        }
    }

    @Test("a mapping asked for twice is one mapping")
    func sharedMapping() throws {
        let reader = try RecipeReader(text: "optimizer: {rate: 1, decay: 2}\n", name: "run.yaml")
        #expect(try reader.root.child("optimizer").integer("rate") == 1)
        #expect(try reader.root.section("optimizer").integer("decay") == 2)
        #expect(try reader.root.section("log").integer("every", default: 5) == 5)
        #expect(try reader.root.section("log").integer("keep", default: 6) == 6)
        #expect(
            try reader.finish().values == [
                "optimizer.rate": "1", "optimizer.decay": "2", "log.every": "5", "log.keep": "6",
            ])
    }

    @Test("sizes and durations have units")
    func quantities() {
        let sizes = ["64MiB": 64 << 20, "1.5GiB": 3 << 29, "4096": 4096, "10MB": 10_000_000, "2 KiB": 2048, "0": 0]
        for (text, bytes) in sizes { #expect(Quantity.bytes(text) == bytes, "\(text)") }
        for text in ["-1", "MiB", "1e30GiB", "5 apples", "", "0x10B"] {
            #expect(Quantity.bytes(text) == nil, "\(text)")
        }
        let durations = ["250ms": 0.25, "90s": 90, "5m": 300, "2h": 7200, "1d": 86400, "0": 0]
        for (text, seconds) in durations { #expect(Quantity.seconds(text) == seconds, "\(text)") }
        for text in ["5", "s", "1 week", "infs"] { #expect(Quantity.seconds(text) == nil, "\(text)") }
        for bytes in [0, 1, 1023, 1024, 3 << 20, 5 << 40] {
            #expect(Quantity.bytes(Quantity.writeBytes(bytes)) == bytes)
        }
    }

    @Test("integers may carry separators or an exponent, and nothing else")
    func integers() {
        let accepted = ["50_265": 50265, "1e6": 1_000_000, "-3": -3, "+4": 4]
        for (text, value) in accepted {
            #expect(RecipeScalar.integer(text, isQuoted: false, in: nil) == value, "\(text)")
        }
        for text in ["_1", "1_", "1__0", "1e-1", "0b1", "١", "1e400", "9223372036854775808", "e", "1,000"] {
            #expect(RecipeScalar.integer(text, isQuoted: false, in: nil) == nil, "\(text)")
        }
    }
}
