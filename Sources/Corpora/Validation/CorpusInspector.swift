import Runtime
import Vision

/// A corpus in numbers.
public struct CorpusSummary: Sendable, Equatable, Codable {
    /// One shard file.
    public struct Shard: Sendable, Equatable, Codable {
        public var name: String
        public var samples: Int
        /// Bytes of the file and after decompression.
        public var bytes: UInt64
        public var rawBytes: UInt64
    }

    public var directory: String
    public var kind: CorpusKind
    /// What packed it.
    public var tool: String
    public var fingerprint: String
    public var samples: Int
    public var frames: Int
    public var shards: [Shard]
    /// Member name → number of samples that have it.
    public var members: [String: Int]
    /// Fingerprints of the corpora it was made from, by what they were to it; empty where it was packed from files.
    public var madeFrom: [String: String] = [:]
    public var contents = CorpusContents()

    public var bytes: UInt64 { shards.reduce(0) { $0 + $1.bytes } }
    public var rawBytes: UInt64 { shards.reduce(0) { $0 + $1.rawBytes } }
}

/// What the samples hold, added up.
public struct CorpusContents: Sendable, Equatable, Codable {
    /// Bytes, words and, with a tokenizer, tokens of each text, all captions of an image included; words are what blanks
    /// separate.
    public var textBytes = SizeHistogram()
    public var textWords = SizeHistogram()
    public var textTokens = SizeHistogram()
    /// Captions of each image that has several, and regions of each sample that has them.
    public var captions = SizeHistogram()
    public var regions = SizeHistogram()
    /// Bytes of each image file, and pixels of its sides, upright, as its header says.
    public var imageBytes = SizeHistogram()
    public var shorterSides = SizeHistogram()
    public var longerSides = SizeHistogram()
    public var aspects = AspectHistogram()
    /// Format → number of images; `unreadable` for those whose header can't be read.
    public var formats: [String: Int] = [:]

    public init() {}

    mutating func add(_ other: CorpusContents) {
        textBytes.add(other.textBytes)
        textWords.add(other.textWords)
        textTokens.add(other.textTokens)
        captions.add(other.captions)
        regions.add(other.regions)
        imageBytes.add(other.imageBytes)
        shorterSides.add(other.shorterSides)
        longerSides.add(other.longerSides)
        aspects.add(other.aspects)
        formats.merge(other.formats, uniquingKeysWith: +)
    }

    mutating func add(_ sample: StoredSample, tokens: TokenCount?) {
        for member in sample.members {
            if StoredSample.textNames.contains(member.name) { add(text: member.bytes, tokens) }
            if StoredSample.imageNames.contains(member.name) { add(image: member.bytes) }
        }
        // What can't be read is for `verify` to find.
        if let further = try? sample.furtherCaptions, !further.isEmpty {
            captions.add(further.count + (sample.text == nil ? 0 : 1))
            for caption in further { add(text: caption.text, tokens) }
        }
        if sample.member([RegionSet.descriptorName]) != nil, let found = try? RegionSet(sample) {
            regions.add(found.count)
        }
    }

    private mutating func add(text bytes: [UInt8], _ tokens: TokenCount?) {
        textBytes.add(bytes.count)
        textWords.add(bytes.split { $0 == 32 || (9...13).contains($0) }.count)
        if let tokens { textTokens.add(tokens(bytes)) }
    }

    private mutating func add(image bytes: [UInt8]) {
        imageBytes.add(bytes.count)
        do {
            let header = try ImageHeader(of: bytes)
            shorterSides.add(min(header.width, header.height))
            longerSides.add(max(header.width, header.height))
            aspects.add(width: header.width, height: header.height)
            formats[header.format.rawValue, default: 0] += 1
        } catch { formats["unreadable", default: 0] += 1 }
    }
}

/// Reads a whole corpus once and counts.
public struct CorpusInspector {
    /// Neighbouring samples that one task reads.
    private static let run = 256

    private let corpus: ShardCorpus
    private let workers: Int
    private let tokens: TokenCount?

    public init(_ corpus: ShardCorpus, workers: Int = 1, tokens: TokenCount? = nil) {
        self.corpus = corpus
        self.workers = max(workers, 1)
        self.tokens = tokens
    }

    /// - Throws: what reading throws for the first sample that can't be read.
    public func summary() throws -> CorpusSummary {
        let index = corpus.index
        var summary = CorpusSummary(
            directory: corpus.directory, kind: corpus.kind, tool: index.tool, fingerprint: corpus.fingerprint,
            samples: index.samples, frames: index.shards.reduce(0) { $0 + $1.frameSamples.count },
            shards: index.shards.map {
                .init(name: $0.name, samples: $0.samples, bytes: $0.size, rawBytes: $0.rawSize)
            }, members: index.members, madeFrom: index.madeFrom ?? [:])
        let tasks = (corpus.count + Self.run - 1) / Self.run
        var parts = [Result<CorpusContents, any Error>?](repeating: nil, count: tasks)
        let pool = WorkerPool(threads: workers)
        defer { pool.stop() }
        parts.withUnsafeMutableBufferPointer { parts in
            let base = parts.baseAddress
            pool.run(tasks) { task, _ in base?[task] = Result { try contents(task) } }
        }
        for part in parts { if let part { summary.contents.add(try part.get()) } }
        return summary
    }

    private func contents(_ task: Int) throws -> CorpusContents {
        var contents = CorpusContents()
        for number in task * Self.run..<min((task + 1) * Self.run, corpus.count) {
            contents.add(try corpus.read(number), tokens: tokens)
        }
        return contents
    }
}
