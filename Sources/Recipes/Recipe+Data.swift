import Batches
import Corpora
import Models
import Objectives

// The data section of a recipe: corpora and mixture.

extension Recipe.CorpusSource {
    init(_ name: String, _ node: RecipeNode) throws {
        self.name = name
        kind = try node.choice("kind")
        if let scenes = try node.optionalChild("scenes") {
            guard kind != .regions else {
                throw node.fault(
                    "kind", expected: "images, texts, pairs or annotations",
                    remedy: "a unimo model gets the scenes' images and pairs as regions")
            }
            let objects = try scenes.integers("objects", in: 1...3, count: 2, default: [1, 3])
            try node.refuse("directory", beside: "scenes", remedy: "a corpus is packed or made as it goes: keep one")
            origin = .scenes(
                SceneSettings(
                    seed: UInt64(try scenes.integer("seed", in: 0...Int.max, default: 1)),
                    count: try scenes.integer("count", in: SceneSettings.counts),
                    part: try scenes.choice("part", default: .train),
                    objects: min(objects[0], objects[1])...max(objects[0], objects[1]),
                    side: try scenes.integer("side", in: 8...1024, default: 64),
                    alike: try scenes.integer("alike", in: 1...1_000_000, default: 1)))
        } else {
            origin = .directory(try node.string("directory"))
        }
        shuffleWindow = try node.integer("shuffle_window_mib", in: 1...1_000_000, default: 512)
        badSampleBudget = try node.optionalInteger("bad_samples", in: 0...1_000_000_000)
    }
}

extension Recipe.MixtureEntry {
    init(_ node: RecipeNode, _ corpora: [Recipe.CorpusSource], _ model: ModelConfig) throws {
        try self.init(of: node, corpora, model)
        weights = try Self.weights(node)
        if let tokens = try node.optionalInteger("batch_tokens", in: 1...1_000_000_000) {
            try node.refuse("batch_size", beside: "batch_tokens", remedy: "a batch has one size: keep one")
            batchSize = .tokens(tokens, pool: try node.integer("pool", in: 1...10_000_000, default: 4096))
        } else {
            batchSize = .samples(try node.integer("batch_size", in: 1...1_000_000))
            try node.refuse("pool", beside: "batch_size", remedy: "pools are cut by batch_tokens: give that instead")
        }
        chunk = try node.integer("chunk", in: 0...1_000_000, default: 0)
        together = try node.integer("together", in: 1...1_000_000, default: 1)
        augmentation = try node.choice("augmentation", default: objective.augmentation)
        ending = try Self.ending(node)
        lossWeight = Float(try node.number("loss_weight", in: .positive, default: 1))
        if objective.isGrounding, model.hasDictionary {
            dictionaryWeight = Float(try node.number("dictionary_weight", in: .positive, default: 1))
        }
        if objective == .maskedRegion {
            classWeight = Float(try node.number("class_weight", in: .positive, default: 1))
        }
        try readMismatch(node)
        try readCandidates(node, corpora)
        bytesPerToken = try node.number("bytes_per_token", in: .range(0.01...1000), default: 4)
        if packsTexts { packsTexts = try node.boolean("pack", default: true) }
    }

    /// An entry of validation: a corpus and an objective, every sample once, without augmentation.
    init(validation node: RecipeNode, _ corpora: [Recipe.CorpusSource], _ model: ModelConfig) throws {
        try self.init(of: node, corpora, model)
        chunk = try node.integer("chunk", in: 0...1_000_000, default: 0)
        augmentation = .none
        packsTexts = false
        try readMismatch(node)
        try readCandidates(node, corpora)
    }

    private mutating func readMismatch(_ node: RecipeNode) throws {
        guard objective == .imageTextMatching else { return }
        mismatch = try node.choice("mismatch", default: .uniform)
        mismatchShare = Float(try node.number("mismatch_share", in: .fraction, default: 0.5))
    }

    private mutating func readCandidates(_ node: RecipeNode, _ corpora: [Recipe.CorpusSource]) throws {
        guard objective == .crossModalContrastive else { return }
        candidates = try Recipe.Candidates(node.child("candidates"), corpora)
    }

