/// Σ (y − target)²; `gradient` becomes 2 · scale · (y − target) when there is one.
public func squaredDistance(
    _ y: UnsafePointer<Float>, _ target: UnsafePointer<Float>, scale: Float,
    gradient: UnsafeMutablePointer<Float>?, count: Int
) -> Float {
    var sum = Lanes(repeating: 0)
    let factor = Lanes(repeating: 2 * scale)
    var i = 0
    while i < count {
        let rest = min(16, count - i)
        let difference: Lanes = .load(y + i, first: rest, other: 0) - .load(target + i, first: rest, other: 0)
        sum.addProduct(difference, difference)
        if let gradient { (difference * factor).store(gradient + i, first: rest) }
        i += 16
    }
    return sum.total
}

/// Σ target · (log target − y) and Σ target, where the target is positive.
public func crossEntropyTerms(
    _ y: UnsafePointer<Float>, _ target: UnsafePointer<Float>, count: Int
) -> (sum: Float, mass: Float) {
    var (sum, mass): (Float, Float) = (0, 0)
    for i in 0..<count where target[i] > 0 {
        sum += target[i] * (logarithm(target[i]) - y[i])
        mass += target[i]
    }
    return (sum, mass)
}

/// p = scale · (mass · p − target).
public func softTargetGradient(
    _ p: UnsafeMutablePointer<Float>, _ target: UnsafePointer<Float>, mass: Float, scale: Float, count: Int
) {
    let (factor, share) = (Lanes(repeating: scale), Lanes(repeating: mass))
    var i = 0
    while i < count {
        let rest = min(16, count - i)
        let difference: Lanes = share * .load(p + i, first: rest, other: 0) - .load(target + i, first: rest, other: 0)
        (factor * difference).store(p + i, first: rest)
        i += 16
    }
}
