import Rehearsal
import Runtime
import Storage
import Testing

@testable import Corpora

@Suite("Copies on a node's disk") struct StagingTests {
    private static func write(to directory: String) throws {
        let pool = WorkerPool(threads: 1)
        defer { pool.stop() }
        var layout = CorpusWriter.Layout(kind: .texts)
        (layout.frameSize, layout.shardSize) = (1 << 10, 2 << 10)
        let writer = try CorpusWriter(directory: directory, kind: .texts, layout: layout, pool: pool)
        for number in 0..<200 {
            let text = noise(60, seed: UInt64(number)).map { 97 + $0 % 26 }
            try writer.append(StoredSample(key: "\(number)", members: [.init(name: "txt", bytes: text)]))
        }
        try writer.finish()
    }

    @Test("a copy is the corpus, and an interrupted one goes on")
    func copies() throws {
        let directory = try TemporaryDirectory()
        try Self.write(to: directory("corpus"))
        let first = try CorpusStaging(source: directory("corpus"), root: directory("disk"))
        #expect(first.files.count > 4 && !first.isDone)
        try first.begin()
        for name in first.files.prefix(3) { try first.copy(name) }
        try withExtendedLifetime(first) {
            let other = try CorpusStaging(source: directory("corpus"), root: directory("disk"))
            #expect(throws: StorageError.self) { try other.begin() }
        }
        for name in first.files { try first.copy(name) }
        #expect(!first.isDone)
        try first.commit()
        #expect(first.isDone)
        let copy = try ShardCorpus(directory: first.destination)
        let original = try ShardCorpus(directory: directory("corpus"))
        #expect(copy.fingerprint == original.fingerprint)
        #expect(try (0..<200).allSatisfy { try copy.read($0).members == original.read($0).members })
    }

    @Test("a damaged source is not copied, and the error names its file")
    func damage() throws {
        let directory = try TemporaryDirectory()
        try Self.write(to: directory("corpus"))
        let path = directory("corpus/shard-000001.tar.zst")
        var bytes = try InputFile.contents(of: path, limit: 1 << 20)
        bytes[100] ^= 4
        try AtomicFile.write(bytes, to: path)
        let staging = try CorpusStaging(source: directory("corpus"), root: directory("disk"))
        try staging.begin()
        try staging.copy("shard-000000.tar.zst")
        let error = #expect(throws: CorpusError.self) { try staging.copy("shard-000001.tar.zst") }
        #expect("\(error!)".hasPrefix(path))
        #expect(!staging.isDone)
    }
}
