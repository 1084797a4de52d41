import Rehearsal
import Runtime
import Storage
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
        let directory = try TemporaryDirectory()
        let path = directory.path + "/tokenizer"
        let tokenizer = try Goldens.tokenizer(lowercases: true)
        #expect(!Tokenizer.exists(in: path))
        try tokenizer.save(to: path + "/")
        #expect(Tokenizer.exists(in: path))
        #expect(try Directory.names(in: directory.path) == ["tokenizer"])
        let loaded = try Tokenizer(directory: path)
        #expect(loaded.tokens == tokenizer.tokens)
        #expect(loaded.merges == tokenizer.merges)
        #expect(loaded.lowercases)
        #expect(loaded.files.map(\.contents) == tokenizer.files.map(\.contents))
        #expect(throws: StorageError.self) { try tokenizer.save(to: path) }
    }

    @Test("a missing file is named with the system's reason")
    func missing() throws {
        let text = try fault { try Tokenizer(directory: "/nowhere") }
        #expect(text.contains("/nowhere: expected a tokenizer") && text.contains("found nothing"))
        let directory = try TemporaryDirectory()
        try AtomicFile.write(Array("{}".utf8), to: directory("vocab.json"))
        let half = try fault { try Tokenizer(directory: directory.path) }
        #expect(half.contains("/merges.txt") && half.contains("No such file"))
    }

    @Test("a directory with tokenizer.json is read from that")
    func document() throws {
        let directory = try TemporaryDirectory()
        try AtomicFile.write(Goldens.bytes("gpt2.tokenizer.json"), to: directory.path + "/tokenizer.json")
        try AtomicFile.write(Array("nonsense".utf8), to: directory.path + "/vocab.json")
        #expect(
            try Tokenizer(directory: directory.path).files.map(\.contents)
                == Goldens.document("gpt2").files.map(\.contents))
    }

    @Test("a broken vocabulary is named with its line")
    func brokenVocabulary() throws {
        #expect(try fault { try load(vocabulary: "") }.contains("d/vocab.json line 1: expected {"))
        #expect(
            try fault { try load(vocabulary: "{\n\"a\": 1,\n\"b\" 2}") }.contains("line 3: expected :, found \"2}\""))
        #expect(try fault { try load(vocabulary: "{\"a\": 1") }.contains("found the end of the file"))
        #expect(try fault { try load(vocabulary: "{\"a\": -1}") }.contains("expected an id"))
        #expect(try fault { try load(vocabulary: "{\"a\": 1000000000}") }.contains("expected an id"))
        #expect(try fault { try load(vocabulary: "{\"\\uD800\": 1}") }.contains("surrogates"))
        #expect(
            try fault { try load(vocabulary: "{\"<s>\": 0,\n\"<pad>\": 0}") }.contains("line 2: expected ids 0 ..< 2"))
        #expect(try fault { try load(vocabulary: "{\"a\": 0,\n\"b\": 7}") }.contains("line 2: expected ids 0 ..< 2"))
        #expect(
            try fault { try load(vocabulary: "{\"a\": 0,\n\"a\": 1}") }.contains("line 2: expected every token once"))
        #expect(try fault { try load(vocabulary: "{\"<s>\":0,\"\\u0061\":1}") }.contains("for byte 0"))
    }

    @Test("a broken merge is named with its line")
    func brokenMerges() throws {
        #expect(try fault { try load(merges: "#version: 0.2\nt h e\n") }.contains("d/merges.txt line 2"))
        #expect(try fault { try load(merges: "t 東\n") }.contains("spelled in the alphabet of bytes, found \"東\""))
        #expect(try fault { try load(merges: "t\n") }.contains("found \"t\""))
        #expect(
            try fault { try load(merges: "t h\n\nh e\n") }.contains("line 2: expected a merge, found an empty line"))
        #expect(try fault { try load(merges: "z z\n") }.contains("that make a third of the vocabulary, found \"zz\""))
        #expect(try fault { try load(merges: "zzz z\n") }.contains("two tokens of the vocabulary, found \"zzz\""))
    }

    @Test("merges that make next to nothing of the vocabulary belong to another")
    func foreignMerges() throws {
        let first = try Goldens.text("merges.txt").split(separator: "\n").prefix(20).joined(separator: "\n")
        #expect(try fault { try load(merges: first) }.contains("merges for most of the 139 longer tokens"))
    }

    @Test("headers, carriage returns and empty lines at the end change nothing; of equal merges the last counts")
    func mergeLines() throws {
        let text = try Goldens.text("merges.txt")
        let merges = try Goldens.tokenizer().merges
        let headless = text.split(separator: "\n").dropFirst().joined(separator: "\n")
        for other in [headless, text.replacing("\n", with: "\r\n"), text + "\n\n", headless + "\n#version: 0.3"] {
            #expect(try load(merges: other).merges == merges)
        }
        let again = try load(merges: headless + "\n" + headless.split(separator: "\n")[0])
        let moved = try load(
            merges: (headless.split(separator: "\n").dropFirst() + headless.split(separator: "\n").prefix(1))
                .joined(separator: "\n"))
        for row in try Goldens.rows() { #expect(again.encode(row.text) == moved.encode(row.text)) }
    }

    @Test("a setting that is no truth value is refused")
    func brokenConfiguration() throws {
        #expect(try load(configuration: "{}").lowercases == false)
        #expect(try load(configuration: "{\"add_prefix_space\": true, \"other\": [1, {}]}").addsPrefixSpace)
        #expect(try fault { try load(configuration: "{\"do_lower_case\": 3}") }.contains("tokenizer_config.json"))
        #expect(try fault { try load(configuration: "{\"add_prefix_space\": \"no\"}") }.contains("true or false"))
        #expect(try fault { try load(configuration: "{\"added_tokens_decoder\": []}") }.contains("an object"))
        let nested = String(repeating: "[", count: 100_000)
        #expect(try fault { try load(configuration: "{\"x\": \(nested)") }.contains("levels of brackets"))
    }
}
