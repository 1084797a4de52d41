import Foundation
import Runtime
import Testing

@testable import Text

@Suite struct TokenizerDocumentTests {
    @Test(
        "ids are Hugging Face's for its tokenizer.json, with names of special tokens as text and as tokens",
        arguments: ["roberta", "gpt2"])
    func goldens(name: String) throws {
        let tokenizer = try Goldens.document(name)
        let rows = try Goldens.documentRows(name)
        #expect(rows.count > 100)
        #expect(rows.contains { $0.ids != $0.special_ids })
        for row in rows {
            #expect(tokenizer.encode(row.text).ids == row.ids, "\(row.text.debugDescription)")
            let special = tokenizer.encode(row.text, recognizesSpecials: true).ids
            #expect(special == row.special_ids, "\(row.text.debugDescription)")
        }
    }

    @Test("saved as vocab.json and merges.txt, a tokenizer.json is the same tokenizer", arguments: ["roberta", "gpt2"])
    func saved(name: String) throws {
        let tokenizer = try Goldens.document(name)
        let files = Dictionary(uniqueKeysWithValues: tokenizer.files.map { ($0.name, $0.contents) })
        let loaded = try Tokenizer(
            vocabulary: try #require(files["vocab.json"]), merges: try #require(files["merges.txt"]),
            configuration: files["tokenizer_config.json"], directory: "d")
        #expect(loaded.files.map(\.contents) == tokenizer.files.map(\.contents))
        for row in try Goldens.documentRows(name) {
            #expect(loaded.encode(row.text).ids == row.ids)
            #expect(loaded.encode(row.text, recognizesSpecials: true).ids == row.special_ids)
        }
    }

    @Test("special tokens are found by name; those that are missing come after the last id")
    func specials() throws {
        let (roberta, gpt2) = (try Goldens.document("roberta"), try Goldens.document("gpt2"))
        #expect(roberta.specials.ids == [0, 1, 2, 3, 399])
        let size = Int32(try Goldens.document("gpt2").tokens.firstIndex(of: Array("<|endoftext|>".utf8)) ?? 0)
        #expect(gpt2.specials.ids == (1...5).map { size + $0 })
        #expect(gpt2.vocabularySize == Int(size) + 6)
        #expect(gpt2.isSpecial(size) && !gpt2.isSpecial(size - 1) && gpt2.isSpecial(size + 5))
        #expect(try gpt2.decode([size, 64, gpt2.specials.mask]).utf8.count == 1)
        #expect(try gpt2.decode([size], withSpecials: true) == "<|endoftext|>")
    }

    @Test("a blank before the text comes back as such; the rest of any text is the same")
    func roundTrip() throws {
        let (roberta, gpt2) = (try Goldens.document("roberta"), try Goldens.document("gpt2"))
        for row in try Goldens.rows() {
            #expect(try gpt2.decode(gpt2.encode(row.text).ids) == row.text)
            let prefix = row.text.isEmpty || row.text.utf8.first == UInt8(ascii: " ") ? "" : " "
            if ["东", "東", "BAR", "FOO", "the cat", "Ä"].contains(where: row.text.contains) { continue }
            #expect(try roberta.decode(roberta.encode(row.text).ids) == prefix + row.text)
        }
    }

    /// The document with one key changed.
    private func refusal(_ old: String, _ new: String, of name: String = "roberta") throws -> String {
        let text = try Goldens.text("\(name).tokenizer.json")
        #expect(text.contains(old))
        let changed = Array(text.replacingOccurrences(of: old, with: new).utf8)
        let error = try #require(throws: TextError.self) { _ = try Tokenizer(document: changed, path: "t.json") }
        #expect(error.exitCode == .data)
        return error.description
    }

    @Test(
        "another pipeline is refused by the key that says so",
        arguments: [
            ("\"normalizer\": null", "\"normalizer\": {\"type\": \"NFC\"}", "normalizer: expected null, found NFC"),
            ("\"type\": \"BPE\"", "\"type\": \"WordPiece\"", "model.type: expected \"BPE\", found \"WordPiece\""),
            ("\"type\": \"BPE\"", "\"type\": \"Unigram\"", "model.type: expected \"BPE\", found \"Unigram\""),
            ("\"byte_fallback\": false", "\"byte_fallback\": true", "model.byte_fallback: expected false, found true"),
            ("\"ignore_merges\": false", "\"ignore_merges\": true", "model.ignore_merges: expected false, found true"),
            ("\"dropout\": null", "\"dropout\": 0.1", "model.dropout: expected null, found 0.1"),
            ("\"end_of_word_suffix\": null", "\"end_of_word_suffix\": \"</w>\"", "model.end_of_word_suffix"),
            ("\"use_regex\": true", "\"use_regex\": false", "pre_tokenizer.use_regex: expected true, found false"),
            (
                "\"pre_tokenizer\": {\n\"type\": \"ByteLevel\"", "\"pre_tokenizer\": {\n\"type\": \"Metaspace\"",
                "pre_tokenizer: expected ByteLevel, found Metaspace"
            ),
            (
                "\"pre_tokenizer\": {\n\"type\": \"ByteLevel\"", "\"pre_tokenizer\": {\n\"type\": \"Sequence\"",
                "pre_tokenizer: expected ByteLevel, found Sequence"
            ),
            (
                "\"decoder\": {\n\"type\": \"ByteLevel\"", "\"decoder\": {\n\"type\": \"WordPiece\"",
                "decoder: expected ByteLevel, found WordPiece"
            ),
            ("RobertaProcessing", "Other", "post_processor"),
            ("\"version\": \"1.0\"", "\"version\": \"2.0\"", "t.json line 2: version: expected \"1.0\", found \"2.0\""),
            ("\"truncation\"", "\"trunkation\"", "trunkation: expected no such key"),
            ("\"special\": true", "\"special\": 1", "special true or false"),
        ])
    func refused(old: String, new: String, message: String) throws {
        let text = try refusal(old, new)
        #expect(text.contains(message))
        #expect(text.contains("t.json line "))
    }

    @Test("a vocabulary that is a list, and one that is missing, are refused")
    func otherVocabularies() throws {
        let start = "{\"version\": \"1.0\", \"pre_tokenizer\": {\"type\": \"ByteLevel\"}, \"model\": "
        for (model, message) in [
            ("{\"type\": \"BPE\", \"vocab\": [[\"a\", -1.5]], \"merges\": []}}", "expected {"),
            ("{\"type\": \"BPE\", \"merges\": []}}", "model.vocab: expected"),
            ("{\"type\": \"BPE\", \"vocab\": {}, \"merges\": [\"a b c\"]}}", "two tokens and one blank"),
            ("{\"type\": \"BPE\", \"vocab\": {}, \"merges\": [[\"a\"]]}}", "two tokens"),
            ("{\"type\": \"BPE\", \"vocab\": {}, \"vocab\": {}, \"merges\": []}}", "model.vocab once"),
        ] {
            let error = try #require(throws: TextError.self) {
                _ = try Tokenizer(document: Array((start + model).utf8), path: "t.json")
            }
            #expect(error.description.contains(message), "\(error)")
        }
    }

    @Test("an added token must have the id that the vocabulary gives it, and no id may be skipped")
    func addedIDs() throws {
        #expect(try refusal("\"id\": 399", "\"id\": 398").contains("the added token <mask> with id 399, found 398"))
        #expect(try refusal("\"id\": 405", "\"id\": 4050").contains("ids 0 ..< 406, each once, found 4050"))
    }
}