    private init(of node: RecipeNode, _ corpora: [Recipe.CorpusSource], _ model: ModelConfig) throws {
        corpus = try node.string("corpus")
        objective = try node.choice("objective")
        if !objective.models.contains(model.kind) {
            let known = ObjectiveKind.allCases.filter { $0.models.contains(model.kind) }.map(\.rawValue)
            throw node.fault(
                "objective", expected: "an objective of \(model.kind.rawValue): \(known.joined(separator: ", "))",
                remedy: "name another one, or another model.kind")
        }
        (weights, batchSize, chunk) = ([(0, 1)], .samples(1), 0)
        (augmentation, ending, bytesPerToken) = (objective.augmentation, .repeat, 4)
        together = 1
        (lossWeight, dictionaryWeight, classWeight) = (1, 1, 1)
        (mismatch, mismatchShare) = (.uniform, 0.5)
        packsTexts = objective == .maskedLanguage && corpora.first { [corpus] in $0.name == corpus }?.kind == .texts
        guard let source = corpora.first(where: { [corpus] in $0.name == corpus }) else {
            throw node.fault(
                "corpus", expected: "one of \(corpora.map(\.name).joined(separator: ", "))",
                remedy: "declare the corpus under `corpora`")
        }
        if !objective.corpora.contains(source.kind) {
            throw node.fault(
                "objective", expected: "an objective that learns from \(source.kind.rawValue)",
                remedy: "\(objective.rawValue) learns from "
                    + objective.corpora.map(\.rawValue).sorted().joined(separator: " or "))
        }
    }

    /// `weight: 5`, or `weights: {0: 5, 1000: 1}` with the steps from which each holds.
    private static func weights(_ node: RecipeNode) throws -> [(step: Int, weight: Int)] {
        guard let changes = try node.optionalChild("weights") else {
            return [(0, try node.integer("weight", in: 1...1_000_000, default: 1))]
        }
        try node.refuse("weight", beside: "weights", remedy: "put it among them as the weight from step 0 on")
        let steps = changes.keys.map { (text: $0, step: Int($0)) }
        if let wrong = steps.first(where: { !(0...1_000_000_000).contains($0.step ?? -1) }) {
            throw changes.fault(
                wrong.text, expected: "a step, a whole number in 0...1000000000",
                remedy: "write weights as {0: 5, 1000: 1}: from step 0 on 5, from step 1000 on 1")
        }
        return try steps.map { text, step in (step ?? 0, try changes.integer(text, in: 0...1_000_000)) }
            .sorted { $0.0 < $1.0 }
    }

    private enum WhenDone: String, CaseIterable, Sendable { case `repeat`, finish, stop }

    /// `when_done: repeat`, or `finish` or `stop` after `epochs`.
    private static func ending(_ node: RecipeNode) throws -> SamplerEntry.Ending {
        switch try node.choice("when_done", default: WhenDone.repeat) {
        case .repeat:
            try node.refuse("epochs", beside: "when_done: repeat", remedy: "say when_done: finish or stop")
            return .repeat
        case .finish: return .finish(epochs: try node.integer("epochs", in: 1...1_000_000_000, default: 1))
        case .stop: return .stop(epochs: try node.integer("epochs", in: 1...1_000_000_000, default: 1))
        }
    }
}

extension Recipe.Candidates {
    init(_ node: RecipeNode, _ corpora: [Recipe.CorpusSource]) throws {
        func annotations(_ key: String) throws -> String? {
            guard let name = try node.optionalString(key) else { return nil }
            let known = corpora.filter { $0.kind == .annotations }.map(\.name)
            guard known.contains(name) else {
                throw node.fault(
                    key,
                    expected: "a corpus of annotations" + (known.isEmpty ? "" : ": \(known.joined(separator: ", "))"),
                    remedy: "declare what `unimo corpus \(key == "rewrites" ? "rewrite" : "retrieve")` has made under "
                        + "`corpora`, with kind: annotations")
            }
            return name
        }
        func count(_ key: String, _ fallback: Int, of annotations: String, _ name: String?) throws -> Int {
            try node.refuse(
                key, without: annotations, remedy: "name the corpus of annotations that they are drawn from")
            return try name == nil ? 0 : node.integer(key, in: 0...40, default: fallback)
        }
        rewrites = try annotations("rewrites")
        neighbours = try annotations("neighbours")
        counts = RelatedNeeds(
            paraphrases: try count("paraphrases", 1, of: "rewrites", rewrites),
            words: try count("words", 8, of: "rewrites", rewrites),
            phrases: try count("phrases", 8, of: "rewrites", rewrites),
            sentences: try count("sentences", 4, of: "rewrites", rewrites),
            images: try count("images", 2, of: "neighbours", neighbours),
            texts: try count("texts", 2, of: "neighbours", neighbours))
        guard counts.rewritten > 0 else {
            throw node.fault(
                "rewrites", expected: "words, phrases or sentences that say something else",
                remedy: "a pair is told from rewritten captions: without any there is nothing to learn")
        }
    }
}
