import Collectives
import Corpora
import Foundation
import Rehearsal
import Runtime
import Storage
import Testing

@testable import Curation

/// Neighbours of stored pairs.
@Suite struct RetrievalTests {
    private let directory: TemporaryDirectory
    private let pairs: MemoryCorpus
    private let images: MemoryCorpus
    private let texts: MemoryCorpus

    private static let width = 24
    private static let words = "red blue dog cat sits runs on under mat sofa big small a the with two".split(
        separator: " ")

    init() throws {
        directory = try TemporaryDirectory()
        pairs = Self.regions("pairs", count: 700, seed: 1, captions: true)
        images = Self.regions("images", count: 2_600, seed: 2)
        texts = MemoryCorpus(
            name: "texts", kind: .texts,
            samples: (0..<900).map { number in
                StoredSample(
                    key: number == 7 ? "pairs-3" : "text-\(number)",
                    members: [.init(name: "txt", bytes: Array(Self.text(number, seed: 3).utf8))])
            })
    }

    private static func text(_ number: Int, seed: UInt64) -> String {
        var stream = RandomKey(seed: seed, batch: number, purpose: .test).stream
        return (0..<3 + stream.integer(below: 9)).map { _ in String(words[stream.integer(below: words.count)]) }
            .joined(separator: " ")
    }

    private static func regions(_ name: String, count: Int, seed: UInt64, captions: Bool = false) -> MemoryCorpus {
        let samples = (0..<count).map { number -> StoredSample in
            var stream = RandomKey(seed: seed, batch: number, purpose: .test).stream
            let P = 1 + stream.integer(below: 4)
            let features = (0..<P * width).map { _ in stream.uniform() - 0.5 }
            var members = RegionSet(
                width: 1, height: 1, features: NumpyArray(features, shape: [P, width]),
                boxes: NumpyArray([Float](repeating: 0.5, count: P * 4), shape: [P, 4])
            ).members
            if captions, number != 5 { members.append(.init(name: "txt", bytes: Array(text(number, seed: seed).utf8))) }
            return StoredSample(key: "\(name)-\(number)", members: members)
        }
        return MemoryCorpus(name: name, kind: .regions, samples: samples)
    }

    private func job(
        _ name: String, embedder: (any TextEmbedder)? = nil, _ change: (inout RetrievalSettings) -> Void = { _ in }
    ) throws -> RetrievalJob {
        var settings = RetrievalSettings()
        settings.count = 20
        change(&settings)
        var job = try RetrievalJob(
            pairs, images: images, texts: texts, embedder: embedder, output: directory(name), settings: settings)
        job.layout.frameSize = 16 << 10
        job.layout.shardSize = 16 << 10
        return job
    }

    /// Runs a job on ranks that are threads; rank 0's report.
    @discardableResult private func run(_ job: RetrievalJob, ranks: Int = 1, threads: Int = 1) throws -> RetrievalReport
    {
        let results = LoopbackHub(ranks: ranks).run { transport in
            let communication = try CommunicationThread(computeThreads: threads, deadline: 60) { transport }
            let pool = WorkerPool(threads: threads)
            let report = try job.run(ranks: communication, pool: pool)
            _ = try communication.leave(.done)
            return report
        }
        let reports = try results.map { try $0.get() }
        #expect(reports.dropFirst().allSatisfy { $0 == nil })
        return try #require(reports[0])
    }

    private func lists(_ name: String) throws -> [NeighbourList] {
        let stored = try ShardCorpus(directory: directory(name))
        return try (0..<stored.count).map { try NeighbourList(stored.read($0)) }
    }

    // MARK: - By brute force

    private static func mean(_ sample: StoredSample) throws -> [Double] {
        let regions = try RegionSet(sample)
        let features = regions.features.floats.map(Double.init)
        let sums = (0..<width).map { feature in
            (0..<regions.count).reduce(0) { $0 + features[$1 * width + feature] }
        }
        let length = sums.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return sums.map { $0 / length }
    }

    /// Texts as vectors by word.
    private struct Vectors {
        var rarity: [String: Double] = [:]

