import Foundation
import Testing
import Training

@testable import Recipes

@Suite("The recipes of the project") struct ProjectRecipeTests {
    static let files: [String] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../recipes").standardized
        let found = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return found.filter { $0.hasSuffix(".yaml") }.sorted().map { folder.path + "/" + $0 }
    }()

    @Test("there are some") func exist() { #expect(Self.files.count >= 6) }

    @Test("each is read, with comments that say how it is run", arguments: files)
    func areRead(file: String) throws {
        _ = try Recipe.read(file: file)
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        let comments = lines.prefix { $0.hasPrefix("#") }.joined()
        #expect(comments.contains("unimo train"), "\(file)")
    }

    @Test("own rates are shares of the peak, frozen groups have none")
    func groupRates() throws {
        let file = try #require(Self.files.first { $0.hasSuffix("unimo2-debug.yaml") })
        let sets = ["optimizer.groups.text.learning_rate=2.5e-4", "optimizer.groups.vision.frozen=true"]
        let recipe = try Recipe.read(file: file, overrides: sets).recipe
        #expect(recipe.optimizer.groupRates == ["text": 0.25, "vision": 0])
        #expect(recipe.optimizer.frozen == ["vision"])
    }
}
