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

    /// What an entry of the mixture needs, at most.
    struct Need {
        /// Of a chunk, all stacks together.
        var rows: Int
        var activationBytes: Int
        var poolBytes: Int
    }

    init(_ recipe: Recipe, _ config: ModelConfig, corpora: OpenCorpora, parameters: Int, ranks: Int) {
        self.parameters = parameters
        let needs = recipe.mixture.map { entry in
            let samples = Self.chunkSamples(entry, ranks: ranks)
            return switch config {
            case .unimo(let config): Self.need(entry, config, kind: recipe.kind(of: entry), samples: samples)
            case .unimo2(let config): Self.need(entry, config, kind: recipe.kind(of: entry), samples: samples)
            }
        }
        rows = needs.map(\.rows).max() ?? 0
        activationBytes = needs.map(\.activationBytes).max() ?? 0
        poolBytes = needs.reduce(0) { $0 + $1.poolBytes }
        dataBytes = corpora.byName.values.reduce(0) { $0 + $1.cacheBytes }
    }

    /// Samples of a global batch, at most: of batches by tokens, a whole pool.
    static func batchSamples(_ entry: Recipe.MixtureEntry) -> Int {
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

    /// Samples with images of a chunk: by tokens, each image counts with its rows.
    static func imageSamples(_ entry: Recipe.MixtureEntry, _ samples: Int, rowsPerImage: Int) -> Int {
        guard case .tokens(let tokens, _) = entry.batchSize, entry.chunk == 0 else { return samples }
        return min(samples, max(1, tokens / rowsPerImage))
    }

    static func textRows(_ entry: Recipe.MixtureEntry, samples: Int, maxTokens: Int) -> Int {
        if case .tokens(let tokens, _) = entry.batchSize, entry.chunk == 0 { return max(tokens, maxTokens) }
        // A packed sample fills a sequence on average; now and then it takes two.
        return samples * maxTokens * (entry.packsTexts ? 2 : 1)
    }

    /// Saved per row by the layers of a stack: qkv, attention's result, both sums and both norms, the pre-activation,
    /// statistics and log-sums; and a few rows around the stack.
    static func rowBytes(_ stack: EncoderConfig) -> Int {
        4 * (stack.layers * (8 * stack.width + stack.feedForward + stack.heads + 4) + 4 * stack.width)
    }

    /// Taken per row in backward: the activation again, the gradient of qkv, and of a few values.
    static func scratchBytes(_ stacks: [EncoderConfig]) -> Int {
        4 * (stacks.map { $0.feedForward + 8 * $0.width }.max() ?? 0)
    }
}