        init(_ texts: [String]) {
            var having: [String: Int] = [:]
            for text in texts { for word in Set(text.split(separator: " ")) { having[String(word), default: 0] += 1 } }
            rarity = having.mapValues { log((1 + Double(texts.count)) / (1 + Double($0))) }
        }

        func vector(_ text: String) -> [String: Double] {
            var counts: [String: Int] = [:]
            for word in text.split(separator: " ") { counts[String(word), default: 0] += 1 }
            var raw: [String: Double] = [:]
            for (word, count) in counts {
                if let rarity = rarity[word] { raw[word] = (1 + log(Double(count))) * rarity }
            }
            let length = raw.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return raw.mapValues { $0 / length }
        }
    }

    private func check(
        _ found: [NeighbourList.Neighbour], _ scores: [Double], count: Int, _ keys: (Int) -> String, floor: Double = -2
    ) {
        let best = scores.sorted(by: >).prefix(count).filter { $0 >= floor }
        #expect(found.count == best.count)
        #expect(Set(found.map(\.sample)).count == found.count)
        for (neighbour, score) in zip(found, best) {
            #expect(abs(scores[neighbour.sample] - score) < 1e-5)
            #expect(abs(Double(neighbour.score) - scores[neighbour.sample]) < 1e-5)
            #expect(neighbour.key == keys(neighbour.sample))
        }
        #expect(zip(found, found.dropFirst()).allSatisfy { ($1.score, $0.sample) < ($0.score, $1.sample) })
    }

    @Test("neighbours are those of a computation without any tricks, in order, with their keys")
    func bruteForce() throws {
        let report = try run(try job("out"), ranks: 2, threads: 2)
        let means = try (0..<images.count).map { try Self.mean(images.read($0)) }
        let all = (0..<texts.count).map { Self.text($0, seed: 3) }
        let vectors = Vectors(all)
        let described = all.map { vectors.vector($0) }
        for (number, list) in try lists("out").enumerated() where number % 13 == 5 {
            let mean = try Self.mean(pairs.read(number))
            let alike = means.map { other in zip(mean, other).reduce(0) { $0 + $1.0 * $1.1 } }
            check(list.images, alike, count: 20, { "images-\($0)" })
            guard number != 5 else {
                #expect(list.texts.isEmpty)
                continue
            }
            let caption = vectors.vector(Self.text(number, seed: 1))
            let said = described.map { other in caption.reduce(0) { $0 + $1.value * (other[$1.key] ?? 0) } }
            check(list.texts, said, count: 20, { $0 == 7 ? "pairs-3" : "text-\($0)" }, floor: 1e-9)
        }
        #expect(report.samples == 700 && report.images?.neighbours == 700 * 20)
        #expect(report.images?.without == 0 && report.texts?.without == 1)
    }

