import Tensors
import Testing

@Suite struct BitHashTests {
    private func hash(_ values: [Float]) -> UInt64 {
        values.withUnsafeBufferPointer { bitHash($0.baseAddress!, count: $0.count) }
    }

    @Test("one flipped bit anywhere changes the hash, at every length around a block", arguments: [1, 63, 64, 65, 200])
    func flippedBits(count: Int) {
        let values = (0..<count).map { Float($0) * 0.1 }
        let whole = hash(values)
        #expect(hash(values) == whole)
        var found: Set<UInt64> = [whole]
        for place in 0..<count {
            for bit in 0..<32 {
                var changed = values
                changed[place] = Float(bitPattern: values[place].bitPattern ^ 1 << UInt32(bit))
                found.insert(hash(changed))
            }
        }
        #expect(found.count == 1 + 32 * count, "all differ, from each other too")
    }

    @Test("order and length count, and so do bits that compare equal as numbers")
    func orderAndBits() {
        #expect(hash([1, 2]) != hash([2, 1]))
        #expect(hash([0]) != hash([0, 0]) && hash([0]) != hash([-0.0]))
        #expect(hash([Float(bitPattern: 0x7FC0_0001)]) != hash([Float(bitPattern: 0x7FC0_0002)]))
        var blocks = [Float](repeating: 0, count: 256)
        blocks[3] = 1
        var moved = [Float](repeating: 0, count: 256)
        moved[3 + 64] = 1
        #expect(hash(blocks) != hash(moved))
        #expect(combinedHash([1, 2]) != combinedHash([2, 1]))
    }
}
