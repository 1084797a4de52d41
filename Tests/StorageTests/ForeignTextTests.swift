import Rehearsal
import Runtime
import Storage
import Testing

@Suite struct ForeignTextTests {
    @Test("a mark is no part of a text, and line ends of Windows are line feeds")
    func marks() throws {
        #expect(try ForeignText.text([0xEF, 0xBB, 0xBF] + Array("a\r\nb\rc\n".utf8)) == "a\nb\rc\n")
        #expect(try ForeignText.text([0xEF, 0xBB, 0xBF]) == "" && ForeignText.text([]) == "")
        #expect(try ForeignText.text(Array("é\0".utf8)) == "é\0")
    }

    /// UTF-16 or UTF-32 of a text.
    private func encoded(_ text: String, width: Int, big: Bool, mark: Bool) -> [UInt8] {
        let units =
            width == 2 ? text.utf16.map { UInt32($0) } : text.unicodeScalars.map { $0.value }
        return ((mark ? [0xFEFF] : []) + units).flatMap { unit in
            let bytes = (0..<width).map { UInt8(truncatingIfNeeded: unit >> UInt32(8 * $0)) }
            return big ? bytes.reversed() : bytes
        }
    }

    @Test("UTF-16 and UTF-32 of either order, with a mark or without, are named with the command that converts them")
    func encodings() {
        for (width, name) in [(2, "UTF-16"), (4, "UTF-32")] {
            for big in [false, true] {
                for mark in [false, true] {
                    for text in ["a caption\n", "ein schönes Bild, 犬も"] {
                        let bytes = encoded(text, width: width, big: big, mark: mark)
                        let error = #expect(throws: ForeignText.Fault.self) { try ForeignText.text(bytes) }
                        let words = "\(String(describing: error))"
                        #expect(words.contains(name) && words.contains("iconv -f \(name)"), "\(words)")
                        #expect(words.contains(big ? "big-endian" : "little-endian"), "\(words)")
                    }
                }
            }
        }
    }

    @Test("other bytes are named with the first that is wrong")
    func others() {
        let error = #expect(throws: ForeignText.Fault.self) {
            try ForeignText.text(Array("été".utf8.prefix(3)) + [0xE9])
        }
        #expect(error?.offset == 3 && error?.description.contains("0xE9 at 3") == true, "\(String(describing: error))")
    }

    @Test("lines of a file begin behind its mark; a file in UTF-16 is refused with its name")
    func lines() throws {
        let directory = try TemporaryDirectory()
        try directory.put("a.txt", "\u{FEFF}one\r\ntwo")
        var lines = try TextLines(path: directory("a.txt"))
        let first = try lines.next()
        #expect(try first?.text == "one" && first?.offset == 3)
        #expect(try lines.next().map { String(decoding: $0.content, as: UTF8.self) } == "two")
        try directory.put("b.txt", encoded("one\ntwo\n", width: 2, big: false, mark: true))
        let error = #expect(throws: StorageError.self) { try TextLines(path: directory("b.txt")) }
        #expect(error?.description.contains("b.txt at byte 0: expected text in UTF-8, found UTF-16") == true)
    }
}
