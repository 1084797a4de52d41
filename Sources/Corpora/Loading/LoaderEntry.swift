public import Batches
import Runtime
public import Text

/// Cuts a text into token ids and tells where words start, both equally long, without special tokens. Called from
/// several threads at once.
public typealias Tokenize = @Sendable (_ text: String) -> (ids: [Int32], wordStarts: [Bool])

extension Tokenizer {
    /// This tokenizer as the loader calls it.
    public var tokenize: Tokenize {
        { text in
            let encoding = self.encode(text)
            return (encoding.ids, encoding.wordStarts)
        }
    }

    /// What a text's tokens stand between.
    public var textEnds: TextEnds { TextEnds(start: specials.start, end: specials.end) }
}

/// The ids put before and after the tokens of a text; those of RoBERTa's vocabularies unless said otherwise.
public struct TextEnds: Sendable, Equatable {
    public var start: Int32
    public var end: Int32

    public init(start: Int32 = 0, end: Int32 = 2) {
        self.start = start
        self.end = end
    }
}

/// How much of a rank's slice is computed on one tape.
public enum ChunkLimit: Sendable, Equatable {
    /// The whole slice at once, but for texts that share sequences and need far more than one for each sample.
    case slice
    /// So many samples.
    case samples(Int)
    /// As many samples as have at most so many tokens, an image counting as `perImage`; at least one.
    case tokens(Int, perImage: Int)
}

/// One entry of the mixture as the loader sees it.
public struct LoaderEntry: Sendable {
    public var corpus: any StoredCorpus
    /// What its pairs are compared with, where `needs` names any.
    public var related: RelatedSource?
    /// Which of its samples come when.
    public var sampling: SamplerEntry
    public var chunk: ChunkLimit
    public var needs: SampleNeeds
    /// `<s>` and `</s>`, between which a text's tokens stand.
    public var textEnds: TextEnds
    /// What the objective does to a sample, on a loader thread.
    public var prepare: Prepare

    public init(
        corpus: any StoredCorpus, related: RelatedSource? = nil, sampling: SamplerEntry, chunk: ChunkLimit = .slice,
        needs: SampleNeeds,
        textEnds: TextEnds = TextEnds(), prepare: @escaping Prepare = { _, _ in }
    ) {
        self.corpus = corpus
        self.related = related
        self.sampling = sampling
        self.chunk = chunk
        self.needs = needs
        self.textEnds = textEnds
        self.prepare = prepare
    }

    public var name: String { sampling.name }

    /// What sample `index` is compared with, drawn; nil when with nothing.
    func related(to index: Int, random: RandomKey) throws -> RelatedSource.Drawn? {
        guard let related, let needs = needs.related else { return nil }
        return try related.draw(needs, index: index, random: random)
    }

    /// Cuts the prepared samples of a slice into chunks.
    func chunks(_ samples: [Sample], at slice: Range<Int>) -> [Chunk] {
        var chunks: [Chunk] = []
        var start = 0
        while start < samples.count {
            let end = chunkEnd(samples, from: start)
            let positions = slice.lowerBound + start..<slice.lowerBound + end
            chunks.append(Chunk(positions: positions, samples: Array(samples[start..<end]), needs: needs))
            start = end
        }
        return chunks
    }

    private func chunkEnd(_ samples: [Sample], from start: Int) -> Int {
        switch chunk {
        case .slice: return packedEnd(samples, from: start, count: samples.count)
        case .samples(let count): return packedEnd(samples, from: start, count: count)
        case .tokens(let limit, let perImage):
            return chunkEnd(samples, from: start, limit: limit) { $0.rows(perImage: perImage) }
        }
    }

    /// The end of `count` samples from `start` on, of fewer where their texts take more sequences than memory is measured for.
    private func packedEnd(_ samples: [Sample], from start: Int, count: Int) -> Int {
        let end = min(start + count, samples.count)
        guard needs.packsTexts else { return end }
        let limit = ChunkLimit.sequences(ofPacked: count, needs)
        return chunkEnd(Array(samples[..<end]), from: start, limit: limit) { 1 + $0.continuations.count }
    }

    /// The end of `samples` from `start` on whose sizes are at most `limit` together; one sample at least.
    private func chunkEnd(_ samples: [Sample], from start: Int, limit: Int, size: (Sample) -> Int) -> Int {
        var (end, sum) = (start, 0)
        while end < samples.count {
            sum += size(samples[end])
            if sum > limit && end > start { break }
            end += 1
        }
        return end
    }
}

extension ChunkLimit {
    /// Sequences of a chunk of so many samples, at most: where texts share sequences, a sample fills one on average, and of
    /// many samples some take two.
    public static func sequences(ofPacked samples: Int, _ needs: SampleNeeds) -> Int {
        needs.packsTexts ? samples + (samples + 3) / 4 : samples
    }

    /// Sequences of a sample of texts that share sequences, at most.
    public static func sequences(ofBytes bytes: Int, maxTokens: Int) -> Int {
        TextPacking.sequences(ofBytes: bytes, maxTokens: maxTokens)
    }
}