    @Test("count and threshold hold, and the pair's own key is left out where it is asked for")
    func limits() throws {
        try run(try job("all"))
        try run(try job("few") { ($0.count, $0.threshold) = (6, 0.4) })
        try run(try job("others") { $0.excludesSame = true })
        let all = try lists("all")
        for (one, few) in zip(all, try lists("few")) {
            #expect(few.images == Array(one.images.prefix(6).filter { $0.score >= 0.4 }))
            #expect(few.texts == Array(one.texts.prefix(6).filter { $0.score >= 0.4 }))
        }
        var same = try job("same")
        same.settings.excludesSame = true
        let own = try RetrievalJob(
            pairs, images: pairs, texts: pairs, output: directory("own"), settings: same.settings)
        try run(own)
        for (number, list) in try lists("own").enumerated() {
            #expect(list.images.count == 20 && !list.images.contains { $0.sample == number })
            #expect(!list.texts.contains { $0.sample == number })
        }
        for (number, (one, others)) in zip(all, try lists("others")).enumerated() {
            #expect(one.images == others.images)
            if number != 3 { #expect(one.texts == others.texts) }
            #expect(!others.texts.contains { $0.key == "pairs-\(number)" })
        }
    }

    @Test("1, 2, 3 and 5 ranks and 1 to 3 threads give the same bytes, and so does a stop that is gone on from")
    func sameBytes() throws {
        struct Stop: Error {}
        let whole = try run(try job("one")).fingerprint
        for (ranks, threads) in [(1, 3), (2, 1), (3, 2), (5, 1)] {
            #expect(try run(try job("\(ranks)-\(threads)"), ranks: ranks, threads: threads).fingerprint == whole)
        }
        let job = try job("cut")
        let stopped = LoopbackHub(ranks: 2).run { transport in
            let communication = try CommunicationThread(computeThreads: 1, deadline: 60) { transport }
            var rounds = 0
            var isDismissed = false
            do {
                _ = try job.run(ranks: communication, pool: WorkerPool(threads: 1)) { _ in
                } progress: { stage, _, _ in
                    rounds += stage == .searching ? 1 : 0
                    if rounds == 1 { throw Stop() }
                }
            } catch let dismissal as RetrievalJob.Dismissal { isDismissed = dismissal.cause is Stop }
            _ = try communication.leave(.done)
            return isDismissed
        }
        #expect(try stopped.map { try $0.get() } == [true, false])
        #expect(!Directory.exists(directory("cut")))
        #expect(try run(job, ranks: 3).fingerprint == whole)
    }

    /// Texts by how often each of four letters stands in them; what else is encoded leaves a mark, as rounding does.
    private struct Letters: TextEmbedder {
        var fingerprint = "letters"
        let width = 4

        func vectors(of texts: [String]) -> [[Float]] {
            texts.map { text in
                let counts = "aeou".map { letter in 1 + Double(text.count { $0 == letter }) }
                let length = counts.reduce(0) { $0 + $1 * $1 }.squareRoot()
                return counts.map { Float($0 / length) + Float(texts.count) * 1e-8 }
            }
        }
    }

    @Test("texts are compared as a model embeds them where one is given, with the same bytes for any number of ranks")
    func meanings() throws {
        let embedder = Letters()
        let whole = try run(try job("one", embedder: embedder)).fingerprint
        for (ranks, threads) in [(2, 2), (3, 1)] {
            let again = try run(try job("\(ranks)", embedder: embedder), ranks: ranks, threads: threads)
            #expect(again.fingerprint == whole)
        }
        let described = (0..<texts.count).map { embedder.vectors(of: [Self.text($0, seed: 3)])[0] }
        for (number, list) in try lists("one").enumerated() where number % 13 == 5 {
            guard number != 5 else {
                #expect(list.texts.isEmpty)
                continue
            }
            let caption = embedder.vectors(of: [Self.text(number, seed: 1)])[0]
            let alike = described.map { other in zip(caption, other).reduce(0) { $0 + Double($1.0 * $1.1) } }
            check(list.texts, alike, count: 20) { $0 == 7 ? "pairs-3" : "text-\($0)" }
        }
        try run(try job("words"))
        #expect(try lists("words").map(\.images) == lists("one").map(\.images))
        #expect(try lists("words").map(\.texts) != lists("one").map(\.texts))
    }

    @Test("a corpus of another kind, and regions of another width, are refused by name")
    func unsuited() throws {
        #expect(throws: CurationError.self) {
            _ = try RetrievalJob(texts, images: nil, texts: texts, output: directory("a"))
        }
        #expect(throws: CurationError.self) {
            _ = try RetrievalJob(pairs, images: texts, texts: nil, output: directory("a"))
        }
        let wide = MemoryCorpus(
            name: "wide", kind: .regions,
            samples: [
                StoredSample(
                    key: "w",
                    members: RegionSet(
                        width: 1, height: 1, features: NumpyArray([1, 2], shape: [1, 2]),
                        boxes: NumpyArray([0, 0, 1, 1], shape: [1, 4])
                    ).members)
            ])
        let job = try RetrievalJob(pairs, images: wide, texts: nil, output: directory("a"))
        do {
            try run(job)
            Issue.record("regions of 24 and of 2 features were compared")
        } catch let error as CurationError {
            guard case .sample(_, "pairs-0", _, "24", _) = error else { throw error }
        }
    }
}
