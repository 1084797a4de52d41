import Collectives
import Checkpoints
import Corpora
import Runtime

/// The checkpoint a run goes on from, and what was said about it.
struct ResumePoint {
    let checkpoint: Checkpoint
    let state: RunState
    let changes: [ResolvedRecipe.Change]
    /// What differs in the data, where the recipe accepts that; empty otherwise.
    let dataChanges: [String]
    /// The user named it: no other takes its place.
    let isNamed: Bool

    /// Looks for the checkpoint that `resume` asks for and holds recipe and data against it. Collective.
    static func find(
        _ resume: RunOptions.Resume, _ recipe: ResolvedRecipe, _ corpora: OpenCorpora, _ keeper: CheckpointKeeper,
        acceptsChangedData: Bool
    ) throws -> ResumePoint? {
        let path: String?
        switch resume {
        case .auto: path = nil
        case .checkpoint(let given): path = given
        case .never:
            let steps = try keeper.communication.together("looking for checkpoints") { try keeper.store.steps() }
            if let last = steps.last {
                throw AgreedFailure(
                    description:
                        "\(keeper.directory.path) has a checkpoint of step \(last) and --resume never was given: "
                        + "choose another --run directory, or leave --resume out to go on",
                    exitCode: .usage, isOwn: keeper.communication.rank == 0)
            }
            return nil
        }
        guard let checkpoint = try keeper.find(path) else { return nil }
        return try keeper.communication.together("comparing with the checkpoint") {
            let state = try checkpoint.state(as: RunState.self)
            let old = try Recipe.resolve(state.recipe, name: "the recipe in \(checkpoint.path)")
            let changes = recipe.changes(from: old)
            try check(changes, checkpoint)
            let dataChanges = corpora.identities.differences(from: state.data)
            guard dataChanges.isEmpty || acceptsChangedData else { throw refusal(dataChanges, checkpoint) }
            return ResumePoint(
                checkpoint: checkpoint, state: state, changes: changes, dataChanges: dataChanges, isNamed: path != nil)
        }
    }

    private static func check(_ changes: [ResolvedRecipe.Change], _ checkpoint: Checkpoint) throws {
        let refused = changes.filter { !Recipe.mayChangeOnResume($0.path) }
        guard refused.isEmpty else {
            throw RecipeContradiction(
                "the recipe does not continue \(checkpoint.path): \(refused.map(\.description).joined(separator: "; ")). "
                    + "Only \(Recipe.resumableKeys) may change; start another run with --run for the rest"
            )
        }
    }

    private static func refusal(_ changes: [String], _ checkpoint: Checkpoint) -> RecipeContradiction {
        RecipeContradiction(
            "the data changed since \(checkpoint.path): \(changes.joined(separator: "; ")). Restore the corpora, start "
                + "another run with --run, or go on with the new data by --set data.accept_changed=true: the order of "
                + "samples is then another one from here on")
    }

    /// What resuming means, in a sentence.
    func sentence(_ shape: RunState.Shape) -> String {
        var text = "resuming after step \(checkpoint.step) from \(checkpoint.path)"
        if shape != state.shape {
            text +=
                "; launched otherwise than before (\(state.shape.described) then, \(shape.described) now): "
                + "the same training to rounding, not bit for bit"
        }
        if !changes.isEmpty { text += "; changed: " + changes.map(\.description).joined(separator: ", ") }
        return text
    }
}

extension RunState.Shape {
    var described: String { "\(nodes) × \(ranks / max(nodes, 1)) ranks × \(threads) threads, \(cpu)" }
}
