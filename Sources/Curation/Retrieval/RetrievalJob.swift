public import Collectives
public import Corpora
public import Runtime

/// Finds for each pair the images and texts of other corpora that are most like it: makes annotations with a member
/// `neighbours.json` for each sample (UNIMO, arXiv 2012.15409). Every rank searches a part of the collections.
///
/// What is finished stays in `OUT.tmp` when the work ends early. Bytes depend on the corpora and the settings; not on the
/// number of ranks or threads, and not on interruptions.
public struct RetrievalJob: Sendable {
    /// What is being done.
    public enum Stage: Sendable, Equatable {
        /// The rank's part of the collections is read.
        case reading
        case searching
    }

    /// What is said before a stage, on rank 0.
    public enum Notice: Sendable, Equatable {
        case start(DerivedCorpusJob.Start)
        /// Memory that the collections take on each of so many ranks.
        case memory(images: Int, texts: Int, ranks: Int)
    }

    /// Why rank 0 has ended the work after sending the other ranks home: the job can leave in good order.
    public struct Dismissal: Error {
        public let cause: any Error
    }

    public var output: String
    public var settings: RetrievalSettings
    public var layout = CorpusWriter.Layout(kind: .annotations)
    /// Begin again, whatever an earlier attempt has left.
    public var startsAfresh = false
    let pairs: any StoredCorpus
    let images: (any StoredCorpus)?
    let texts: (any StoredCorpus)?
    /// What texts are compared by; nil for their words.
    let embedder: (any TextEmbedder)?
    /// Features of a region, as the first image's have them; 0 where images aren't searched.
    let width: Int

    /// - Parameters:
    ///   - pairs: pairs, or regions with captions. - images: regions, with features as the pairs'.
    ///   - texts: texts; the captions of pairs or regions serve too. - embedder: compares them; nil for TF-IDF.
    /// - Throws: `CurationError.unsuited` for a corpus of another kind; what reading the first image throws.
    public init(
        _ pairs: any StoredCorpus, images: (any StoredCorpus)?, texts: (any StoredCorpus)?,
        embedder: (any TextEmbedder)? = nil, output: String, settings: RetrievalSettings = RetrievalSettings()
    ) throws {
        precondition(images != nil || texts != nil, "nothing to search in")
        func check(_ corpus: any StoredCorpus, _ kinds: [CorpusKind], _ remedy: String) throws {
            guard !kinds.contains(corpus.kind) else { return }
            throw CurationError.unsuited(
                corpus: corpus.place, expected: kinds.map(\.rawValue).joined(separator: " or "),
                found: corpus.kind.rawValue, remedy: remedy)
        }
        try check(pairs, [.pairs, .regions], "name a corpus whose samples have captions")
        if let images {
            let remedy = "images are compared by their regions: pack a detector's, or make them with `corpus regions`"
            try check(images, [.regions], remedy)
            try check(pairs, [.regions], remedy)
        }
        if let texts { try check(texts, [.texts, .pairs, .regions], "name a corpus of texts") }
        self.pairs = pairs
        self.images = images
        self.texts = texts
        self.embedder = embedder
        self.output = output
        self.settings = settings
        width = try images.map { try $0.read(0).regionMean(width: nil, in: $0.place).count } ?? 0
    }

    private var others: [String: any StoredCorpus] {
        var others: [String: any StoredCorpus] = [:]
        others[NeighbourList.imagesName] = images
        others[NeighbourList.textsName] = texts
        return others
    }

