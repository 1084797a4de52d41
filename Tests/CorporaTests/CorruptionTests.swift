import Glibc
import Rehearsal
import Runtime
import Storage
import Testing

@testable import Corpora

@Suite("Damage to a corpus") struct CorruptionTests {
    /// Corruptions of each file.
    private static let count = 1000

    private static func write(to directory: String) throws -> [StoredSample] {
        let samples = (0..<40).map { number in
            StoredSample(
                key: "folder/sample-\(number)",
                members: [
                    .init(name: "png", bytes: fakePNG(100 + 37 * number, seed: UInt64(number))),
                    .init(name: "txt", bytes: Array("a caption, number \(number)".utf8)),
                ])
        }
        let pool = WorkerPool(threads: 1)
        defer { pool.stop() }
        var layout = CorpusWriter.Layout(kind: .pairs)
        (layout.frameSize, layout.shardSize) = (8 << 10, 24 << 10)
        let writer = try CorpusWriter(directory: directory, kind: .pairs, layout: layout, pool: pool)
        for sample in samples { try writer.append(sample) }
        try writer.finish()
        return samples
    }

    /// Reads everything; what is read must be what was written.
    /// - Returns: what the readers said; nil when all is well.
    private static func complaint(_ directory: String, _ samples: [StoredSample]) throws -> String? {
        do {
            let corpus = try ShardCorpus(directory: directory, retry: .never)
            try #require(corpus.count == samples.count)
            for (number, sample) in samples.enumerated() {
                let found = try corpus.read(number)
                try #require(found.key == sample.key && found.members == sample.members, "wrong data")
            }
            let findings = try CorpusVerifier(directory: directory).run().findings
            return findings.kinds.first.map { "\(findings.examples($0))" }
        } catch let error as any DiagnosedError { return error.description }
    }

    @Test(
        "a thousand corruptions of each file end in a typed error that names it, or change nothing",
        arguments: [
            "index.json", "manifest.sha256", "table-000000.json", "table-000001.json", "shard-000000.tar.zst",
            "shard-000001.tar.zst",
        ])
    func corruptions(name: String) throws {
        let directory = try TemporaryDirectory()
        let samples = try Self.write(to: directory("c"))
        let path = directory("c/\(name)")
        let good = try InputFile.contents(of: path, limit: 1 << 20)
        #expect(try Self.complaint(directory("c"), samples) == nil)
        for seed in 0..<Self.count {
            let bytes = Corruption.corrupted(good, seed: seed)
            try bytes.withUnsafeBytes { try put($0, path) }
            let complaint = try Self.complaint(directory("c"), samples)
            guard bytes != good else {
                #expect(complaint == nil, "\(name), seed \(seed)")
                continue
            }
            #expect(complaint?.contains(directory("c")) == true, "\(name), seed \(seed): \(complaint ?? "nothing")")
        }
    }

    /// Writes without a flush: it is only a test, a thousand times.
    private func put(_ bytes: UnsafeRawBufferPointer, _ path: String) throws {
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        try #require(fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count)
    }
}
