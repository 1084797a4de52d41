import Rehearsal
import Runtime
import Storage
import Testing

@testable import Corpora

@Suite("Sizes and counts in files of corpora and sources") struct CapTests {
    private func npy(_ type: String, _ shape: String, fortran: Bool, _ data: [UInt8] = []) -> [UInt8] {
        let order = fortran ? "True" : "False"
        let text = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': (\(shape)), }"
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8) + data
    }

    @Test("an extent beyond all reason is refused although a zero beside it makes the array empty")
    func extents() {
        for shape in ["9223372036854775807, 0", "0, 9223372036854775807", "1073741825, 0", "0, -1"] {
            for fortran in [false, true] {
                #expect(throws: MemberError.self, "\(shape)") {
                    try NumpyArray(npy("<f4", shape, fortran: fortran), name: "x")
                }
            }
        }
    }

    @Test("an empty array with a long side is read in a moment, whichever way it lies")
    func emptyArrays() throws {
        let started = Clock.seconds
        for shape in ["0, 1073741824", "1073741824, 0"] {
            let array = try NumpyArray(npy("<f4", shape, fortran: true), name: "x")
            #expect(array.count == 0 && array.transposed.shape == array.shape.reversed())
        }
        #expect(Clock.seconds - started < 1)
    }

    @Test("a header full of keys without values is read in a moment")
    func headers() {
        let text = String(repeating: "'shape''descr'", count: 4600)
        let count = UInt16(text.utf8.count)
        let bytes =
            [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count & 255), UInt8(count >> 8)] + Array(text.utf8)
        let started = Clock.seconds
        #expect(throws: MemberError.self) { try NumpyArray(bytes, name: "x") }
        #expect(Clock.seconds - started < 1)
    }

    private func index(_ shards: [CorpusIndex.Shard], textBytes: Int = 0, members: [String: Int] = [:]) throws
        -> CorpusError?
    {
        let directory = try TemporaryDirectory()
        let index = CorpusIndex(kind: .texts, members: members, textBytes: textBytes, shards: shards)
        let bytes = try index.bytes
        try directory.put("index.json", bytes)
        var files = [FileDigest(name: "index.json", sha256: SHA256.hex(of: bytes), size: 0)]
        for (number, shard) in shards.enumerated() {
            files.append(FileDigest(name: shard.name, sha256: shard.sha256, size: 0))
            files.append(FileDigest(name: CorpusIndex.tableName(number), sha256: shard.sha256, size: 0))
        }
        try directory.put(ChecksumManifest.fileName, ChecksumManifest(files).text)
        let manifest = try ChecksumManifest(directory: directory.path)
        do { _ = try CorpusIndex(directory: directory.path, manifest: manifest) } catch let error as CorpusError {
            return error
        }
        return nil
    }

    @Test("sizes and counts in an index whose sums would overflow are damage")
    func sums() throws {
        func shards(_ size: UInt64, _ rawSize: UInt64) -> [CorpusIndex.Shard] {
            (0..<3).map {
                CorpusIndex.Shard(
                    name: CorpusIndex.shardName($0), size: size, rawSize: rawSize, sha256: SHA256.hex(of: [1]),
                    frameSamples: [1])
            }
        }
        #expect(try index(shards(10, 10)) == nil)
        for (size, rawSize) in [(UInt64.max, UInt64(1)), (1, .max), (1 << 63, 1), (1, 1 << 63), (1 << 59, 1)] {
            #expect(try index(shards(size, rawSize)) != nil, "\(size), \(rawSize)")
        }
        #expect(try index(shards(1, 1), textBytes: -1) != nil)
        #expect(try index(shards(1, 1), textBytes: .max) != nil)
        #expect(try index(shards(1, 1), members: ["txt": -1]) != nil)
    }

    @Test("a record of too many fields is named, and the next one read", arguments: ["t.tsv", "t.csv"])
    func fields(name: String) throws {
        let directory = try TemporaryDirectory()
        let separator = name.hasSuffix("tsv") ? "\t" : ","
        let wide = "x" + String(repeating: separator, count: 1 << 16)
        try directory.put(name, "text\(separator)note\n\(wide)\na\(separator)b\n")
        var options = PackOptions(kind: .texts, sources: [directory(name)], output: directory("out"))
        options.format = name.hasSuffix("tsv") ? .tsv : .csv
        options.skipBad = true
        let report = try PackJob(options).run()
        #expect(report.samples == 1)
        #expect(report.rejected.map(\.reason) == ["a record of more than 65536 fields"])
    }

    @Test("a region table of nothing but tabs is refused by its columns")
    func regionColumns() throws {
        let directory = try TemporaryDirectory()
        try directory.put("t.tsv", String(repeating: "\t", count: 1 << 20) + "features\n")
        var options = PackOptions(kind: .regions, sources: [directory("t.tsv")], output: directory("out"))
        options.format = .bottomUpTSV
        let error = #expect(throws: CorpusError.self) { try PackJob(options).run() }
        #expect(
            error?.description.contains("65 fields where there are 6 columns") == true, "\(String(describing: error))")
    }

    @Test("arrays that no region set has are passed over in an archive, not read into memory")
    func otherArrays() throws {
        let directory = try TemporaryDirectory()
        let regions = RegionSet(
            width: 64, height: 48, features: NumpyArray([1, 2], shape: [1, 2]),
            boxes: NumpyArray([0, 0, 10, 10], shape: [1, 4]))
        var bytes: [UInt8] = []
        for member in regions.members + [.init(name: "other.npy", bytes: [1, 2, 3])] {
            try Tar.append(name: "a.\(member.name)", contents: member.bytes, to: &bytes)
        }
        try directory.put("t.tar", bytes + Tar.end)
        _ = try PackJob(PackOptions(kind: .regions, sources: [directory("t.tar")], output: directory("out"))).run()
        let sample = try ShardCorpus(directory: directory("out")).read(0)
        #expect(sample.members == regions.members)
    }

    @Test("a sample of more than a gigabyte is refused by its key")
    func largeSample() throws {
        let part = [UInt8](repeating: 0, count: 180 << 20)
        let sample = StoredSample(key: "large", members: (0..<6).map { .init(name: "part\($0)", bytes: part) })
        let error = #expect(throws: StorageError.self) { try ArchivedSample(sample) }
        #expect(error?.description.contains("large: expected at most \(1 << 30) bytes") == true)
    }
}
