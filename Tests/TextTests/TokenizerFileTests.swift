import Glibc
import Runtime
import Testing

@testable import Text

@Suite struct TokenizerFileTests {
    private func load(
        vocabulary: String? = nil, merges: String? = nil, configuration: String? = nil
    ) throws -> Tokenizer {
        try Tokenizer(
            vocabulary: vocabulary.map { Array($0.utf8) } ?? Goldens.bytes("vocab.json"),
            merges: merges.map { Array($0.utf8) } ?? Goldens.bytes("merges.txt"),
            configuration: configuration.map { Array($0.utf8) }, directory: "d")
    }

    private func fault(_ body: () throws -> Tokenizer) throws -> String {
        let error = try #require(throws: TextError.self) { _ = try body() }
        #expect(error.exitCode == .data)
        return error.description
    }

    @Test("what is saved is loaded again, and saving it again writes the same bytes")
    func roundTrip() throws {
        var template = Array("/tmp/tokenizer-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        let directory = String(cString: try #require(made))
        defer {
            for name in ["vocab.json", "merges.txt", "tokenizer_config.json"] { unlink(directory + "/" + name) }
            rmdir(directory)
        }
        let tokenizer = try Goldens.tokenizer(lowercases: true)
        try tokenizer.save(to: directory)
        let loaded = try Tokenizer(directory: directory)
        #expect(loaded.tokens == tokenizer.tokens)
        #expect(loaded.merges.map(\.id) == tokenizer.merges.map(\.id))
        #expect(loaded.lowercases)
        #expect(loaded.files.map(\.contents) == tokenizer.files.map(\.contents))
    }

    @Test("a missing file is named with the system's reason")
    func missing() throws {
        let text = try fault { try Tokenizer(directory: "/nowhere") }
        #expect(text.contains("/nowhere/vocab.json") && text.contains("No such file"))
    }

    @Test("a broken vocabulary is named with its line")
    func brokenVocabulary() throws {
        #expect(try fault { try load(vocabulary: "") }.contains("d/vocab.json line 1: expected {"))
        #expect(
            try fault { try load(vocabulary: "{\n\"a\": 1,\n\"b\" 2}") }.contains("line 3: expected :, found \"2}\""))
        #expect(try fault { try load(vocabulary: "{\"a\": 1") }.contains("found the end of the file"))
        #expect(try fault { try load(vocabulary: "{\"a\": -1}") }.contains("expected an id"))
        #expect(try fault { try load(vocabulary: "{\"\\uD800\": 1}") }.contains("surrogates"))
        #expect(
            try fault { try load(vocabulary: "{\"<s>\": 0,\n\"<pad>\": 0}") }.contains("line 2: expected ids 0 ..< 2"))
        #expect(try fault { try load(vocabulary: "{\"a\": 0,\n\"<pad>\": 1}") }.contains("expected <s> with id 0"))
        let small = "{\"<s>\":0,\"<pad>\":1,\"</s>\":2,\"<unk>\":3,\"\\u0061\":4,\"<mask>\":5}"
        #expect(try fault { try load(vocabulary: small) }.contains("for byte 0"))
    }

    @Test("a broken merge is named with its line")
    func brokenMerges() throws {
        #expect(try fault { try load(merges: "#version: 0.2\nt h e\n") }.contains("d/merges.txt line 2"))
        #expect(try fault { try load(merges: "t 東\n") }.contains("two tokens of the vocabulary"))
        #expect(try fault { try load(merges: "t\n") }.contains("found \"t\""))
    }

    @Test("a setting that is no truth value is refused")
    func brokenConfiguration() throws {
        #expect(try load(configuration: "{}").lowercases == false)
        #expect(try fault { try load(configuration: "{\"do_lower_case\": 3}") }.contains("tokenizer_config.json"))
    }

    @Test("random damage to the vocabulary is an error or a tokenizer, never a trap")
    func mutations() throws {
        let original = try Goldens.bytes("vocab.json")
        var state: UInt64 = 9
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(truncatingIfNeeded: state >> 33) % bound
        }
        var refused = 0
        for _ in 0..<300 {
            var bytes = original
            for _ in 0...random(3) { bytes[random(bytes.count)] = UInt8(random(256)) }
            do {
                _ = try Tokenizer(
                    vocabulary: bytes, merges: Goldens.bytes("merges.txt"), configuration: nil, directory: "d")
            } catch is TextError { refused += 1 }
        }
        #expect(refused > 200)
    }
}
