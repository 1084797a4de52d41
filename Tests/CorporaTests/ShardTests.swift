import Rehearsal
import Glibc
import Runtime
import Storage
import Synchronization
import Testing

@testable import Corpora

@Suite struct ShardTests {
    /// Pairs of uneven sizes; some larger than a frame.
    private func samples(_ count: Int) -> [StoredSample] {
        (0..<count).map { number in
            StoredSample(
                key: "dir \(number % 3)/sample-\(number)".replacing(" ", with: "_"),
                members: [
                    .init(name: "png", bytes: fakePNG((number * 7919) % 5000, seed: UInt64(number))),
                    .init(name: "txt", bytes: Array("caption number \(number)".utf8)),
                ])
        }
    }

    private func write(_ samples: [StoredSample], to path: String, workers: Int = 2) throws {
        var layout = CorpusWriter.Layout(kind: .pairs)
        layout.frameSize = 16 << 10
        layout.shardSize = 64 << 10
        let pool = WorkerPool(threads: workers)
        defer { pool.stop() }
        let writer = try CorpusWriter(directory: path, kind: .pairs, layout: layout, pool: pool)
        for sample in samples { try writer.append(sample) }
        try writer.finish()
    }

    @Test("every sample comes back from any thread, in any order, through a cache that holds one frame")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let given = samples(200)
        try write(given, to: directory("c"))
        let corpus = try ShardCorpus(directory: directory("c"), cache: .init(windowBytes: 0))
        #expect(corpus.count == 200 && corpus.kind == .pairs && corpus.name == "c")
        #expect(corpus.index.shards.count > 2 && corpus.index.shards[0].frameSamples.count > 2)
        let wrong = Atomic<Int>(0)
        let pool = WorkerPool(threads: 4)
        defer { pool.stop() }
        pool.run(800) { task, _ in
            let number = (task * 37) % 200
            do {
                let found = try corpus.read(number)
                let same = found.key == given[number].key && found.members == given[number].members
                if !same { wrong.add(1, ordering: .relaxed) }
            } catch { wrong.add(1, ordering: .relaxed) }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(try corpus.find(given[123].key) == 123)
        #expect(try corpus.key(123) == given[123].key)
        #expect(try corpus.find("nowhere") == nil)
    }

    @Test("the bytes do not depend on the number of workers")
    func deterministic() throws {
        let directory = try TemporaryDirectory()
        for workers in [1, 2, 5] { try write(samples(120), to: directory("c\(workers)"), workers: workers) }
        let fingerprints = try [1, 2, 5].map { try ShardCorpus(directory: directory("c\($0)")).fingerprint }
        #expect(Set(fingerprints).count == 1)
        try write(Array(samples(120).reversed()), to: directory("other"))
        #expect(try ShardCorpus(directory: directory("other")).fingerprint != fingerprints[0])
    }

    @Test("zstd and tar list every sample, and sha256sum agrees")
    func foreignTools() throws {
        let directory = try TemporaryDirectory()
        let given = samples(150)
        try write(given, to: directory("c"))
        let command =
            "cd \(directory("c")) && sha256sum --strict --quiet -c manifest.sha256 && "
            + "for s in shard-*; do zstd -qt $s && zstd -qdc $s | tar t || exit 9; done > ../list"
        #expect(system(command) == 0)
        let listed = String(decoding: try InputFile.contents(of: directory("list"), limit: 1 << 20), as: UTF8.self)
        #expect(listed.split(separator: "\n").map(String.init) == given.flatMap { ["\($0.key).png", "\($0.key).txt"] })
    }

    @Test("a sound corpus verifies, sample by sample")
    func verify() throws {
        let directory = try TemporaryDirectory()
        try write(samples(150), to: directory("c"))
        let found = try CorpusVerifier(directory: directory("c"), workers: 2).run()
        #expect(found.samples == 150 && found.isSound && found.findings.kinds.isEmpty)
    }

