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
    /// The whole slice at once.
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
        case .slice: return samples.count
        case .samples(let count): return min(start + count, samples.count)
        case .tokens(let limit, let perImage):
            var (end, tokens) = (start, 0)
            while end < samples.count {
                tokens += samples[end].rows(perImage: perImage)
                if tokens > limit && end > start { break }
                end += 1
            }
            return end
        }
    }
}

extension Sample {
    /// Rows it is encoded in, an image counting as `perImage`; texts that are encoded with its image take that again.
    fileprivate func rows(perImage: Int) -> Int {
        let own = tokens.count + target.count + (images.count + (regions == nil ? 0 : 1)) * perImage
        return related.reduce(own) { rows, related in
            rows + related.sample.rows(perImage: perImage) + (related.role.isJoint ? perImage : 0)
        }
    }
}
