import Testing

@testable import Text

@Suite struct TokenizerTests {
    @Test("ids and piece starts are Hugging Face's for the same files, in any script")
    func goldens() throws {
        let tokenizer = try Goldens.tokenizer()
        let rows = try Goldens.rows()
        #expect(rows.count > 400)
        // Twice: the second time from the cache of words.
        for row in rows + rows {
            let encoding = tokenizer.encode(row.text)
            #expect(encoding.ids == row.ids, "\(row.text.debugDescription)")
            #expect(encoding.wordStarts == row.starts.map { $0 == 1 }, "\(row.text.debugDescription)")
        }
    }

    @Test("decoding gives the text back")
    func roundTrip() throws {
        let tokenizer = try Goldens.tokenizer()
        for row in try Goldens.rows() {
            #expect(try tokenizer.decode(row.ids) == row.text)
        }
        #expect(try tokenizer.decode([0, 4 + 67, tokenizer.specials.mask, 2]).count == 1)
        #expect(try tokenizer.decode([0, tokenizer.specials.mask, 2], withSpecials: true) == "<s><mask></s>")
    }

    @Test("bytes that are not UTF-8 are encoded, and decode to replacement characters")
    func invalidBytes() throws {
        let tokenizer = try Goldens.tokenizer()
        for bytes: [UInt8] in [[0xFF], [0x61, 0xC3], [0xE6, 0x9D, 0x20, 0x62], [0xED, 0xA0, 0x80], [0xC0, 0x80]] {
            let encoding = tokenizer.encode(bytes)
            #expect(encoding.ids.flatMap { tokenizer.tokens[Int($0)] } == bytes)
            #expect(try tokenizer.bytes(of: encoding.ids) == bytes)
            #expect(try tokenizer.decode(encoding.ids) == String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test("an id of another vocabulary is named")
    func unknownID() throws {
        let tokenizer = try Goldens.tokenizer()
        for id: Int32 in [-1, 400, .max] {
            #expect(throws: TextError.unknownID(id, vocabularySize: 400)) { try tokenizer.decode([5, id]) }
        }
    }

    @Test("a lower-casing tokenizer encodes capitals as it encodes small letters")
    func lowercasing() throws {
        let (plain, lower) = (try Goldens.tokenizer(), try Goldens.tokenizer(lowercases: true))
        for text in ["A Small Red CIRCLE", "GROSSE BÄREN ÜBER DIE Straße", "БОЛЬШОЙ Медведь"] {
            #expect(lower.encode(text) == plain.encode(text.lowercased()))
            #expect(lower.encode(text) != plain.encode(text))
        }
    }

    @Test("many threads encode at once and agree with one")
    func threads() async throws {
        let tokenizer = try Goldens.tokenizer()
        let rows = try Goldens.rows()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { rows.filter { tokenizer.encode($0.text).ids == $0.ids }.count }
            }
            for try await equal in group { #expect(equal == rows.count) }
        }
    }

    @Test("a word of 200,000 letters is merged in time that does not grow with its square", .timeLimit(.minutes(1)))
    func longWord() throws {
        let tokenizer = try Goldens.tokenizer()
        let word = String(repeating: "reading", count: 30_000)
        let ids = tokenizer.encode(word).ids
        #expect(try tokenizer.decode(ids) == word)
    }
}
