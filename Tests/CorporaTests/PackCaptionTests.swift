import Batches
import Runtime
import Testing

@testable import Corpora

@Suite struct PackCaptionTests {
    private func tokens(_ captions: [String], position: Int, batch: Int = 3) throws -> [Int32] {
        let decoder = SampleDecoder(needs: SampleNeeds(maxTokens: 9), prepare: { _, _ in }, tokenize: wordLengths)
        let stored = StoredSample(
            key: "k", members: [.init(name: "txt", bytes: Array("first".utf8)), CaptionList(captions).member])
        let random = RandomKey(seed: 1, batch: batch, position: position, purpose: .test)
        return try decoder.decode(stored, random: random).tokens
    }

    @Test("of several captions one is drawn each time, all about equally often, the same again for the same position")
    func drawn() throws {
        let captions = ["a", "bb", "ccc", "dddd", "eeeee"]
        var counts: [Int32: Int] = [:]
        for position in 0..<1000 {
            let drawn = try tokens(captions, position: position)
            #expect(try tokens(captions, position: position) == drawn)
            counts[drawn[1], default: 0] += 1
        }
        #expect(counts.count == 5 && counts.values.allSatisfy { (150...250).contains($0) }, "\(counts)")
        #expect(
            try (0..<50).contains { try tokens(captions, position: $0) != tokens(captions, position: $0, batch: 4) })
    }

    @Test("a list of captions that is none makes the sample unusable, with the reason")
    func broken() {
        let decoder = SampleDecoder(needs: SampleNeeds(maxTokens: 9), prepare: { _, _ in }, tokenize: wordLengths)
        let member = StoredSample.Member(name: CaptionList.memberName, bytes: Array("[]".utf8))
        let error = #expect(throws: UnusableSample.self) {
            try decoder.decode(StoredSample(key: "k", members: [member]), random: RandomKey(seed: 1, purpose: .test))
        }
        #expect(error?.reason.contains("`captions.json`: expected 1...65536 captions, found 0") == true)
    }
}
