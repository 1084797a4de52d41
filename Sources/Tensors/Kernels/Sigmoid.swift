/// 1 / (1 + e⁻ˣ).
@inline(__always) private func sigmoid(_ x: Lanes) -> Lanes {
    Lanes(repeating: 1) / (Lanes(repeating: 1) + exponential(-x))
}

/// y = sigmoid(sharpness · x) over `count` elements; `x` and `y` may be the same.
public func sigmoid(
    _ x: UnsafePointer<Float>, sharpness: Float, into y: UnsafeMutablePointer<Float>, count: Int
) {
    let factor = Lanes(repeating: sharpness)
    var i = 0
    while i + 16 <= count {
        sigmoid(.load(x + i) * factor).store(y + i)
        i += 16
    }
    if i < count { sigmoid(.load(x + i, first: count - i, other: 0) * factor).store(y + i, first: count - i) }
}

/// sums += sigmoid(sharpness · x) over `count` elements.
public func accumulateSigmoid(
    _ x: UnsafePointer<Float>, sharpness: Float, into sums: UnsafeMutablePointer<Float>, count: Int
) {
    let factor = Lanes(repeating: sharpness)
    var i = 0
    while i + 16 <= count {
        (Lanes.load(sums + i) + sigmoid(.load(x + i) * factor)).store(sums + i)
        i += 16
    }
    if i < count {
        let rest = count - i
        let total = Lanes.load(sums + i, first: rest, other: 0) + sigmoid(.load(x + i, first: rest, other: 0) * factor)
        total.store(sums + i, first: rest)
    }
}

/// d = d · s · (1 − s) over `count` elements: from the gradient of a sigmoid s to that of its argument.
public func sigmoidGradient(_ s: UnsafePointer<Float>, _ d: UnsafeMutablePointer<Float>, count: Int) {
    var i = 0
    while i + 16 <= count {
        let v = Lanes.load(s + i)
        (Lanes.load(d + i) * v * (Lanes(repeating: 1) - v)).store(d + i)
        i += 16
    }
    while i < count {
        d[i] *= s[i] * (1 - s[i])
        i += 1
    }
}
