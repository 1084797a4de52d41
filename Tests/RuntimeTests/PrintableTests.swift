import Runtime
import Testing

@Suite struct PrintableTests {
    @Test("what a terminal would obey is written out, and everything else stays")
    func writesOut() {
        #expect("a\u{1B}[31m\u{7}\u{0}b".printable == "a\\u{1B}[31m\\u{7}\\u{0}b")
        #expect("\u{9B}2J\u{7F}\u{85}".printable == "\\u{9B}2J\\u{7F}\\u{85}")
        #expect(
            "\u{202E}\u{2066}\u{200F}\u{61C}\u{2028}\u{FEFF}".printable
                == "\\u{202E}\\u{2066}\\u{200F}\\u{61C}\\u{2028}\\u{FEFF}")
        let plain = "naïve 犬 🏳️‍🌈 \u{301} नि  ~ \u{A0}"
        #expect(plain.printable == plain && plain.printableLine == plain)
    }

    @Test("a carriage return is written out, also before a line feed; line feeds and tabs only where there is one line")
    func lines() {
        #expect("a\tb\nc\r\nd".printable == "a\tb\nc\\u{D}\nd")
        #expect("a\tb\nc\r\nd".printableLine == "a\\u{9}b\\u{A}c\\u{D}\\u{A}d")
    }
}
