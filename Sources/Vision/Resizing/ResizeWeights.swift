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
    /// `(outputs)`: the first input sample of each output.
    private(set) var first: [Int]
    /// `(outputs)`: input samples that really count.
    private(set) var counts: [Int]
    /// `(outputs, taps)`: weights in units of 2⁻²².
    private(set) var weights: [Int32]
    /// Input samples that any output needs.
    let span: Range<Int>

    /// Binary places of `weights`: with bytes, sums stay below 2³¹.
    static let places = 22

    /// - Parameters:
    ///   - start: of the source interval, in input samples.
    ///   - length: of the source interval.
    init(input: Int, start: Double, length: Double, output: Int, filter: ResizeFilter, multiple: Int) {
        let scale = length / Double(output)
        let stretch = max(scale, 1)
        let support = filter.radius * stretch
        var first = [Int](repeating: 0, count: output)
        var counts = first
        for index in 0..<output {
            let centre = start + (Double(index) + 0.5) * scale
            first[index] = max(0, Int(centre - support + 0.5))
            counts[index] = min(input, Int(centre + support + 0.5)) - first[index]
        }
        let widest = counts.max() ?? 0
        taps = (widest + multiple - 1) / multiple * multiple
        span = (first.first ?? 0)..<max(first.first ?? 0, (first.last ?? 0) + (counts.last ?? 0))
        weights = [Int32](repeating: 0, count: output * taps)
        (self.first, self.counts) = (first, counts)
        var row = [Double](repeating: 0, count: max(widest, 1))
        for index in 0..<output {
            let centre = start + (Double(index) + 0.5) * scale
            let offset = Double(first[index]) - centre + 0.5
            var sum = 0.0
            for tap in 0..<counts[index] {
                row[tap] = filter.weight((offset + Double(tap)) / stretch)
                sum += row[tap]
            }
            store(row, sum: sum, index)
        }
        if multiple > 1 { stayWithin(input) }
    }

    /// Normalises one output's weights.
    private mutating func store(_ row: [Double], sum: Double, _ index: Int) {
        for tap in 0..<counts[index] {
            let normalised = sum == 0 ? 0 : row[tap] / sum
            let scaled = normalised * Double(1 << Self.places)
            weights[index * taps + tap] = Int32(scaled + (scaled < 0 ? -0.5 : 0.5))
        }
    }

    /// Moves outputs whose empty taps would reach past the input, where the input is long enough.
    private mutating func stayWithin(_ input: Int) {
        for index in first.indices where first[index] + taps > input && first[index] > 0 {
            let shift = min(first[index], first[index] + taps - input)
            let row = index * taps
            for tap in stride(from: taps - 1, through: 0, by: -1) {
                weights[row + tap] = tap >= shift ? weights[row + tap - shift] : 0
            }
            first[index] -= shift
            counts[index] += shift
        }
    }

    /// The same outputs from the last to the first.
    func mirrored() -> ResizeWeights {
        var result = self
        result.first.reverse()
        result.counts.reverse()
        let outputs = first.count
        for index in 0..<outputs {
            for tap in 0..<taps { result.weights[index * taps + tap] = weights[(outputs - 1 - index) * taps + tap] }
        }
        return result
    }
}
