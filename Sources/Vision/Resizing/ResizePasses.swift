/// The across pass: rows of four bytes a pixel to rows of three, without gaps. One byte past the last is written.
///
/// Four taps of four channels are one vector.
func resizeRows(
    _ source: UnsafePointer<UInt8>, stride: Int, rows: Int, into target: UnsafeMutablePointer<UInt8>,
    by axis: ResizeWeights
) {
    let (outputs, blocks) = (axis.first.count, axis.taps / 4)
    withUnsafeTemporaryAllocation(of: SIMD16<Int32>.self, capacity: outputs * blocks) { weights in
        guard let weights = weights.baseAddress else { return }
        axis.weights.withUnsafeBufferPointer { scalars in
            for block in 0..<outputs * blocks { (weights + block).initialize(to: spread(scalars, at: 4 * block)) }
        }
        axis.first.withUnsafeBufferPointer { first in
            guard let first = first.baseAddress else { return }
            for row in 0..<rows {
                let (line, out) = (source + stride * row, target + 3 * outputs * row)
                switch blocks {
                case 1: sumRow(line, first, weights, blocks: 1, outputs: outputs, into: out)
                case 2: sumRow(line, first, weights, blocks: 2, outputs: outputs, into: out)
                case 3: sumRow(line, first, weights, blocks: 3, outputs: outputs, into: out)
                default: sumRow(line, first, weights, blocks: blocks, outputs: outputs, into: out)
                }
            }
        }
    }
}

/// Four weights, each for four channels.
@inline(__always) private func spread(_ weights: UnsafeBufferPointer<Int32>, at index: Int) -> SIMD16<Int32> {
    let low = SIMD8(
        lowHalf: SIMD4<Int32>(repeating: weights[index]), highHalf: SIMD4<Int32>(repeating: weights[index + 1]))
    let high = SIMD8(
        lowHalf: SIMD4<Int32>(repeating: weights[index + 2]), highHalf: SIMD4<Int32>(repeating: weights[index + 3]))
    return SIMD16(lowHalf: low, highHalf: high)
}

@inline(__always) private func sumRow(
    _ line: UnsafePointer<UInt8>, _ first: UnsafePointer<Int>, _ weights: UnsafePointer<SIMD16<Int32>>, blocks: Int,
    outputs: Int, into target: UnsafeMutablePointer<UInt8>
) {
    let (source, out) = (UnsafeRawPointer(line), UnsafeMutableRawPointer(target))
    for output in 0..<outputs {
        let taps = source + 4 * first[output]
        var sums = SIMD16<Int32>()
        for block in 0..<blocks {
            let bytes = taps.loadUnaligned(fromByteOffset: 16 * block, as: SIMD16<UInt8>.self)
            sums &+= SIMD16<Int32>(truncatingIfNeeded: bytes) &* weights[output * blocks + block]
        }
        let halves = sums.lowHalf &+ sums.highHalf
        let bytes = channelBytes(halves.lowHalf &+ halves.highHalf &+ half)
        out.storeBytes(of: bytes, toByteOffset: 3 * output, as: SIMD4<UInt8>.self)
    }
}

/// The down pass over rows of `bytes` bytes, `stride` apart. `source` is the first row of `axis.span`; targets lie
/// without gaps.
func resizeColumns(
    _ source: UnsafePointer<UInt8>, stride: Int, bytes: Int, into target: UnsafeMutablePointer<UInt8>,
    by axis: ResizeWeights
) {
    let firstRow = axis.span.lowerBound
    axis.weights.withUnsafeBufferPointer { weights in
        for output in 0..<axis.first.count {
            let top = source + stride * (axis.first[output] - firstRow)
            let taps = UnsafeBufferPointer(rebasing: weights[(output * axis.taps)...].prefix(axis.counts[output]))
            let out = target + bytes * output
            if bytes < 16 {
                sumColumns(top, stride: stride, bytes: bytes, taps, into: out)
            } else {
                // The last vector overlaps the one before it rather than reach past the row.
                for column in Swift.stride(from: 0, to: bytes, by: 16) {
                    sumVector(top + min(column, bytes - 16), stride: stride, taps, into: out + min(column, bytes - 16))
                }
            }
        }
    }
}

@inline(__always) private func sumVector(
    _ top: UnsafePointer<UInt8>, stride: Int, _ taps: UnsafeBufferPointer<Int32>,
    into target: UnsafeMutablePointer<UInt8>
) {
    let source = UnsafeRawPointer(top)
    var sums = SIMD16<Int32>(repeating: half)
    for tap in 0..<taps.count {
        let bytes = source.loadUnaligned(fromByteOffset: stride * tap, as: SIMD16<UInt8>.self)
        sums &+= SIMD16<Int32>(truncatingIfNeeded: bytes) &* SIMD16(repeating: taps[tap])
    }
    UnsafeMutableRawPointer(target).storeBytes(of: channelBytes(sums), as: SIMD16<UInt8>.self)
}

/// Rows narrower than a vector.
private func sumColumns(
    _ top: UnsafePointer<UInt8>, stride: Int, bytes: Int, _ taps: UnsafeBufferPointer<Int32>,
    into target: UnsafeMutablePointer<UInt8>
) {
    for column in 0..<bytes {
        let sum = taps.indices.reduce(half) { $0 &+ Int32(top[column + stride * $1]) &* taps[$1] }
        target[column] = UInt8(min(max(sum >> Int32(ResizeWeights.places), 0), 255))
    }
}

/// One half, added to sums before they are cut to whole levels.
private let half: Int32 = 1 << Int32(ResizeWeights.places - 1)

@inline(__always) private func channelBytes(_ sums: SIMD4<Int32>) -> SIMD4<UInt8> {
    let levels = sums &>> Int32(ResizeWeights.places)
    return SIMD4(truncatingIfNeeded: levels.clamped(lowerBound: .zero, upperBound: .init(repeating: 255)))
}

@inline(__always) private func channelBytes(_ sums: SIMD16<Int32>) -> SIMD16<UInt8> {
    let levels = sums &>> Int32(ResizeWeights.places)
    return SIMD16(truncatingIfNeeded: levels.clamped(lowerBound: .zero, upperBound: .init(repeating: 255)))
}
