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
        model = try ModelSizes(root.child("model"))
        tokenizer = try TokenizerSource(root.child("tokenizer"))
        corpora = try root.named("corpora").map { try CorpusSource($0.name, $0.node) }
        mixture = try root.list("mixture").map { [corpora, model] in
            try MixtureEntry($0, corpora, hasDictionary: model.dictionary != nil)
        }
        batchesPerStep = try root.integer("batches_per_step", in: 1...1024, default: 1)
        loader = try LoaderOptions(root.section("loader"))
        let optimizer = try root.child("optimizer")
        self.optimizer = try OptimizerConfig(optimizer)
        schedule = try Schedule(root.section("schedule"), peak: optimizer, steps: steps)
        let ranks = try root.section("ranks")
        reduction = try ranks.choice("reduction", default: .auto)
        threads = try ranks.optionalInteger("threads", in: 1...1024)
        deadline = try ranks.seconds("deadline", in: .positive, default: 600)
        acceptsChangedData = try root.section("data").boolean("accept_changed", default: false)
        skippedStepBudget = try root.integer("skipped_steps", in: 0...1_000_000, default: 10)
        validation = try root.optionalChild("validation").map { [corpora] in try Validation($0, corpora) }
        let saving = try root.section("checkpoints")
        checkpoints = CheckpointOptions(
            every: try saving.integer("every", in: 1...1_000_000_000, default: 1000),
            keep: try saving.integer("keep", in: 1...1000, default: 3))
        let log = try root.section("log")
        self.log = LogOptions(
            samples: try log.boolean("samples", default: false),
            tensors: try log.integer("tensors", in: 0...100_000, default: 0))
    }

    /// What contradicts itself across sections.
    private func check() throws {
        if let contradiction = model.config(vocabulary: 8).contradiction {
            throw RecipeContradiction("model: \(contradiction)")
        }
    }

    /// Keys that may change on resume, by dotted path or prefix ending in a dot.
    public static let resumable = [
        "steps", "schedule.", "optimizer.", "checkpoints.", "validation.", "log.", "loader.", "ranks.", "skipped_steps",
        "data.",
    ]
}

extension Recipe.ModelSizes {
    init(_ node: RecipeNode) throws {
        maxTokens = try node.integer("max_tokens", in: 4...65536)
        imageSize = try node.integer("image_size", in: 1...4096)
        patchSize = try node.integer("patch_size", in: 1...1024)
        let width = try node.integer("width", in: 8...65536)
        vision = try EncoderConfig(node.child("vision"), width: width, epsilon: EncoderConfig.visionEpsilon)
        text = try EncoderConfig(node.child("text"), width: width)
        grounded = try EncoderConfig(node.child("grounded"), width: width)
        dictionary = try node.optionalChild("dictionary").map(DictionaryConfig.init)
        projection = try node.integer("projection", in: 1...65536, default: 256)
        dropout = Float(try node.number("dropout", in: .belowOne, default: 0.1))
        let range = try node.number("initializer_range", in: .positive, default: 0.02)
        initializerRange = Float(range)
        visionPositionRange = Float(try node.number("vision_position_range", in: .positive, default: range))
    }
}

extension DictionaryConfig {
    init(_ node: RecipeNode) throws {
        self.init(
            codes: try node.integer("codes", in: 1...1_000_000, default: 2048),
            chosen: try node.integer("chosen", in: 1...10_000, default: 100),
            scores: try node.choice("scores", default: .balanced),
            hidden: Float(try node.number("hidden", in: .belowOne, default: 0)))
    }
}

extension EncoderConfig {
    init(_ node: RecipeNode, width: Int, epsilon: Float = textEpsilon) throws {
        self.init(
            layers: try node.integer("layers", in: 0...1000), width: width,
            heads: try node.integer("heads", in: 1...1024),
            feedForward: try node.integer("feed_forward", in: 1...1_000_000),
            epsilon: Float(try node.number("epsilon", in: .positive, default: Double(String(epsilon)) ?? 0)))
    }
}

extension Recipe.TokenizerSource {
    init(_ node: RecipeNode) throws {
        if let directory = try node.optionalString("directory") {
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
    init(_ node: RecipeNode) throws {
        self.init(
            beta1: Float(try node.number("beta1", in: .belowOne, default: 0.9)),
            beta2: Float(try node.number("beta2", in: .belowOne, default: 0.98)),
            epsilon: Float(try node.number("epsilon", in: .positive, default: 1e-6)),
            weightDecay: Float(try node.number("weight_decay", in: .nonNegative, default: 0.01)),
            clipNorm: Float(try node.number("clip_norm", in: .nonNegative, default: 1)))
        groupRates = try Self.groupRates(node)
    }

    /// `groups: {vision: {learning_rate: 1e-5}, text: {frozen: true}}`: peaks of their own, decayed as all others.
    private static func groupRates(_ node: RecipeNode) throws -> [String: Float] {
        let peak = try node.number("learning_rate", in: .positive)
        var rates: [String: Float] = [:]
        let groups = try node.section("groups")
        for name in groups.keys {
            guard UNIMO2.groups.contains(name) else {
                throw groups.fault(
                    name, expected: "a parameter group: \(UNIMO2.groups.joined(separator: ", "))",
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
    init(_ node: RecipeNode, _ corpora: [Recipe.CorpusSource]) throws {
        every = try node.integer("every", in: 1...1_000_000_000)
        samples = try node.integer("samples", in: 1...1_000_000_000, default: 256)
        batchSize = try node.integer("batch_size", in: 1...1_000_000, default: 64)
        entries = try node.list("on").map { try Recipe.MixtureEntry(validation: $0, corpora) }
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
