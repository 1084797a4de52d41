import Testing

@testable import Text

@Suite struct TrainerTests {
    private func trained(_ lines: [String], size: Int, frequency: Int = 2) throws -> Tokenizer {
        var trainer = try TokenizerTrainer(vocabularySize: size, minimumFrequency: frequency)
        for line in lines { trainer.add(line) }
        return trainer.train()
    }

    private func corpus() throws -> [String] {
        String(decoding: try Goldens.bytes("corpus.txt"), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("training makes the vocabulary and the merges that Hugging Face's trainer makes")
    func goldens() throws {
        let (mine, golden) = (try trained(corpus(), size: 400), try Goldens.tokenizer())
        #expect(mine.tokens == golden.tokens)
        #expect(mine.merges == golden.merges)
    }

    @Test("the order of the lines does not matter")
    func order() throws {
        let lines = try corpus()
        let (forwards, backwards) = (try trained(lines, size: 380), try trained(lines.reversed(), size: 380))
        #expect(forwards.tokens == backwards.tokens)
    }

    @Test("special tokens stand where RoBERTa has them, the mask last")
    func specials() throws {
        let tokenizer = try trained(["a cat", "a cat sat"], size: 300)
        #expect(
            tokenizer.tokens.prefix(4).map { String(decoding: $0, as: UTF8.self) } == ["<s>", "<pad>", "</s>", "<unk>"])
        #expect(Int(tokenizer.specials.mask) == tokenizer.vocabularySize - 1)
        #expect(tokenizer.tokens[Int(tokenizer.specials.mask)] == Array("<mask>".utf8))
        // Too little text for 300 tokens: the vocabulary ends early rather than with pairs seen once.
        #expect(tokenizer.vocabularySize < 270)
        #expect([0, 1, 2, 3, tokenizer.specials.mask].allSatisfy(tokenizer.isSpecial))
        #expect(!tokenizer.isSpecial(4))
    }

    @Test("overlapping pairs are counted and merged from the left")
    func overlaps() throws {
        let tokenizer = try trained(["aaaaa aaaaa", "aaaa"], size: 264)
        for count in 1...9 {
            let text = String(repeating: "a", count: count)
            #expect(try tokenizer.decode(tokenizer.encode(text).ids) == text)
        }
        #expect(tokenizer.tokens.contains(Array("aa".utf8)))
    }

    @Test("a vocabulary without room for all bytes is refused")
    func tooSmall() {
        #expect(throws: TextError.vocabularyOutOfRange(asked: 260, allowed: 261...1 << 21)) {
            try TokenizerTrainer(vocabularySize: 260)
        }
    }
}
