import Runtime
import Testing
import Text

@Suite struct SentenceCutterTests {
    private func cut(_ text: String, _ maxBytes: Int) -> [String] {
        let bytes = Array(text.utf8)
        return SentenceCutter(maxBytes: maxBytes).pieces(of: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    private func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy { $0.properties.isWhitespace } }

    @Test("a piece ends at the last sentence end that fits")
    func sentences() {
        #expect(
            cut("One two three. Four five! Six? Seven eight nine.", 32) == [
                "One two three. Four five! Six?", "Seven eight nine.",
            ])
        #expect(cut("He said \"go.\" Then he went away again.", 24) == ["He said \"go.\"", "Then he went away again."])
        #expect(cut("今日は晴れ。明日は雨。昨日は雪だった。", 36) == ["今日は晴れ。明日は雨。", "昨日は雪だった。"])
        #expect(cut("a title without stop\nand a second line", 26) == ["a title without stop", "and a second line"])
    }

    @Test("initials, abbreviations and numbers end no sentence")
    func abbreviations() {
        #expect(cut("It ends. Here J. Smith comes along", 22) == ["It ends.", "Here J. Smith comes", "along"])
        #expect(cut("It ends. See fig. two or 3.14 and so", 24) == ["It ends.", "See fig. two or 3.14 and", "so"])
    }

    @Test("a sentence that is too long is cut at a blank, a word that is too long between scalars")
    func longSentences() {
        #expect(cut("alpha beta gamma delta epsilon", 16) == ["alpha beta gamma", "delta epsilon"])
        #expect(
            cut(String(repeating: "é", count: 20), 17) == [
                String(repeating: "é", count: 8), String(repeating: "é", count: 8), "éééé",
            ])
        #expect(cut(" \n\u{3000}\u{A0}", 16) == [] && cut("", 16) == [] && cut(" x\u{2028}", 16) == ["x"])
    }

    @Test("pieces lie in order, fit, and leave out nothing but white space, for any text and in any parts")
    func nothingIsLost() {
        let alphabet = Array("ab.A!?。…\u{2019}\") \n\t\u{3000}\u{A0}é犬🙂\u{301}\u{0085}1".unicodeScalars)
        var random = RandomKey(seed: 5, purpose: .test).stream
        for round in 0..<400 {
            var text = String.UnicodeScalarView()
            for _ in 0..<random.integer(below: 300) { text.append(alphabet[random.integer(below: alphabet.count)]) }
            let bytes = Array(String(text).utf8)
            let cutter = SentenceCutter(maxBytes: 16 + random.integer(below: 60))
            var place = 0
            for piece in cutter.pieces(of: bytes) {
                let gap = String(decoding: bytes[place..<piece.lowerBound], as: UTF8.self)
                #expect(isBlank(gap), "round \(round)")
                #expect(!piece.isEmpty && piece.count <= cutter.maxBytes)
                #expect(String(validating: bytes[piece], as: UTF8.self) != nil, "round \(round): cut within a scalar")
                place = piece.upperBound
            }
            let rest = String(decoding: bytes[place...], as: UTF8.self)
            #expect(isBlank(rest), "round \(round)")
        }
    }
}
