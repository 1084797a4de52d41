import Foundation
import Rehearsal

@testable import Recipes

/// A temporary directory of recipe files, removed with it.
final class RecipeDirectory {
    private let directory: TemporaryDirectory
    var path: String { directory.path }

    init(_ files: [String: String]) throws {
        directory = try TemporaryDirectory()
        for (name, text) in files { try directory.put(name, text) }
    }

    func reader(_ name: String, _ overrides: [String] = []) throws -> RecipeReader {
        try RecipeReader(file: "\(path)/\(name)", overrides: overrides)
    }

    /// The message of the fault that `body` ends in, without the directory.
    func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no fault"
        } catch {
            return "\(error)".replacing("\(path)/", with: "")
        }
    }
}

enum Schedule: String, CaseIterable { case cosine, linear, constant }

/// What a small recipe of these tests holds.
struct SmallRecipe: Equatable {
    var steps = 0
    var rate = 0.0
    var betas: [Double] = []
    var schedule = Schedule.linear
    var shardSize = 0
    var deadline = 0.0
    var samples = false
    var weights: [Int] = []

    static let text = """
        steps: 100
        optimizer:
          learning_rate: 1e-4
          schedule: cosine
        mixture:
          - corpus: texts
            weight: 1
          - corpus: pairs
            weight: 5

        """

    init(_ reader: RecipeReader) throws {
        let root = reader.root
        steps = try root.integer("steps", in: 1...1_000_000)
        let optimizer = try root.section("optimizer")
        rate = try optimizer.number("learning_rate", in: .positive)
        betas = try optimizer.numbers("betas", in: .belowOne, count: 2, default: [0.9, 0.999])
        schedule = try optimizer.choice("schedule")
        let log = try root.section("log")
        samples = try log.boolean("samples", default: false)
        shardSize = try log.bytes("shard_size", in: 1...Int.max, default: 64 << 20)
        deadline = try log.seconds("deadline", default: 90)
        for entry in try root.list("mixture") {
            _ = try entry.string("corpus")
            weights.append(try entry.integer("weight", in: 0...100))
        }
    }

    init(text: String, _ overrides: [String] = []) throws {
        let reader = try RecipeReader(text: text, name: "run.yaml", overrides: overrides)
        try self.init(reader)
        _ = try reader.finish()
    }
}

/// The message a recipe is refused with.
func refusal(_ text: String, _ overrides: [String] = []) -> String {
    do {
        let recipe = try SmallRecipe(text: text, overrides)
        return "accepted: \(recipe)"
    } catch {
        return "\(error)"
    }
}

/// The small recipe with one line replaced.
func changed(_ line: String, to replacement: String) -> String { SmallRecipe.text.replacing(line, with: replacement) }
