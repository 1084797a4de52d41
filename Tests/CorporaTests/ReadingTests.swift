import Batches
import Glibc
import Rehearsal
import Runtime
import Storage
import Synchronization
import Testing

@testable import Corpora

@Suite("What is read, and read again") struct ReadingTests {
    private struct Boom: Error, Equatable {}

    /// Ten texts in frames of their own.
    private static func corpus(_ directory: TemporaryDirectory, retry: ReadRetry = .never) throws -> ShardCorpus {
        let pool = WorkerPool(threads: 1)
        defer { pool.stop() }
        var layout = CorpusWriter.Layout(kind: .texts)
        layout.frameSize = 4 << 10
        let writer = try CorpusWriter(directory: directory("c"), kind: .texts, layout: layout, pool: pool)
        for number in 0..<10 {
            let text = noise(5000, seed: UInt64(number)).map { 97 + $0 % 26 }
            try writer.append(StoredSample(key: "t\(number)", members: [.init(name: "txt", bytes: text)]))
        }
        try writer.finish()
        return try ShardCorpus(directory: directory("c"), retry: retry)
    }

    @Test("a read that the system refuses is tried again, each time with file, attempt and reason")
    func refusedReads() throws {
        let notices = Mutex<[ReadRetry.Notice]>([])
        let retry = ReadRetry(waits: [0, 0.001, 0.002]) { notice in notices.withLock { $0.append(notice) } }
        var attempts = 0
        let value = try retry.run("shard") {
            attempts += 1
            if attempts < 3 { throw StorageError.system(path: "shard", operation: "read", code: EIO) }
            return attempts
        }
        #expect(value == 3)
        let said = notices.withLock { $0 }
        #expect(said.map(\.attempt) == [1, 2] && said.map(\.wait) == [0, 0.001])
        let text = try #require(said.last).description
        for part in ["shard: reading failed", "attempt 2 of at most 4", "again in 0.001 s", "Input/output error"] {
            #expect(text.contains(part), "\(text) lacks \(part)")
        }
    }

    @Test("what another attempt can't help is not tried again, damage once, and the last refusal is thrown")
    func hopelessReads() {
        var attempts = 0
        let retry = ReadRetry(waits: [0, 0, 0])
        func outcome(_ error: any Error) -> Int {
            attempts = 0
            #expect(throws: (any Error).self) {
                try retry.run("f") {
                    attempts += 1
                    throw error
                }
            }
            return attempts
        }
        #expect(outcome(Boom()) == 1)
        #expect(outcome(StorageError.system(path: "f", operation: "open", code: ENOENT)) == 1)
        #expect(outcome(CorpusFile.damaged("f", "a", "b")) == 2)
        #expect(outcome(StorageError.system(path: "f", operation: "read", code: ESTALE)) == 4)
    }

    @Test("a corpus counts the reads that it tried again, and damage names its file after them")
    func damagedShard() throws {
        let directory = try TemporaryDirectory()
        let notices = Mutex<[String]>([])
        let corpus = try Self.corpus(
            directory, retry: ReadRetry(waits: [0]) { notice in notices.withLock { $0.append(notice.path) } })
        let path = directory("c/shard-000000.tar.zst")
        let whole = try InputFile.contents(of: path, limit: 1 << 20)
        var bytes = whole
        bytes[whole.count - 2000] ^= 1
        try AtomicFile.write(bytes, to: path)
        let error = #expect(throws: CorpusError.self) { _ = try (0..<10).map { try corpus.read($0) } }
        #expect("\(error!)".hasPrefix(path))
        #expect(notices.withLock { $0 } == [path] && corpus.reading.retries == 1)
        try AtomicFile.write(whole, to: path)
        _ = try corpus.read(9)
        #expect(corpus.reading.retries == 1)
    }

    @Test("what is read for samples in their order and for others is counted apart, each frame where it was read")
    func purposes() throws {
        let directory = try TemporaryDirectory()
        let corpus = try Self.corpus(directory)
        let sizes = try (0..<10).map { 512 + (try corpus.textBytes($0) + 511) / 512 * 512 }
        _ = try corpus.read(3)
        _ = try corpus.read(3, for: .relative)
        _ = try corpus.read(4, for: .relative)
        _ = try corpus.read(4)
        let found = corpus.reading
        #expect(found.order == .init(read: sizes[3], used: sizes[3] + sizes[4]))
        #expect(found.relatives == .init(read: sizes[4], used: sizes[3] + sizes[4]))
        #expect(found.order.amplification == 0.5 && ReadingCounts().order.amplification == nil)
        let twice = found + found
        #expect(twice.relatives.used == 2 * found.relatives.used && twice.order.read == 2 * sizes[3])
    }

    @Test("packed texts hand on why they are read")
    func packedPurpose() throws {
        let directory = try TemporaryDirectory()
        let packed = PackedTexts(try Self.corpus(directory), group: 2)
        _ = try packed.read(1, for: .relative)
        #expect(packed.reading.order == .init() && packed.reading.relatives.used > 10_000)
        _ = try packed.read(0)
        #expect(packed.reading.order.used > 10_000)
    }

    @Test("what stands in for a bad sample is counted apart from the samples in their order")
    func standIns() throws {
        let directory = try TemporaryDirectory()
        let pool = WorkerPool(threads: 1)
        defer { pool.stop() }
        let writer = try CorpusWriter(
            directory: directory("c"), kind: .texts, layout: .init(kind: .texts), pool: pool)
        for number in 0..<40 {
            let text = number == 7 ? " " : "word\(number)"
            try writer.append(
                StoredSample(key: "t\(number)", members: [.init(name: "txt", bytes: Array(text.utf8))]))
        }
        try writer.finish()
        let corpus = try ShardCorpus(directory: directory("c"))
        let entry = LoaderEntry(
            corpus: corpus, sampling: SamplerEntry(name: "c", count: 40, weight: 1, batchSize: 10),
            needs: SampleNeeds(maxTokens: 8, views: [], imageSize: 0))
        let loader = try BatchLoader(entries: [entry], settings: LoaderSettings(seed: 1, prefetch: 1)) { _ in
            ([7], [true])
        }
        defer { loader.stop() }
        let skipped = try (0..<4).map { _ in try loader.next().skipped.count }.reduce(0, +)
        // One epoch: 40 samples in their order, one of them bad, and what stood in for it. The loader may be ahead.
        #expect(skipped == 1)
        #expect(corpus.reading.relatives.used == 1024 && corpus.reading.order.used >= 40 * 1024)
    }
}
