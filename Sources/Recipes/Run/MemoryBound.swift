import Corpora
import Models

/// What a rank needs at most, from sizes alone: 16 bytes per parameter (weight, gradient, two moments), what a chunk's rows
/// leave on the tape and take in backward, the contrastive pools, and 150 MB for the program and its libraries.
public struct MemoryBound: Sendable, Equatable {
    public let parameters: Int
    /// Rows of the largest chunk, all stacks together.
    public let rows: Int
    public let activationBytes: Int
    public let poolBytes: Int

    /// Frames of the corpora in memory.
    public let dataBytes: Int

    public var bytes: Int { 16 * parameters + activationBytes + poolBytes + dataBytes + 150_000_000 }

    init(_ recipe: Recipe, _ config: ModelConfig, corpora: OpenCorpora, parameters: Int, ranks: Int) {
        self.parameters = parameters
        var rows = 0
        var activations = 0
        var pools = 0
        for entry in recipe.mixture {
            let samples = Self.chunkSamples(entry, ranks: ranks)
            let views = entry.objective == .imageContrastive ? 2 : corpora[entry.corpus].kind == .texts ? 0 : 1
            let isGrounded = [.maskedLanguage, .captioning, .imageTextMatching].contains(entry.objective)
            let chosen = config.dictionary.map { $0.chosen * samples } ?? 0
            let imageRows = Self.imageSamples(entry, samples, config) * views * (1 + config.patches)
            let textRows = Self.textRows(entry, samples: samples, maxTokens: config.maxTokens)
            let groundedRows = isGrounded ? imageRows + chosen + textRows : 0
            rows = max(rows, imageRows + textRows + groundedRows)
            var need = imageRows * MemoryBound.rowBytes(config.vision) + textRows * MemoryBound.rowBytes(config.text)
            need += groundedRows * MemoryBound.rowBytes(config.grounded)
            need += imageRows * 4 * 3 * config.patchSize * config.patchSize
            if entry.objective == .maskedLanguage || entry.objective == .captioning {
                need += min(textRows, 192) * config.vocabulary * 4
            }
            if let dictionary = config.dictionary { need += Self.dictionaryBytes(dictionary, config, samples: samples) }
            need += max(imageRows, textRows, groundedRows) * MemoryBound.scratchBytes(config)
            activations = max(activations, need)
            if entry.objective == .imageTextMatching {
                pools += 8 * Self.batchSamples(entry) * (1 + config.maxTokens + 2 * config.vision.width)
            } else if !isGrounded {
                let width = max(config.vision.width, config.projection)
                let batch = Self.batchSamples(entry)
                pools += 16 * batch * width + 3 * 4 * (views * batch) * (views * batch)
            }
        }
        self.rows = rows
        activationBytes = activations
        poolBytes = pools
        dataBytes = corpora.byName.values.reduce(0) { $0 + $1.cacheBytes }
    }

    /// Scores of every input against every code for the samples that workers have in hand, and the codes chosen.
    private static func dictionaryBytes(_ dictionary: DictionaryConfig, _ config: ModelConfig, samples: Int) -> Int {
        let longest = max(config.patches, config.maxTokens)
        let workers = 8
        return 4
            * (workers * (longest + 2) * (dictionary.codes + 6 * dictionary.chosen + config.text.width)
                + 2 * samples * dictionary.chosen * config.text.width)
    }

    /// Samples of a global batch, at most: of batches by tokens, a whole pool.
    private static func batchSamples(_ entry: Recipe.MixtureEntry) -> Int {
        switch entry.batchSize {
        case .samples(let count): count
        case .tokens(_, let pool): pool
        }
    }

    private static func chunkSamples(_ entry: Recipe.MixtureEntry, ranks: Int) -> Int {
        let slice = (batchSamples(entry) + ranks - 1) / ranks
        if entry.chunk > 0 { return min(entry.chunk, slice) }
        // A sample has a few tokens at least.
        if case .tokens(let tokens, _) = entry.batchSize { return min(slice, max(1, tokens / 4)) }
        return slice
    }

    /// Samples with images of a chunk: by tokens, each image counts with its patches.
    private static func imageSamples(_ entry: Recipe.MixtureEntry, _ samples: Int, _ config: ModelConfig) -> Int {
        guard case .tokens(let tokens, _) = entry.batchSize, entry.chunk == 0 else { return samples }
        return min(samples, max(1, tokens / (1 + config.patches)))
    }

    private static func textRows(_ entry: Recipe.MixtureEntry, samples: Int, maxTokens: Int) -> Int {
        if entry.objective == .imageContrastive { return 0 }
        if case .tokens(let tokens, _) = entry.batchSize, entry.chunk == 0 { return max(tokens, maxTokens) }
        // A packed sample fills a sequence on average; now and then it takes two.
        return samples * maxTokens * (entry.packsTexts ? 2 : 1)
    }

    /// Saved per row by the layers of a stack: qkv, attention's result, both sums and both norms, the pre-activation,
    /// statistics and log-sums; and a few rows around the stack.
    private static func rowBytes(_ stack: EncoderConfig) -> Int {
        4 * (stack.layers * (8 * stack.width + stack.feedForward + stack.heads + 4) + 4 * stack.width)
    }

    /// Taken per row in backward: the activation again, the gradient of qkv, and of a few values.
    private static func scratchBytes(_ config: ModelConfig) -> Int {
        let stacks = [config.vision, config.text, config.grounded]
        return 4 * (stacks.map { $0.feedForward + 8 * $0.width }.max() ?? 0)
    }
}
