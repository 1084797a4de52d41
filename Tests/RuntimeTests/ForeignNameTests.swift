import Runtime
import Testing

@Suite struct ForeignNameTests {
    @Test("bytes of every kind come back, and UTF-8 is the text it is")
    func roundTrip() {
        var random: UInt64 = 1
        for length in 0..<400 {
            let bytes = (0..<length % 40).map { _ in
                random = random &* 6_364_136_223_846_793_005 &+ 1
                return UInt8(truncatingIfNeeded: random >> 33) | (length % 3 == 0 ? 0x80 : 0)
            }
            #expect(ForeignName.bytes(ForeignName.text(bytes)) == bytes, "\(bytes)")
        }
        for text in ["", "a/b.png", "caf\u{E9}", "cafe\u{301}", "犬\u{1F415}", "\u{FFFD}"] {
            #expect(ForeignName.text(Array(text.utf8)).utf8.elementsEqual(text.utf8))
        }
    }

    @Test("no two names become one: a scalar that stands for a byte is taken byte by byte itself")
    func injective() {
        let marks = (0x80...0xFF).map { Array(String(Unicode.Scalar(0x10FF00 + UInt32($0))!).utf8) }
        let bytes = (0x80...0xFF).map { [UInt8($0)] }
        let names = (marks + bytes).map { ByteText(ForeignName.text($0)) }
        #expect(Set(names).count == 256)
        for (name, whole) in zip(names, marks + bytes) { #expect(ForeignName.bytes(name.text) == whole) }
        #expect(ForeignName.shown(ForeignName.text([0x63, 0xE9])) == "c\\xE9")
    }

    @Test("a path with a zero in it names nothing, rather than what stands before the zero")
    func zero() {
        #expect("a".systemPath == [0x61, 0])
        #expect("/etc/passwd\0.png".systemPath == [0])
    }

    @Test("texts that look alike are told apart, and sorted by their bytes")
    func byteText() {
        let (composed, decomposed) = (ByteText("caf\u{E9}"), ByteText("cafe\u{301}"))
        #expect(composed != decomposed && composed.text == decomposed.text)
        #expect(Set([composed, decomposed, ByteText("caf\u{E9}")]).count == 2)
        #expect([composed, decomposed].sorted() == [decomposed, composed])
    }
}