    /// Finds all neighbours. On failure no corpus appears. Collective: every rank calls it, and rank 0 writes.
    /// - Parameters:
    ///   - progress: called on each rank between rounds; what it throws ends the work.
    /// - Returns: on rank 0 what was found, nil elsewhere.
    /// - Throws: on rank 0 `Dismissal` for what happens between rounds. What breaks a round leaves the other ranks waiting: the
    ///   job has to be torn down then.
    public func run(
        ranks: CommunicationThread, pool: WorkerPool, notice: (Notice) -> Void = { _ in },
        progress: (_ stage: Stage, _ done: Int, _ total: Int) throws -> Void = { _, _, _ in }
    ) throws -> RetrievalReport? {
        guard ranks.rank == 0 else {
            try serve(ranks, pool, progress)
            return nil
        }
        var job = DerivedCorpusJob(
            output: output, kind: .annotations, source: pairs, others: others,
            record: settings.record + (embedder.map { ["texts by \($0.fingerprint)"] } ?? []),
            round: NeighbourSearch.round)
        job.layout = layout
        job.startsAfresh = startsAfresh
        var search: NeighbourSearch?
        var isInRound = false
        var (reading, comparing) = (0.0, 0.0)
        let made = Result {
            try job.run(
                pool: pool, starting: { notice(.start($0)) }, progress: { try progress(.searching, $0, $1) },
                make: { range in
                    isInRound = true
                    try Self.call(PeerBytes(range).bytes, ranks)
                    let start = Clock.seconds
                    if search == nil { notice(memory(ranks: ranks.size)) }
                    let searching =
                        try search ?? NeighbourSearch(self, ranks: ranks, pool: pool) { try progress(.reading, $0, $1) }
                    if search == nil { reading = Clock.seconds - start }
                    search = searching
                    let begin = Clock.seconds
                    let found = try searching.neighbours(of: range)
                    let samples = try pool.map(found.count) { task, _ in
                        StoredSample(key: found[task].key, members: [found[task].list.member])
                    }
                    comparing += Clock.seconds - begin
                    isInRound = false
                    return samples
                })
        }
        if !isInRound { try Self.call([], ranks) }
        if !isInRound, case .failure(let error) = made { throw Dismissal(cause: error) }
        let (samples, fingerprint) = try made.get()
        let stored = try ShardCorpus(directory: output)
        let tally = try NeighbourTally(stored, pool: pool)
        return RetrievalReport(
            samples: samples, fingerprint: fingerprint, readingSeconds: reading, comparingSeconds: comparing,
            images: images.map { _ in tally.images }, texts: texts.map { _ in tally.texts }, examples: tally.examples)
    }

    /// Takes part in the rounds that rank 0 calls.
    private func serve(
        _ ranks: CommunicationThread, _ pool: WorkerPool,
        _ progress: (_ stage: Stage, _ done: Int, _ total: Int) throws -> Void
    ) throws {
        var search: NeighbourSearch?
        while case let call = try Self.call([], ranks), !call.isEmpty {
            let searching =
                try search ?? NeighbourSearch(self, ranks: ranks, pool: pool) { try progress(.reading, $0, $1) }
            search = searching
            _ = try searching.neighbours(of: Range(call))
        }
    }

    /// Rank 0's next round on every rank; nothing at the end.
    @discardableResult private static func call(_ bytes: [UInt8], _ ranks: CommunicationThread) throws -> [UInt8] {
        try ranks.perform("calling a round") { try $0.broadcast(bytes) }
    }

    private func memory(ranks: Int) -> Notice {
        func share(_ bytes: Int) -> Int { (bytes + ranks - 1) / ranks }
        return .memory(
            images: share(images.map { VectorCollection.byteCount($0.count, width: width) } ?? 0),
            texts: share(texts.map(textMemory) ?? 0), ranks: ranks)
    }

    private func textMemory(_ texts: any StoredCorpus) -> Int {
        if let embedder { return VectorCollection.byteCount(texts.count, width: embedder.width) }
        return TextCollection.byteCount(texts.count, textBytes: (try? texts.textBytes) ?? 0)
    }
}

extension PeerBytes {
    fileprivate init(_ range: Range<Int>) {
        put(range.lowerBound)
        put(range.upperBound)
    }
}

extension Range<Int> {
    fileprivate init(_ bytes: [UInt8]) {
        var reader = PeerReader(bytes)
        let start = reader.number()
        self = start..<reader.number()
    }
}
