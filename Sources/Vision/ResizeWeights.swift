import Glibc

/// An interpolation kernel, widened by the scale when an image shrinks (antialiasing).
public enum ResizeFilter: String, Sendable, Equatable, Codable {
    /// The triangle of radius 1.
    case bilinear
    /// Keys' cubic of radius 2 with a = −0.5.
    case bicubic

    var radius: Double { self == .bilinear ? 1 : 2 }

    func weight(_ distance: Double) -> Double {
        let x = abs(distance)
        switch self {
        case .bilinear: return x < 1 ? 1 - x : 0
        case .bicubic:
            let a = -0.5
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
        }
    }
}

/// The weighted sums of one axis: output `i` is the sum over `taps` of `weights[i · taps + t] · input[first[i] + t]`.
struct ResizeWeights {
    /// Input samples read for every output, a multiple of `multiple`; those past an output's own support weigh 0.
    let taps: Int
    /// `(outputs)`: the first input sample of each output, counted from the axis' start.
    let first: [Int]
    /// `(outputs)`: input samples that really count.
    let counts: [Int]
    /// `(outputs, taps)`: weights in units of 2⁻²².
    let weights: [Int32]

    /// Binary places of `weights`: with bytes, sums stay below 2³¹.
    static let places = 22

    /// - Parameters:
    ///   - start: of the source interval, in input samples.
    ///   - length: of the source interval.
    init(input: Int, start: Double, length: Double, output: Int, filter: ResizeFilter, multiple: Int) {
        let scale = length / Double(output)
        let stretch = max(scale, 1)
        let support = filter.radius * stretch
        let widest = Int(support.rounded(.up)) * 2 + 1
        let taps = (widest + multiple - 1) / multiple * multiple
        var first = [Int](repeating: 0, count: output)
        var counts = first
        var weights = [Int32](repeating: 0, count: output * taps)
        var row = [Double](repeating: 0, count: taps)
        for index in 0..<output {
            let centre = start + (Double(index) + 0.5) * scale
            let low = max(0, Int(centre - support + 0.5))
            let high = min(input, Int(centre + support + 0.5))
            first[index] = low
            counts[index] = high - low
            var sum = 0.0
            for tap in 0..<(high - low) {
                row[tap] = filter.weight((Double(low + tap) - centre + 0.5) / stretch)
                sum += row[tap]
            }
            for tap in 0..<(high - low) {
                let normalised = sum == 0 ? 0 : row[tap] / sum
                let scaled = normalised * Double(1 << Self.places)
                weights[index * taps + tap] = Int32(scaled.rounded(.toNearestOrAwayFromZero))
            }
        }
        (self.taps, self.first, self.counts, self.weights) = (taps, first, counts, weights)
    }

    /// Input samples that any output reads.
    var span: Range<Int> {
        let low = first.min() ?? 0
        return low..<max(low, zip(first, counts).map(+).max() ?? 0)
    }
}
