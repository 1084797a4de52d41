public import Batches
public import Collectives
public import Corpora
public import Models
public import Objectives
public import Training

/// A whole run, typed. One recipe file is one run; `--set` is the only override.
public struct Recipe: Sendable {
    public var seed: UInt64
    /// A checkpoint whose weights the run starts from.
    public var initialWeights: String?
    /// But for the vocabulary, which the tokenizer decides.
    public var model: ModelConfig
    public var tokenizer: TokenizerSource
    public var corpora: [CorpusSource]
    public var mixture: [MixtureEntry]
    public var batchesPerStep: Int
    public var loader: LoaderOptions
    public var optimizer: OptimizerConfig
    public var schedule: Schedule
    public var steps: Int
    /// Updates left out for non-finite numbers before the run stops.
    public var skippedStepBudget: Int
    /// Resume although the data is not the checkpoint's.
    public var acceptsChangedData: Bool
    public var reduction: Reduction
    /// Compute threads of a rank; nil takes the rank's affinity mask.
    public var threads: Int?
    /// Seconds without progress after which a communication fails.
    public var deadline: Double
    public var validation: Validation?
    public var checkpoints: CheckpointOptions
    /// Steps between two comparisons of the ranks' replicas; 0 compares nothing.
    public var replicaCheckInterval: Int
    public var log: LogOptions
    /// Where the recipe names files and directories.
    var places: RecipePlaces

    /// The model, once the tokenizer is known.
    public func model(vocabulary: Int) -> ModelConfig {
        var config = model
        config.vocabulary = vocabulary
        return config
    }

    /// Where the tokenizer comes from.
    public enum TokenizerSource: Sendable, Equatable {
        /// `vocab.json` and `merges.txt` in a directory.
        case directory(String)
        /// Trained at the start on the corpora of texts and pairs that the recipe declares, at most `samples` of each.
        case trained(vocabulary: Int, samples: Int, lowercases: Bool)
    }

    /// A corpus by name: packed, or procedural.
    public struct CorpusSource: Sendable, Equatable {
        public enum Origin: Sendable, Equatable {
            case directory(String)
            case scenes(SceneSettings)
        }
        public var name: String
        public var kind: CorpusKind
        public var origin: Origin
        /// MiB of samples that are mixed with each other, over all ranks, where a corpus is too large to shuffle as a whole.
        public var shuffleWindow: Int
        /// Different unusable samples a rank replaces before the run stops; nil takes the loader's.
        public var badSampleBudget: Int?
    }

    /// One line of the mixture.
    public struct MixtureEntry: Sendable {
        /// What a global batch holds.
        public enum BatchSize: Sendable, Equatable {
            case samples(Int)
            /// About so many tokens, image patches included: a pool of samples is sorted by length and cut evenly.
            case tokens(Int, pool: Int)
        }
        public var corpus: String
        public var objective: ObjectiveKind
        /// Of the objective's own term, and of the dictionary's, in the loss.
        public var lossWeight: Float
        public var dictionaryWeight: Float
        /// Of `masked_region`'s second term.
        public var classWeight: Float
        /// Of `image_text_matching`: who lends captions, and to which share of the images.
        public var mismatch: ImageTextMatching.Mismatch
        public var mismatchShare: Float
        /// Weight from steps on.
        public var weights: [(step: Int, weight: Int)]
        public var batchSize: BatchSize
        /// Samples computed on one tape; 0 takes the rank's slice whole, or as many as have the batch's tokens.
        public var chunk: Int
        public var augmentation: Augmentation
        /// Samples that stand next to each other in the corpus and come together.
        public var together: Int
        /// Of `cross_modal_contrastive`: what pairs are compared with.
        public var candidates: Candidates?
        public var ending: SamplerEntry.Ending
        /// Consecutive texts share a sequence and long ones go on in another, so that nothing is cut off.
        public var packsTexts: Bool
        /// Bytes of text in a token, on average: by it lengths are known without reading.
        public var bytesPerToken: Double
    }

    /// What `cross_modal_contrastive` compares a pair with: corpora of annotations, and how many are drawn each time.
    public struct Candidates: Sendable, Equatable {
        public var rewrites: String?
        public var neighbours: String?
        public var counts: RelatedNeeds
    }

    public struct LoaderOptions: Sendable, Equatable {
        public var workers: Int
        public var prefetch: Int
        public var badSampleBudget: Int
        /// A directory on each node's disk to which packed corpora are copied before the first step.
        public var stage: String?
    }

    /// Losses on held-out corpora, every so many steps.
    public struct Validation: Sendable {
        public var every: Int
        /// Samples of each held-out corpus, at most.
        public var samples: Int
        public var batchSize: Int
        /// Corpus and objective of each.
        public var entries: [MixtureEntry]

        /// As logs name the entries: corpus and objective, and a number where others before have both.
        var names: [String] {
            entries.indices.map { index in
                let name = entries[index].name
                let before = entries[..<index].count { $0.name == name }
                return before == 0 ? name : "\(name).\(before + 1)"
            }
        }
    }

    public struct CheckpointOptions: Sendable, Equatable {
        /// Steps between checkpoints; the last step always has one.
        public var every: Int
        /// Checkpoints kept.
        public var keep: Int
    }

    public struct LogOptions: Sendable, Equatable {
        /// Each rank writes the keys of the samples it computed.
        public var samples: Bool
        /// Of how many first steps the batches, weights and gradients are written, for `tools/reference/compare`.
        public var tensors: Int
    }
}

/// The objectives a mixture can name: the catalogue. A new objective is a file in `Objectives` and a case here.
public enum ObjectiveKind: String, Sendable, CaseIterable {
    case maskedLanguage = "masked_language"
    case imageTextContrastive = "image_text_contrastive"
    case imageContrastive = "image_contrastive"
    case imageTextMatching = "image_text_matching"
    case captioning
    case sequenceToSequence = "sequence_to_sequence"
    case maskedRegion = "masked_region"
    case crossModalContrastive = "cross_modal_contrastive"

    /// Kinds of model it can train.
    var models: Set<ModelConfig.Kind> {
        switch self {
        case .maskedLanguage, .captioning: [.unimo, .unimo2]
        case .imageTextContrastive, .imageContrastive, .imageTextMatching: [.unimo2]
        case .sequenceToSequence, .maskedRegion, .crossModalContrastive: [.unimo]
        }
    }

    /// Kinds of corpus it can learn from.
    var corpora: Set<CorpusKind> {
        switch self {
        case .maskedLanguage, .sequenceToSequence: [.texts, .pairs]
        case .imageTextContrastive, .imageTextMatching, .captioning, .crossModalContrastive: [.pairs]
        case .imageContrastive, .maskedRegion: [.images, .pairs]
        }
    }

    /// Whether the dictionary's loss is among its terms.
    var isGrounding: Bool {
        switch self {
        case .maskedLanguage, .captioning, .imageContrastive: true
        case .imageTextContrastive, .imageTextMatching, .sequenceToSequence, .maskedRegion, .crossModalContrastive:
            false
        }
    }

    /// How images are augmented unless the recipe says otherwise.
    var augmentation: Augmentation {
        switch self {
        case .maskedLanguage, .imageTextContrastive, .imageTextMatching, .captioning: .mild
        case .imageContrastive: .strong
        case .sequenceToSequence, .maskedRegion, .crossModalContrastive: .none
        }
    }
}
