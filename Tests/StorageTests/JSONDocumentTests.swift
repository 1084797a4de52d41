import Storage
import Testing

@Suite struct JSONDocumentTests {
    private struct Model: Decodable, Equatable {
        struct Stack: Decodable, Equatable { var heads: Int }
        enum Scores: String, Decodable { case balanced, summed }
        var text: Stack
        var names: [String]?
        var rate: Float?
        var scores: Scores?
    }

    private func reading(_ text: String) -> JSONDocument.Fault? {
        do throws(JSONDocument.Fault) {
            _ = try JSONDocument.decode(Model.self, Array(text.utf8))
            return nil
        } catch { return error }
    }

    @Test(
        "what is wrong is said by key, what was expected and what was found",
        arguments: [
            (#"{"text":{"heads":"4"}}"#, "`text.heads` to be an integer", "\"4\""),
            (#"{"text":{"heads":null}}"#, "`text.heads` to be an integer", "null"),
            (#"{"text":{"heads":true}}"#, "`text.heads` to be an integer", "true"),
            (#"{"text":{"heads":[1,2]}}"#, "`text.heads` to be an integer", "a list of 2"),
            (#"{"text":{}}"#, "a key `text.heads`", "none"), (#"{}"#, "a key `text`", "none"),
            (#"{"text":5}"#, "`text` to be an object", "5"), ("[]", "an object", "a list of 0"),
            (#"{"text":{"heads":1.5},"rate":0.25}"#, "a number that fits its key", "1.5 as `text.heads`"),
            (#"{"text":{"heads":18446744073709551616}}"#, "a number that fits its key", "as `text.heads`"),
            (#"{"text":{"heads":1e400}}"#, "a number that fits its key", "a number that is too large as `text.heads`"),
            (#"{"text":{"heads":4},"names":["a",5]}"#, "`names.1` to be text", "5"),
            (#"{"text":{"heads":4},"scores":"loud"}"#, "`scores` to be a value that it may have", "\"loud\""),
            (#"{"text":{"heads":4},"names":["\ud800"]}"#, "text that is Unicode", "half of a surrogate pair"),
            ("", "JSON", "0 bytes"), ("{,", "JSON", "2 bytes"), (#"{"text":{"heads":NaN}}"#, "JSON", "bytes"),
        ])
    func faults(_ text: String, _ expected: String, _ found: String) throws {
        let fault = try #require(reading(text))
        #expect(fault.expected == expected)
        #expect(fault.found.contains(found))
    }

    @Test("what is right is read")
    func right() {
        #expect(reading(#"{"text":{"heads":4},"rate":1e-12,"names":["\ud83d\ude00"],"scores":"summed"}"#) == nil)
    }

    @Test("half of a surrogate pair is told from a whole one, and from a backslash that is escaped")
    func surrogates() {
        for text in [#""\ud800""#, #""\udc00""#, #""\ud83dA""#, #""\ud83d\ud83d\ude00""#, #""\ud8"# + "00\""] {
            #expect(JSONDocument.hasHalfSurrogate(Array(text.utf8)))
        }
        for text in [#""\ud83d\ude00""#, #""\\ud800""#, #""A""#, "\"\\", #""\u"#, ""] {
            #expect(!JSONDocument.hasHalfSurrogate(Array(text.utf8)))
        }
    }
}
