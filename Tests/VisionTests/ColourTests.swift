import Runtime
import Testing

@testable import Vision

@Suite struct ColourTests {
    private func key(_ position: Int) -> RandomKey { RandomKey(seed: 3, position: position, purpose: .test) }

    @Test("changes of colour are torchvision's, alone and one after another in any order")
    func goldens() throws {
        let goldens = try Goldens.load()
        for golden in goldens.jitters {
            let names = try #require(golden.operations)
            let amounts = try #require(golden.amounts)
            let change = ColourChange(
                operations: try zip(names, amounts).map { name, amount in
                    switch name {
                    case "brightness": ColourOperation.brightness(Float(amount))
                    case "contrast": .contrast(Float(amount))
                    case "saturation": .saturation(Float(amount))
                    default: .hue(try #require(name == "hue" ? Float(amount) : nil))
                    }
                })
            var pixels = goldens.source.image.rgb
            change.apply(to: &pixels)
            let differences = zip(pixels, golden.image.rgb).map { abs(Int($0) - Int($1)) }
            #expect(differences.max() ?? 0 <= 1, "\(names)")
            // Only what lies halfway between two levels may fall to either side.
            #expect(differences.filter { $0 > 0 }.count * 200 <= differences.count, "\(names)")
        }
    }

    @Test("nothing changes when nothing is asked for, whatever the number of pixels")
    func identity() {
        for count in [1, 15, 16, 17, 100] {
            let pixels = (0..<3 * count).map { UInt8(truncatingIfNeeded: 37 * $0) }
            var changed = pixels
            ColourChange(operations: [.brightness(1), .contrast(1), .saturation(1), .hue(0)]).apply(to: &changed)
            #expect(changed == pixels)
        }
    }

    @Test("grey pixels stay grey under hue and saturation")
    func grey() {
        var pixels = [UInt8](repeating: 77, count: 30)
        ColourChange(operations: [.hue(0.3), .saturation(1.7), .hue(-0.5)]).apply(to: &pixels)
        #expect(pixels.allSatisfy { $0 == 77 })
    }

    @Test("factors are uniform within their strength, every order comes up equally often")
    func distribution() {
        let jitter = ColourJitter(
            probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, grey: 0.2)
        var orders: [[Int]: Int] = [:]
        var factors = [[Double]](repeating: [], count: 4)
        let count = 12_000
        var (changed, grey) = (0, 0)
        for position in 0..<count {
            var stream = key(position).stream
            guard var operations = jitter.draw(&stream)?.operations else { continue }
            if operations.last == .saturation(0) {
                grey += 1
                operations.removeLast()
            }
            guard operations.count == 4 else { continue }
            changed += 1
            let order = operations.map { operation -> Int in
                switch operation {
                case .brightness(let factor): factors[0].append((Double(factor) - 0.6) / 0.8)
                case .contrast(let factor): factors[1].append((Double(factor) - 0.6) / 0.8)
                case .saturation(let factor): factors[2].append((Double(factor) - 0.6) / 0.8)
                case .hue(let turn): factors[3].append((Double(turn) + 0.1) / 0.2)
                }
                return operation.kind
            }
            orders[order, default: 0] += 1
        }
        #expect(abs(changed - count * 8 / 10) < 180 && abs(grey - count / 5) < 180, "\(changed), \(grey) of \(count)")
        #expect(orders.count == 24)
        let expected = Double(changed) / 24
        let chiSquared = orders.values.map { (Double($0) - expected) * (Double($0) - expected) / expected }.reduce(0, +)
        // 23 degrees of freedom: one in a thousand is above 49.7.
        #expect(chiSquared < 49.7)
        for values in factors { #expect(distanceFromUniform(values) < 1.95 / Double(changed).squareRoot()) }
    }
}

extension ColourOperation {
    fileprivate var kind: Int {
        switch self {
        case .brightness: 0
        case .contrast: 1
        case .saturation: 2
        case .hue: 3
        }
    }
}
