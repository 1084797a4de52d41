import Runtime
import Testing

@testable import Text

@Suite("Sizes in tokenizer files, and cuts within letters") struct CapTests {
    @Test("a letter whose last byte is that of a blank is not cut, and loses nothing", arguments: [16, 17, 40])
    func letters(maxBytes: Int) {
        // U+0085 and U+00A0 are blanks; the same bytes end these letters.
        for letter in ["à", "Å", "र", "\u{845}", "\u{1F405}", "\u{1F420}"] {
            for text in [String(repeating: letter, count: 40), String(repeating: "x" + letter, count: 40)] {
                let bytes = Array(text.utf8)
                let pieces = SentenceCutter(maxBytes: maxBytes).pieces(of: bytes)
                #expect(pieces.allSatisfy { String(validating: bytes[$0], as: UTF8.self) != nil }, "\(letter)")
                #expect(pieces.flatMap { bytes[$0] } == bytes, "\(letter)")
            }
        }
        let text = "voilà donc déjà là-bas voilà donc déjà là-bas voilà donc déjà là-bas"
        let bytes = Array(text.utf8)
        let words = SentenceCutter(maxBytes: maxBytes).pieces(of: bytes).map {
            String(decoding: bytes[$0], as: UTF8.self)
        }
        #expect(words.joined(separator: " ") == text)
    }

    private func message(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return "no error"
    }

    private func configured(_ configuration: String) throws -> Tokenizer {
        try Tokenizer(
            vocabulary: Goldens.bytes("vocab.json"), merges: Goldens.bytes("merges.txt"),
            configuration: Array(configuration.utf8), directory: "d")
    }

    @Test("an added token of more than a kilobyte is refused")
    func addedToken() throws {
        let count = try configured("{}").vocabularySize
        func configuration(_ length: Int) -> String {
            let content = String(repeating: "x", count: length)
            return #"{"added_tokens_decoder": {"\#(count)": {"content": "\#(content)"}}}"#
        }
        #expect(try configured(configuration(1024)).vocabularySize == count + 1)
        #expect(message { _ = try configured(configuration(1025)) }.contains("content of at most 1024 bytes"))
    }

    @Test("values beyond a million are refused before they fill the memory")
    func values() {
        let text = #"{"x": ["# + String(repeating: "0,", count: 1 << 20) + "0]}"
        #expect(message { _ = try configured(text) }.contains("at most 1048576 values"))
    }

    @Test("merges and tokens beyond what ids can number are refused")
    func counts() throws {
        let merge = Array("a b\n".utf8)
        var merges: [UInt8] = []
        merges.reserveCapacity(merge.count * (MergeTable.mostMerges + 1))
        for _ in 0...MergeTable.mostMerges { merges += merge }
        #expect(
            message { _ = try MergesFile.read(merges, path: "merges.txt") }
                .contains("at most \(MergeTable.mostMerges) merges"))
        var vocabulary = Array("{".utf8)
        for _ in 0...MergeTable.mostTokens { vocabulary += Array(#""":0,"#.utf8) }
        var reader = JSONReader(vocabulary, path: "vocab.json")
        #expect(
            message { _ = try VocabularyEntry.readAll(&reader) }.contains("at most \(MergeTable.mostTokens) tokens"))
    }
}
