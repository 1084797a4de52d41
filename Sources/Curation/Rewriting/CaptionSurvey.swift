import Corpora
import Runtime

/// What all captions of a corpus say: the vocabularies that replacements are drawn from, and the captions themselves.
struct CaptionSurvey {
    let vocabulary: RewriteVocabulary
    /// Different captions, in the order of their first samples.
    let texts: [String]
    let index: TextIndex

    /// Samples read in one round of the workers, for each.
    private static let round = 512

    /// Reads and parses every caption.
    /// - Parameter progress: called between rounds; what it throws ends the work.
    init(
        _ corpus: any StoredCorpus, parser: SceneGraphParser, pool: WorkerPool,
        progress: (_ done: Int, _ total: Int) throws -> Void
    ) throws {
        var counts = [RewriteVocabulary.Counts](repeating: [:], count: pool.threads)
        var seen: Set<String> = []
        var texts: [String] = []
        for start in stride(from: 0, to: corpus.count, by: Self.round * pool.threads) {
            let range = start..<min(start + Self.round * pool.threads, corpus.count)
            let captions = try counts.withUnsafeMutableBufferPointer { counts in
                let counts = counts
                return try pool.map(range.count) { task, worker in
                    let captions = try corpus.captions(range.lowerBound + task)
                    for caption in captions {
                        let parts = CaptionPart.parts(of: Array(caption.utf8), parser.parse(caption))
                        RewriteVocabulary.count(parts, into: &counts[worker])
                    }
                    return captions
                }
            }
            for caption in captions.joined() where seen.insert(caption).inserted { texts.append(caption) }
            try progress(range.upperBound, corpus.count)
        }
        guard !texts.isEmpty else {
            throw CurationError.unsuited(
                corpus: corpus.place, expected: "samples with captions", found: "none",
                remedy: "name a corpus of pairs, or of regions that were packed with their captions")
        }
        vocabulary = RewriteVocabulary(RewriteVocabulary.sum(counts), fewest: RewriteSettings.fewestOccurrences)
        index = try TextIndex(texts, pool: pool)
        self.texts = texts
    }
}

extension StoredCorpus {
    /// The different captions of a sample, in their order; none where it has none.
    func captions(_ sample: Int) throws -> [String] { try read(sample).captions(in: place) }
}

extension StoredSample {
    /// The different captions, in their order; none where the sample has none.
    /// - Parameter corpus: for messages.
    func captions(in corpus: String) throws -> [String] {
        var seen: Set<String> = []
        return try texts(in: corpus).filter { seen.insert($0).inserted }
    }
}
