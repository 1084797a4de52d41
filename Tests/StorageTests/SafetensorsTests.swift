import Rehearsal
import Runtime
import Storage
import Testing

@Suite struct SafetensorsTests {
    private let tensors = [
        StoredTensor(name: "b.weight", dtype: .f32, shape: [2, 3]),
        StoredTensor(name: "a \"quoted\" é", dtype: .bf16, shape: [5]),
        StoredTensor(name: "empty", dtype: .i64, shape: [0, 4]),
        StoredTensor(name: "scalar", dtype: .f64, shape: []),
    ]

    private func bytes(_ tensor: StoredTensor) -> [UInt8] { noise(tensor.byteCount, seed: UInt64(tensor.name.count)) }

    private func write(to path: String) throws {
        let writer = try SafetensorsWriter(
            file: OutputFile(path: path), tensors: tensors, metadata: ["format": "pt", "note": "ü"])
        for tensor in tensors {
            try bytes(tensor).withUnsafeBytes { all in
                let half = all.count / 2
                try writer.write(tensor.name, UnsafeRawBufferPointer(rebasing: all[..<half]))
                try writer.write(tensor.name, UnsafeRawBufferPointer(rebasing: all[half...]))
            }
        }
        _ = try writer.finish()
    }

    @Test("tensors, shapes, types and metadata come back; data begins at a multiple of 8")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        try write(to: directory("t.safetensors"))
        let file = try SafetensorsFile(path: directory("t.safetensors"))
        #expect(file.metadata == ["format": "pt", "note": "ü"])
        #expect(Set(file.tensors.map(\.name)) == Set(tensors.map(\.name)))
        for tensor in tensors {
            #expect(file[tensor.name] == tensor)
            #expect(try file.bytes(of: tensor.name) == bytes(tensor))
        }
        var part = [UInt8](repeating: 0, count: 4)
        try part.withUnsafeMutableBytes { try file.read("b.weight", at: 8, into: $0) }
        #expect(part == Array(bytes(tensors[0])[8..<12]))
        let raw = try InputFile.contents(of: directory("t.safetensors"), limit: 1 << 20)
        #expect(raw[0] % 8 == 0 && raw[8] == UInt8(ascii: "{"))
    }

    /// A file with this header and this many bytes of data.
    private func file(_ header: String, data: Int) -> [UInt8] {
        let json = Array(header.utf8)
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json + noise(data, seed: 5)
    }

    @Test(
        "a header that lies is refused",
        arguments: [
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 7),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8),
            (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8),
            (#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}}"#, 8),
            (#"{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}"#, 8),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, 8),
            (#"{"a":{"dtype":"F32","shape":[2]}}"#, 8),
            (
                #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
                3
            ),
            (
                #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}}"#,
                5
            ),
            (
                #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
                4
            ),
            (#"{"__metadata__":{"a":1}}"#, 0), ("[]", 0), ("{", 0), (" {}", 0), ("", 0),
            (String(repeating: "[", count: 100_000), 0), (String(repeating: #"{"a":"#, count: 100_000), 0),
        ])
    func lyingHeader(header: String, data: Int) throws {
        let directory = try TemporaryDirectory()
        try AtomicFile.write(file(header, data: data), to: directory("t"))
        #expect(throws: StorageError.self) { try SafetensorsFile(path: directory("t")) }
    }

    @Test("an absurd header length is refused without reserving memory")
    func absurdLength() throws {
        let directory = try TemporaryDirectory()
        for length in [UInt64.max, 1 << 40, 100_000_001, 3] {
            let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}".utf8)
            try AtomicFile.write(bytes, to: directory("t"))
            #expect(throws: StorageError.self) { try SafetensorsFile(path: directory("t")) }
        }
    }

    @Test("truncated anywhere, the file is refused")
    func truncated() throws {
        let directory = try TemporaryDirectory()
        try write(to: directory("t"))
        let good = try InputFile.contents(of: directory("t"), limit: 1 << 20)
        for length in 0..<good.count {
            try AtomicFile.write(Array(good[..<length]), to: directory("u"))
            #expect(throws: StorageError.self, "length \(length)") { try SafetensorsFile(path: directory("u")) }
        }
    }

    @Test("the index round-trips and refuses to point outside its directory")
    func index() throws {
        let directory = try TemporaryDirectory()
        let index = SafetensorsIndex(totalSize: 12, files: ["a": "model-00001-of-00001.safetensors"])
        try AtomicFile.write(index.bytes, to: directory("i"))
        #expect(try SafetensorsIndex(path: directory("i")) == index)
        let evil = SafetensorsIndex(totalSize: 12, files: ["a": "../x"])
        try AtomicFile.write(evil.bytes, to: directory("i"))
        #expect(throws: StorageError.self) { try SafetensorsIndex(path: directory("i")) }
    }
}