    @Test("a flipped byte anywhere in a shard is found by verify; in a frame, reading names file and frame")
    func flippedByte() throws {
        let directory = try TemporaryDirectory()
        try write(samples(60), to: directory("c"))
        let path = directory("c/shard-000000.tar.zst")
        let good = try InputFile.contents(of: path, limit: 1 << 20)
        let table = try ShardReader(directory: directory("c"), number: 0).table
        for place in Array(stride(from: 0, to: good.count, by: 997)) + [good.count - 1, good.count - 5] {
            var bytes = good
            bytes[place] ^= 1
            try AtomicFile.write(bytes, to: path)
            let result = try CorpusVerifier(directory: directory("c")).run()
            #expect(!result.isSound, "byte \(place)")
            let frames = table.frames
            guard let frame = frames.lastIndex(where: { Int($0.offset) <= place }), frame < frames.count - 1 else {
                continue
            }
            let corpus = try ShardCorpus(directory: directory("c"), retry: .never)
            let errors = (0..<table.keys.count).compactMap { number -> CorpusError? in
                do {
                    _ = try corpus.read(number)
                    return nil
                } catch { return error as? CorpusError }
            }
            guard case .damaged(let fault) = errors.first else { throw Unexpected() }
            #expect(fault.path == path && fault.offset == frames[frame].offset)
            #expect(fault.expected.contains("frame \(frame)"))
        }
    }

    @Test("a missing or truncated shard is found on opening, with its name and sizes")
    func missingShard() throws {
        let directory = try TemporaryDirectory()
        try write(samples(150), to: directory("c"))
        let path = directory("c/shard-000001.tar.zst")
        let good = try InputFile.contents(of: path, limit: 1 << 20)
        try AtomicFile.write(Array(good.dropLast(3)), to: path)
        let cut = #expect(throws: CorpusError.self) { try ShardCorpus(directory: directory("c")) }
        #expect("\(cut!)".hasPrefix("\(path): expected \(good.count) bytes, found \(good.count - 3) bytes; "))
        try Directory.remove(path)
        let missing = #expect(throws: CorpusError.self) { try ShardCorpus(directory: directory("c")) }
        #expect("\(missing!)".hasPrefix("\(path): expected \(good.count) bytes, found no file; "))
        #expect(missing?.exitCode == .data)
        #expect(try !CorpusVerifier(directory: directory("c")).run().isSound)
    }

