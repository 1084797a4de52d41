import Storage
import Testing

@testable import Text

@Suite struct PreTokenizerTests {
    @Test("every scalar value of every plane is cut off from its neighbours where Hugging Face cuts", arguments: 0..<17)
    func planes(plane: UInt32) throws {
        let digests = try Goldens.decoded([String].self, "planes.json")
        var lengths: [UInt8] = []
        for first in stride(from: plane << 16, to: (plane + 1) << 16, by: 64) {
            let text = (first..<first + 64).compactMap(Unicode.Scalar.init).map { scalar in
                "a\(scalar)1\(scalar)!\(scalar) \(scalar)\(scalar) \n\(scalar)  "
            }.joined()
            lengths += pieces(Array(text.utf8)).map { UInt8($0.count) }
        }
        #expect(SHA256.hex(of: lengths) == digests[Int(plane)])
    }

    private func pieces(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        let cutter = PreTokenizer()
        return text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return [] }
            var (at, result) = (0, [ArraySlice<UInt8>]())
            while at < text.count {
                let end = cutter.pieceEnd(base, from: at, to: text.count)
                result.append(text[at..<end])
                at = end
            }
            return result
        }
    }

    @Test("pieces follow each other without gaps, whatever the bytes")
    func anyBytes() {
        var random = TestRandom(seed: 4)
        for _ in 0..<2000 {
            let text = (0..<random.below(40)).map { _ in UInt8(random.below(256)) }
            #expect(Array(pieces(text).joined()) == text)
        }
    }
}

/// A small generator, so that a failure can be had again.
struct TestRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(truncatingIfNeeded: state >> 33) % bound
    }
}
