import Batches
import Rehearsal
import Runtime
import Testing
import Text

@testable import Corpora

@Suite("Texts in sequences") struct TextPackingTests {
    /// One token for each letter, beginning at 10; a word starts after a blank.
    private static let letters: Tokenize = { text in
        let scalars = text.unicodeScalars.map { Int32($0.value) }
        return (scalars, scalars.indices.map { $0 == 0 || scalars[$0 - 1] == 32 })
    }

    private static func corpus(_ texts: [(key: String, text: String)]) -> MemoryCorpus {
        MemoryCorpus(
            name: "t", kind: .texts,
            samples: texts.map {
                StoredSample(key: $0.key, members: [.init(name: "txt", bytes: Array($0.text.utf8))])
            })
    }

    private static func samples(_ corpus: any StoredCorpus, maxTokens: Int) throws -> [Sample] {
        let decoder = SampleDecoder(
            needs: SampleNeeds(maxTokens: maxTokens, packsTexts: true), prepare: { _, _ in }, tokenize: letters)
        return try (0..<corpus.count).map {
            try decoder.decode(try corpus.read($0), random: RandomKey(seed: 1, purpose: .masking))
        }
    }

    @Test("no token is lost, however long the texts and short the sequences", arguments: [5, 8, 20, 64, 500])
    func nothingIsLost(maxTokens: Int) throws {
        let texts = (0..<37).map { number in
            (key: "t\(number)", text: String(repeating: "word\(number) ", count: 1 + number % 9) + "end")
        }
        let corpus = PackedTexts.filling(sequenceBytes: maxTokens - 2, of: Self.corpus(texts))
        var found = ""
        for sample in try Self.samples(corpus, maxTokens: maxTokens) {
            for (number, sequence) in ([sample] + sample.continuations).enumerated() {
                #expect(sequence.tokens.first == TextEnds().start && sequence.tokens.last == TextEnds().end)
                #expect(sequence.tokens.count <= maxTokens && sequence.wordStarts.count == sequence.tokens.count)
                let inner = sequence.tokens.dropFirst().dropLast()
                if number == 0 { found += "|" }
                found += String(inner.map { $0 == TextEnds().end ? "|" : Character(Unicode.Scalar(UInt32($0))!) })
            }
        }
        #expect(found == texts.map { "|" + $0.text }.joined())
    }

    @Test("pieces of one document become one text again, documents are kept apart by </s>")
    func piecesJoin() throws {
        let packed = PackedTexts(
            Self.corpus([
                ("a@0000000000", "One."), ("a@0000000005", "Two."), ("b", "Three."), ("c@0000000000", "Four."),
                ("c@0000000006", "Five."),
            ]), group: 3)
        #expect(packed.count == 2)
        #expect(
            try packed.read(0).members.map { String(decoding: $0.bytes, as: UTF8.self) } == ["One. Two.", "Three."])
        #expect(try packed.read(1).members.map { String(decoding: $0.bytes, as: UTF8.self) } == ["Four. Five."])
        #expect(try packed.key(1) == "c@0000000000")
        #expect(try packed.textBytes(0) == 14)
    }

    @Test("a long text goes on in sequences of nearly equal length, cut between words, each masked on its own")
    func longTexts() throws {
        let text = String(repeating: "lorem ipsum ", count: 30)
        var prepared: [Int] = []
        let decoder = SampleDecoder(
            needs: SampleNeeds(maxTokens: 100, packsTexts: true),
            prepare: { sample, random in
                sample.masked = [MaskedToken(row: Int32(random.pass) + 1, label: 7)]
            }, tokenize: Self.letters)
        let stored = StoredSample(key: "k", members: [.init(name: "txt", bytes: Array(text.utf8))])
        let sample = try decoder.decode(stored, random: RandomKey(seed: 1, purpose: .masking))
        prepared = ([sample] + sample.continuations).map(\.tokens.count)
        #expect(prepared.count == 4 && prepared.max()! - prepared.min()! <= 12, "\(prepared)")
        for (number, sequence) in sample.continuations.enumerated() {
            #expect(sequence.wordStarts[1])
            #expect(sequence.masked == [MaskedToken(row: Int32(number) + 2, label: 7)])
        }
        var rows = TextRows()
        rows.append(sample, position: 5)
        #expect(rows.positions == [5, 5 + 1 << 24, 5 + 2 << 24, 5 + 3 << 24])
        #expect(rows.offsets.count == 5 && rows.labels.count == 4)
    }

    @Test("frames of packed texts count every sample once")
    func frames() {
        final class Framed: StoredCorpus {
            let inner: MemoryCorpus
            init(_ inner: MemoryCorpus) { self.inner = inner }
            var name: String { inner.name }
            var kind: CorpusKind { inner.kind }
            var count: Int { inner.count }
            var fingerprint: String { inner.fingerprint }
            var frameSamples: [Int] { [1, 2, 10, 3, 1, 1, 1, 1] }
            func read(_ index: Int) throws -> StoredSample { try inner.read(index) }
        }
        let corpus = Framed(Self.corpus((0..<20).map { ("\($0)", "x") }))
        for group in 1...7 {
            let packed = PackedTexts(corpus, group: group)
            #expect(packed.frameSamples.reduce(0, +) == packed.count)
            #expect(packed.frameSamples.allSatisfy { $0 > 0 })
        }
    }
}
