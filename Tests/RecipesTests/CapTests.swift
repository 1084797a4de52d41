import Models
import Runtime
import Testing

@testable import Checkpoints
@testable import Recipes

@Suite("Sizes in recipes and in what runs keep") struct CapTests {
    private func refusal(_ text: String) -> String {
        do { _ = try RecipeReader(text: text, name: "r.yaml") } catch { return "\(error)" }
        return "no fault"
    }

    @Test("an alias that multiplies is refused as a key, wherever it stands, before keys are compared")
    func aliasKeys() {
        var text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        for level in 1...12 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        for key in ["? *a12\n: 1\n", "*a12 : 1\n", "b: {*a12 : 1}\n", "? [x, [*a12]]\n: 1\n", "? {x: *a12}\n: 1\n"] {
            let started = Clock.seconds
            #expect(refusal(text + key).contains("a key that is an alias or holds one"), "\(key)")
            #expect(Clock.seconds - started < 10, "\(key)")
        }
    }

    @Test("aliases as values, and stars that are none, are read")
    func aliases() throws {
        let text = "a: &x [1, 2]\nb: *x\n\"*c\": 2 * 3\nd: \"& *e\" # *f & g\n"
        let reader = try RecipeReader(text: text, name: "r.yaml")
        #expect(reader.root.keys == ["a", "b", "*c", "d"])
        #expect(try reader.root.integers("b") == [1, 2])
        #expect(try reader.root.string("*c") == "2 * 3" && reader.root.string("d") == "& *e")
    }

    @Test("a hundred thousand keys, and a key of a megabyte, are refused in a moment")
    func manyKeys() {
        let started = Clock.seconds
        let many = (0..<90_000).map { "k\($0): 1\n" }.joined()
        #expect(refusal(many) == "no fault")
        let error = #expect(throws: RecipeError.self) {
            let key = String(repeating: "k", count: 1_000_000)
            let reader = try RecipeReader(text: "? \(key)\n: 1\n", name: "r.yaml")
            _ = try reader.root.integer("steps", default: 1)
            _ = try reader.finish()
        }
        #expect(error?.reason == .unknownKey)
        #expect(Clock.seconds - started < 20)
    }

    private static let stack = #"{"layers": 1, "width": 8, "heads": 2, "feed_forward": 16, "epsilon": 1e-5}"#

    private func config(_ changes: [String: String]) throws -> ModelConfig {
        var fields = [
            "vocabulary": "300", "max_tokens": "16", "image_size": "32", "patch_size": "8", "vision": Self.stack,
            "text": Self.stack, "grounded": Self.stack, "projection": "8", "dropout": "0.1",
        ]
        fields.merge(changes) { $1 }
        let text = "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
        return try ConfigFile.config(Array(text.utf8), path: "config.json")
    }

    @Test("a model's configuration with a size that no recipe could ask for is refused by name")
    func configuration() throws {
        #expect(try config([:]).rowsPerImage == 17)
        let headless = Self.stack.replacing("\"heads\": 2", with: "\"heads\": 0")
        for (key, value, found) in [
            ("patch_size", "0", "patch_size 0"), ("vocabulary", "-1", "vocabulary -1"),
            ("text", headless, "text.heads 0"),
            ("image_size", "\(Int.max)", "image_size"), ("dropout", "1", "dropout"), ("patch_size", "7", "multiple"),
        ] {
            let error = #expect(throws: CheckpointError.self) { try config([key: value]) }
            #expect(error?.description.contains(found) == true, "\(key): \(String(describing: error))")
        }
    }

    @Test("counts that no run could have counted are damage", arguments: [-1, Int.max])
    func counts(count: Int) {
        func state(batch: Int, steps: Int) -> [UInt8] {
            let shape = #"{"nodes":1,"ranks":1,"threads":1,"cpu":"","libraries":""}"#
            return Array(
                (#"{"state":{"seed":1,"batch":\#(batch),"groupSteps":{"a":\#(steps)},"shape":\#(shape),"recipe":"","#
                    + #""data":{}}}"#).utf8)
        }
        for bytes in [state(batch: count, steps: 1), state(batch: 1, steps: count)] {
            let error = #expect(throws: CheckpointError.self) {
                try CheckpointState.state(RunState.self, bytes, path: "state.json")
            }
            let wanted = "expected counts in 0...1125899906842624, found \(count)"
            #expect(error?.description.contains(wanted) == true, "\(String(describing: error))")
        }
        #expect(throws: Never.self) {
            try CheckpointState.state(RunState.self, state(batch: 3, steps: 2), path: "state.json")
        }
    }
}
