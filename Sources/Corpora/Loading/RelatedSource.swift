import Batches
import Runtime

/// Where the samples come from that a pair is compared with: what was written about it, and what was found for it.
public struct RelatedSource: Sendable {
    /// Annotations with `rewrites.json`, sample by sample those of the pairs.
    public var rewrites: (any StoredCorpus)?
    /// Annotations with `neighbours.json`, likewise, and the corpora that they name samples of.
    public var neighbours: (any StoredCorpus)?
    public var images: (any StoredCorpus)?
    public var texts: (any StoredCorpus)?

    public init(
        rewrites: (any StoredCorpus)? = nil, neighbours: (any StoredCorpus)? = nil, images: (any StoredCorpus)? = nil,
        texts: (any StoredCorpus)? = nil
    ) {
        self.rewrites = rewrites
        self.neighbours = neighbours
        self.images = images
        self.texts = texts
    }

    /// What was drawn for a pair, not decoded yet.
    struct Drawn {
        var texts: [(role: RelatedSample.Role, text: String)] = []
        var neighbours: [(role: RelatedSample.Role, sample: StoredSample)] = []
    }

    /// Draws for a pair, without replacement.
    /// - Parameters:
    ///   - index: of the pair in its corpus.
    ///   - random: seed, batch and position; the purpose is set.
    /// - Throws: `CorpusError` when annotations are damaged: they are no foreign input that may have bad samples.
    func draw(_ needs: RelatedNeeds, index: Int, random: RandomKey) throws -> Drawn {
        var stream = random.with(purpose: .related).stream
        var drawn = Drawn()
        if needs.joint > 0, let rewrites {
            let list = try Self.list(index, in: rewrites) { (sample) throws(MemberError) in try RewriteList(sample) }
            drawn.texts += Self.some(needs.paraphrases, of: list.paraphrases, &stream).map { (.paraphrase, $0) }
            for (level, count) in [
                (RewriteList.Level.word, needs.words), (.phrase, needs.phrases), (.sentence, needs.sentences),
            ] {
                let texts = list.rewritten.filter { $0.level == level }
                drawn.texts += Self.some(count, of: texts, &stream).map { (.rewritten, $0.text) }
            }
        }
        if needs.images + needs.texts > 0, let neighbours {
            let list = try Self.list(index, in: neighbours) { (sample) throws(MemberError) in try NeighbourList(sample)
            }
            for (role, count, found, corpus) in [
                (RelatedSample.Role.image, needs.images, list.images, images),
                (.text, needs.texts, list.texts, texts),
            ] where count > 0 {
                guard let corpus else { continue }
                for neighbour in Self.some(count, of: found, &stream) {
                    drawn.neighbours.append((role, try Self.read(neighbour, in: corpus)))
                }
            }
        }
        return drawn
    }

    private static func list<List>(
        _ index: Int, in annotations: any StoredCorpus, read: (StoredSample) throws(MemberError) -> List
    ) throws -> List {
        let sample = try annotations.read(index, for: .relative)
        do { return try read(sample) } catch {
            throw CorpusError.damaged(
                FileFault(
                    path: "\(annotations.name)/\(sample.shard)", offset: sample.offset, expected: error.expected,
                    found: "\(error.found) in `\(error.member)` of \(sample.key)", remedy: "make the annotations again")
            )
        }
    }

    private static func read(_ neighbour: NeighbourList.Neighbour, in corpus: any StoredCorpus) throws -> StoredSample {
        guard neighbour.sample < corpus.count else {
            throw CorpusError.damaged(
                FileFault(
                    path: corpus.name, expected: "sample \(neighbour.sample), \(neighbour.key), a neighbour",
                    found: "\(corpus.count) samples", remedy: "retrieve the neighbours again"))
        }
        return try corpus.read(neighbour.sample, for: .relative)
    }

    /// The first `count` of a random order.
    private static func some<Element>(_ count: Int, of all: [Element], _ stream: inout RandomStream) -> [Element] {
        var places = Array(all.indices)
        let count = min(count, places.count)
        for taken in 0..<count { places.swapAt(taken, taken + stream.integer(below: places.count - taken)) }
        return places.prefix(count).map { all[$0] }
    }
}
