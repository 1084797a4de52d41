/// Largest of `count` numbers; −∞ for none. Where a number is NaN the result may be any of them: exponentials taken from
/// it still carry the NaN on.
@inline(__always) func maximum(_ x: UnsafePointer<Float>, count: Int) -> Float {
    @inline(__always) func larger(_ a: Lanes, _ b: Lanes) -> Lanes { a.replacing(with: b, where: b .> a) }
    var (first, second) = (Lanes(repeating: -.infinity), Lanes(repeating: -.infinity))
    var i = 0
    while i + 32 <= count {
        first = larger(first, .load(x + i))
        second = larger(second, .load(x + i + 16))
        i += 32
    }
    while i < count {
        first = larger(first, .load(x + i, first: min(16, count - i), other: -.infinity))
        i += 16
    }
    return larger(first, second).max()
}

/// x = softmax(x) in place over `count` numbers.
/// - Returns: log Σ exp(x), from which `exponentials` restores the probabilities.
public func softmax(_ x: UnsafeMutablePointer<Float>, count: Int) -> Float {
    let (largest, total) = exponentiate(x, count: count)
    scale(x, by: 1 / total, count: count)
    return largest + logarithm(total)
}

/// x = exp(x − max x) in place.
/// - Returns: the maximum and the sum of the exponentials.
public func exponentiate(_ x: UnsafeMutablePointer<Float>, count: Int) -> (largest: Float, total: Float) {
    let largest = maximum(x, count: count)
    let shift = Lanes(repeating: largest)
    var sum = Lanes(repeating: 0)
    var i = 0
    while i + 16 <= count {
        let e = exponential(.load(x + i) - shift)
        e.store(x + i)
        sum += e
        i += 16
    }
    if i < count {
        let rest = count - i
        let e = exponential(.load(x + i, first: rest, other: -.infinity) - shift)
        e.store(x + i, first: rest)
        sum += .load(x + i, first: rest, other: 0)
    }
    return (largest, sum.total)
}

/// x = exp(x − shift) in place: the probabilities again, from the scores and their saved log-sum.
public func exponentials(_ x: UnsafeMutablePointer<Float>, minus shift: Float, count: Int) {
    let lanes = Lanes(repeating: shift)
    var i = 0
    while i + 16 <= count {
        exponential(.load(x + i) - lanes).store(x + i)
        i += 16
    }
    if i < count {
        exponential(.load(x + i, first: count - i, other: -.infinity) - lanes).store(x + i, first: count - i)
    }
}

/// d = p · (d − delta) · scale in place: the gradient of softmax scores from that of the probabilities.
/// - Parameter delta: Σ p·d of the row.
public func softmaxGradient(
    _ p: UnsafePointer<Float>, delta: Float, scale: Float, _ d: UnsafeMutablePointer<Float>, count: Int
) {
    let shift = Lanes(repeating: delta)
    let factor = Lanes(repeating: scale)
    var i = 0
    while i + 16 <= count {
        ((Lanes.load(d + i) - shift) * Lanes.load(p + i) * factor).store(d + i)
        i += 16
    }
    while i < count {
        d[i] = (d[i] - delta) * p[i] * scale
        i += 1
    }
}