    @Test("a changed index or manifest is refused")
    func changedIndex() throws {
        let directory = try TemporaryDirectory()
        try write(samples(20), to: directory("c"))
        for name in ["index.json", "manifest.sha256", "table-000000.json"] {
            let good = try InputFile.contents(of: directory("c/\(name)"), limit: 1 << 20)
            for place in stride(from: 0, to: good.count, by: 41) {
                var bytes = good
                bytes[place] ^= 2
                try AtomicFile.write(bytes, to: directory("c/\(name)"))
                let error = #expect(throws: (any Error).self, "\(name), byte \(place)") {
                    _ = try ShardCorpus(directory: directory("c")).key(0)
                }
                #expect(error is any DiagnosedError, "\(name), byte \(place)")
            }
            try AtomicFile.write(good, to: directory("c/\(name)"))
        }
        _ = try ShardCorpus(directory: directory("c"))
    }

    @Test(
        "an index that contradicts itself is refused even when its checksum fits",
        arguments: [
            ("index.json", "\"samples\":20", "\"samples\":21"), ("index.json", "\"version\":2", "\"version\":3"),
            ("index.json", "\"frameSamples\":[", "\"frameSamples\":[0,"),
            ("index.json", "\"frameSamples\":[", "\"frameSamples\":[-1,"),
            ("index.json", "\"frameSamples\":[", "\"frameSamples\":[9223372036854775807,"),
            ("index.json", "shard-000000", "shard-000009"),
            ("index.json", "\"kind\":\"pairs\"", "\"kind\":\"peers\""),
            ("index.json", "\"size\":", "\"size\":99999999999"), ("index.json", "\"rawSize\":", "\"rawSize\":9"),
            ("table-000000.json", "\"offsets\":[0,", "\"offsets\":[512,"),
            ("table-000000.json", "\"offsets\":[0,", "\"offsets\":[1,"),
            ("table-000000.json", "\"rawSize\":", "\"rawSize\":9"),
            ("table-000000.json", "\"rawSize\":", "\"rawSize\":-"),
            ("table-000000.json", "\"textBytes\":[", "\"textBytes\":[-"),
            ("table-000000.json", "\"keys\":[", "\"keys\":[\"more\","),
        ])
    func contradiction(file: String, old: String, new: String) throws {
        let directory = try TemporaryDirectory()
        try write(samples(20), to: directory("c"))
        let text = String(
            decoding: try InputFile.contents(of: directory("c/\(file)"), limit: 1 << 20), as: UTF8.self)
        let place = try #require(text.firstRange(of: old))
        try directory.put("c/\(file)", text.replacingCharacters(place, new))
        #expect(system("cd \(directory("c")) && sha256sum index.json shard-* table-* > manifest.sha256") == 0)
        #expect(throws: CorpusError.self) { try ShardCorpus(directory: directory("c")).key(0) }
    }

    @Test("nothing appears before a corpus is finished, and an existing one is not overwritten")
    func unfinished() throws {
        let directory = try TemporaryDirectory()
        let pool = WorkerPool(threads: 1)
        defer { pool.stop() }
        let layout = CorpusWriter.Layout(kind: .pairs)
        var writer: CorpusWriter? = try CorpusWriter(
            directory: directory("c"), kind: .pairs, layout: layout, pool: pool)
        try writer?.append(samples(1)[0])
        #expect(!Directory.exists(directory("c")))
        let second = #expect(throws: StorageError.self) {
            try CorpusWriter(directory: directory("c"), kind: .pairs, layout: layout, pool: pool)
        }
        guard case .locked = second else { throw Unexpected() }
        writer = nil
        #expect(try Directory.names(in: directory.path) == [])
        try write(samples(3), to: directory("c"))
        #expect(try Directory.names(in: directory.path) == ["c"])
        #expect(
            try Directory.names(in: directory("c")) == [
                "index.json", "manifest.sha256", "shard-000000.tar.zst", "table-000000.json",
            ])
        #expect(throws: CorpusError.exists(path: directory("c"))) { try write(samples(3), to: directory("c")) }
    }

    @Test("the twin in memory gives the same samples")
    func memory() throws {
        let given = samples(10)
        let corpus = MemoryCorpus(name: "m", kind: .pairs, samples: given)
        #expect(try (0..<10).map { try corpus.read($0) } == given)
        let other = MemoryCorpus(name: "m", kind: .pairs, samples: Array(given.dropLast()))
        #expect(corpus.fingerprint != other.fingerprint && corpus.count == 10)
    }

    @Test("the summary counts members and sizes")
    func summary() throws {
        let directory = try TemporaryDirectory()
        let given = samples(50)
        try write(given, to: directory("c"))
        let summary = try CorpusInspector(ShardCorpus(directory: directory("c"))).summary()
        #expect(summary.samples == 50 && summary.members == ["png": 50, "txt": 50])
        #expect(summary.contents.textBytes.count == 50 && summary.contents.textBytes.minimum == 16 && summary.contents.textBytes.maximum == 17)
        #expect(summary.contents.textBytes.buckets == [0, 0, 0, 0, 0, 50])
        let images = given.map { $0.members[0].bytes.count }
        #expect(summary.contents.imageBytes.total == images.reduce(0, +) && summary.contents.imageBytes.maximum == images.max())
    }
}

/// A wrong kind of error.
struct Unexpected: Error {}

extension String {
    func replacingCharacters(_ range: Range<Index>, _ text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}

extension ShardReader {
    fileprivate init(directory: String, number: Int) throws {
        let manifest = try ChecksumManifest(directory: directory)
        try self.init(
            directory: directory, index: CorpusIndex(directory: directory, manifest: manifest), number: number,
            manifest: manifest)
    }
}
