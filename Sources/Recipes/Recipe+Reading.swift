import Autograd
import Batches
import Collectives
import Corpora
import Models
import Training

extension Recipe {
    /// Reads a recipe file and applies `--set` overrides.
    /// - Returns: the recipe and its resolved text, every default written out.
    public static func read(file: String, overrides: [String] = []) throws -> (recipe: Recipe, resolved: ResolvedRecipe)
    {
        let reader = try RecipeReader(file: file, overrides: overrides)
        let recipe = try Recipe(reader.root)
        let resolved = try reader.finish()
        try recipe.check()
        return (recipe, resolved)
    }

    init(_ root: RecipeNode) throws {
        seed = UInt64(try root.integer("seed", in: 0...Int.max, default: 1))
        steps = try root.integer("steps", in: 1...1_000_000_000)
        initialWeights = try root.optionalString("init")
        model = try ModelConfig(root.child("model"))
        tokenizer = try TokenizerSource(root.child("tokenizer"))
        corpora = try root.named("corpora").map { try CorpusSource($0.name, $0.node) }
        mixture = try root.list("mixture").map { [corpora, model] in
            try MixtureEntry($0, corpora, model)
        }
        batchesPerStep = try root.integer("batches_per_step", in: 1...1024, default: 1)
        loader = try LoaderOptions(root.section("loader"))
        let optimizer = try root.child("optimizer")
        self.optimizer = try OptimizerConfig(optimizer, groups: model.groups)
        schedule = try Schedule(root.section("schedule"), peak: optimizer, steps: steps)
        let ranks = try root.section("ranks")
        reduction = try ranks.choice("reduction", default: .auto)
        threads = try ranks.optionalInteger("threads", in: 1...1024)
        deadline = try ranks.seconds("deadline", in: .deadline, default: 600)
        acceptsChangedData = try root.section("data").boolean("accept_changed", default: false)
        skippedStepBudget = try root.integer("skipped_steps", in: 0...1_000_000, default: 10)
        validation = try root.optionalChild("validation").map { [corpora, model] in try Validation($0, corpora, model) }
        let saving = try root.section("checkpoints")
        checkpoints = CheckpointOptions(
            every: try saving.integer("every", in: 1...1_000_000_000, default: 1000),
            keep: try saving.integer("keep", in: 1...1000, default: 3))
        replicaCheckInterval = try root.section("checks").integer("replicas", in: 0...1_000_000_000, default: 100)
        let log = try root.section("log")
        self.log = LogOptions(
            samples: try log.boolean("samples", default: false),
            tensors: try log.integer("tensors", in: 0...100_000, default: 0))
        places = RecipePlaces(root, corpora: corpora.map(\.name))
    }

    /// What contradicts itself across sections.
    private func check() throws {
        if let contradiction = model.contradiction {
            throw RecipeContradiction("model: \(contradiction)")
        }
    }

    /// Keys that may change on resume, by dotted path or prefix ending in a dot; a star is any name. A corpus may have moved: its
    /// bytes are held against the checkpoint's fingerprint.
    private static let resumable = [
        "steps", "schedule.", "optimizer.", "checkpoints.", "validation.", "checks.", "log.", "loader.", "ranks.",
        "skipped_steps",
        "data.", "corpora.*.directory",
    ]

    static func mayChangeOnResume(_ path: String) -> Bool {
        let path = path.split(separator: ".")
        return resumable.contains { pattern in
            let parts = pattern.split(separator: ".")
            let fits = pattern.hasSuffix(".") ? parts.count <= path.count : parts.count == path.count
            return fits && zip(parts, path).allSatisfy { $0 == "*" || $0 == $1 }
        }
    }

    static let resumableKeys = resumable.joined(separator: ", ")
}

extension Recipe.TokenizerSource {
    init(_ node: RecipeNode) throws {
        if let directory = try node.optionalString("directory") {
            for key in ["vocabulary", "samples", "lowercase"] {
                try node.refuse(key, beside: "directory", remedy: "a tokenizer is read or trained: keep one")
            }
            self = .directory(directory)
        } else {
            self = .trained(
                vocabulary: try node.integer("vocabulary", in: 261...1_000_000),
                samples: try node.integer("samples", in: 1...1_000_000_000, default: 100_000),
                lowercases: try node.boolean("lowercase", default: false))
        }
    }
}

extension Recipe.LoaderOptions {
    init(_ node: RecipeNode) throws {
        workers = try node.integer("workers", in: 1...1024, default: 1)
        prefetch = try node.integer("prefetch", in: 1...1024, default: 4)
        badSampleBudget = try node.integer("bad_samples", in: 0...1_000_000_000, default: 100)
        stage = try node.optionalString("stage")
    }
}

extension OptimizerConfig {
    /// - Parameter groups: the model's.
    init(_ node: RecipeNode, groups: [String]) throws {
        self.init(
            beta1: Float(try node.number("beta1", in: .belowOne, default: 0.9)),
            beta2: Float(try node.number("beta2", in: .belowOne, default: 0.98)),
            epsilon: Float(try node.number("epsilon", in: .positive, default: 1e-6)),
            weightDecay: Float(try node.number("weight_decay", in: .nonNegative, default: 0.01)),
            clipNorm: Float(try node.number("clip_norm", in: .nonNegative, default: 1)))
        groupRates = try Self.groupRates(node, known: groups)
    }

    /// `groups: {vision: {learning_rate: 1e-5}, text: {frozen: true}}`: peaks of their own, decayed as all others.
    private static func groupRates(_ node: RecipeNode, known: [String]) throws -> [String: Float] {
        let peak = try node.number("learning_rate", in: .positive)
        var rates: [String: Float] = [:]
        let groups = try node.section("groups")
        for name in groups.keys {
            guard known.contains(name) else {
                throw groups.fault(
                    name, expected: "a parameter group: \(known.joined(separator: ", "))",
                    remedy: "parameters are named after their groups; `checkpoint inspect` lists them")
            }
            let group = try groups.child(name)
            if try group.boolean("frozen", default: false) {
                try group.refuse("learning_rate", beside: "frozen", remedy: "a frozen group has none: keep one")
                rates[name] = 0
            } else {
                rates[name] = Float(try group.number("learning_rate", in: .positive, default: peak) / peak)
            }
        }
        return rates
    }
}

extension Schedule {
    init(_ node: RecipeNode, peak optimizer: RecipeNode, steps: Int) throws {
        self.init(
            peak: Float(try optimizer.number("learning_rate", in: .positive)),
            decay: try node.choice("kind", default: .cosine),
            warmupSteps: try node.integer("warmup_steps", in: 0...1_000_000_000, default: 0),
            totalSteps: try node.integer("total_steps", in: 1...1_000_000_000, default: steps),
            finalRatio: Float(try node.number("final_ratio", in: .fraction, default: 0)))
    }
}

extension Recipe.Validation {
    init(_ node: RecipeNode, _ corpora: [Recipe.CorpusSource], _ model: ModelConfig) throws {
        every = try node.integer("every", in: 1...1_000_000_000)
        samples = try node.integer("samples", in: 1...1_000_000_000, default: 256)
        batchSize = try node.integer("batch_size", in: 1...1_000_000, default: 64)
        entries = try node.list("on").map { try Recipe.MixtureEntry(validation: $0, corpora, model) }
    }
}

extension Recipe {
    /// The resolved form of a recipe that was written out before, defaults of this version included.
    static func resolve(_ text: String, name: String) throws -> ResolvedRecipe {
        let reader = try RecipeReader(text: text, name: name)
        _ = try Recipe(reader.root)
        return try reader.finish()
    }
}
