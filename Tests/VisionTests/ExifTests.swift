import Testing

@testable import Vision

/// EXIF's orientation however it is stored.
@Suite struct ExifTests {
    /// A TIFF block whose only entry is the orientation.
    private func block(big: Bool, type: Int, width: Int, count: Int = 1, value: Int, away: Bool = false) -> [UInt8] {
        func number(_ value: Int, _ bytes: Int) -> [UInt8] {
            let little = (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            return big ? little.reversed() : little
        }
        let values = number(value, width) + (1..<min(max(count, 1), 8)).flatMap { _ in number(1, width) }
        let field = away ? number(26, 4) : values + [UInt8](repeating: 0, count: max(0, 4 - values.count))
        return Array((big ? "MM" : "II").utf8) + number(42, 2) + number(8, 4) + number(1, 2) + number(0x0112, 2)
            + number(type, 2) + number(count, 4) + field.prefix(4) + number(0, 4) + (away ? values : [])
    }

    private func orientation(_ block: [UInt8]) -> Orientation { block.withUnsafeBytes { Orientation(exif: $0) } }

    @Test("BYTE, SHORT, LONG and the signed ones, in either order, in the entry or away from it")
    func types() {
        for value in 1...8 {
            let wanted = Orientation(tag: value)
            for big in [false, true] {
                for (type, width) in [(1, 1), (3, 2), (4, 4), (6, 1), (8, 2), (9, 4)] {
                    #expect(orientation(block(big: big, type: type, width: width, value: value)) == wanted)
                    let several = 4 / width
                    #expect(
                        orientation(block(big: big, type: type, width: width, count: several, value: value)) == wanted)
                    let away = block(big: big, type: type, width: width, count: several + 1, value: value, away: true)
                    #expect(orientation(away) == wanted, "type \(type), big \(big)")
                }
            }
        }
    }

    @Test("other types, no values, and values that lie outside are upright")
    func others() {
        for big in [false, true] {
            for (type, width) in [(2, 1), (5, 8), (7, 1), (0, 1), (12, 8)] {
                #expect(orientation(block(big: big, type: type, width: width, value: 6)) == .upright)
            }
            #expect(orientation(block(big: big, type: 3, width: 2, count: 0, value: 6)) == .upright)
            let away = block(big: big, type: 3, width: 2, count: 1 << 30, value: 6, away: true)
            #expect(orientation(Array(away.prefix(26))) == .upright)
            for length in 0..<26 { _ = orientation(Array(block(big: big, type: 3, width: 2, value: 6).prefix(length))) }
        }
    }
}
