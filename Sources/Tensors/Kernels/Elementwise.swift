/// y += x over `count` elements.
public func add(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
    accumulate(x, scale: 1, into: y, count: count)
}

/// y += scale · x over `count` elements.
public func accumulate(_ x: UnsafePointer<Float>, scale: Float, into y: UnsafeMutablePointer<Float>, count: Int) {
    let factor = Lanes(repeating: scale)
    var i = 0
    while i + 16 <= count {
        Lanes.load(y + i).addingProduct(factor, .load(x + i)).store(y + i)
        i += 16
    }
    while i < count {
        y[i] = y[i].addingProduct(scale, x[i])
        i += 1
    }
}

/// z = x + y over `count` elements.
public func sum(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, into z: UnsafeMutablePointer<Float>, count: Int
) {
    var i = 0
    while i + 16 <= count {
        (Lanes.load(x + i) + .load(y + i)).store(z + i)
        i += 16
    }
    while i < count {
        z[i] = x[i] + y[i]
        i += 1
    }
}

/// x *= scale over `count` elements.
public func scale(_ x: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
    let lanes = Lanes(repeating: factor)
    var i = 0
    while i + 16 <= count {
        (Lanes.load(x + i) * lanes).store(x + i)
        i += 16
    }
    while i < count {
        x[i] *= factor
        i += 1
    }
}

/// Σ x·y over `count` elements.
public func dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int) -> Float {
    var lanes = Lanes(repeating: 0)
    var i = 0
    while i + 16 <= count {
        lanes.addProduct(.load(x + i), .load(y + i))
        i += 16
    }
    if i < count {
        lanes.addProduct(.load(x + i, first: count - i, other: 0), .load(y + i, first: count - i, other: 0))
    }
    return lanes.total
}

/// Σ x² over `count` elements, accumulated in double precision by blocks of 4,096.
public func sumOfSquares(_ x: UnsafePointer<Float>, count: Int) -> Double {
    var sum = 0.0
    var start = 0
    while start < count {
        let block = min(4096, count - start)
        sum += Double(dot(x + start, x + start, count: block))
        start += block
    }
    return sum
}

/// d[c] += Σ over rows of x[row, c], for `columns` of a matrix with `stride` elements from row to row: the gradient of a bias.
public func addColumnSums(
    _ x: UnsafePointer<Float>, rows: Int, columns: Range<Int>, stride: Int, into d: UnsafeMutablePointer<Float>
) {
    var c = columns.lowerBound
    while c + 64 <= columns.upperBound {
        var (s0, s1, s2, s3) = (
            Lanes.load(d + c), Lanes.load(d + c + 16), Lanes.load(d + c + 32), Lanes.load(d + c + 48)
        )
        var p = x + c
        for _ in 0..<rows {
            s0 += .load(p)
            s1 += .load(p + 16)
            s2 += .load(p + 32)
            s3 += .load(p + 48)
            p += stride
        }
        s0.store(d + c)
        s1.store(d + c + 16)
        s2.store(d + c + 32)
        s3.store(d + c + 48)
        c += 64
    }
    while c < columns.upperBound {
        let width = min(16, columns.upperBound - c)
        var s = Lanes.load(d + c, first: width, other: 0)
        for row in 0..<rows { s += .load(x + row * stride + c, first: width, other: 0) }
        s.store(d + c, first: width)
        c += width
    }
}

/// y[row, :] = bias for `rows` rows of `columns`, `stride` elements from row to row.
public func layBias(
    _ bias: UnsafePointer<Float>, rows: Int, columns: Int, into y: UnsafeMutablePointer<Float>, stride: Int
) {
    for row in 0..<rows { (y + row * stride).update(from: bias, count: columns) }
}

/// z = x · y over `count` elements; `z` may be one of them.
public func product(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, into z: UnsafeMutablePointer<Float>, count: Int
) {
    var i = 0
    while i + 16 <= count {
        (Lanes.load(x + i) * .load(y + i)).store(z + i)
        i += 16
    }
    while i < count {
        z[i] = x[i] * y[i]
        i += 1
    }
}

/// z += x · y over `count` elements.
public func accumulateProduct(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, into z: UnsafeMutablePointer<Float>, count: Int
) {
    var i = 0
    while i + 16 <= count {
        Lanes.load(z + i).addingProduct(.load(x + i), .load(y + i)).store(z + i)
        i += 16
    }
    while i < count {
        z[i] = z[i].addingProduct(x[i], y[i])
        i += 1
    }
}

/// y = max(x, 0) over `count` elements; NaN stays.
public func relu(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
    let zero = Lanes(repeating: 0)
    var i = 0
    while i + 16 <= count {
        let v = Lanes.load(x + i)
        v.replacing(with: zero, where: v .< zero).store(y + i)
        i += 16
    }
    while i < count {
        y[i] = x[i] < 0 ? 0 : x[i]
        i += 1
    }
}

/// d = d where y > 0, else 0, over `count` elements: the gradient of `relu` from its result.
public func reluGradient(_ y: UnsafePointer<Float>, _ d: UnsafeMutablePointer<Float>, count: Int) {
    let zero = Lanes(repeating: 0)
    var i = 0
    while i + 16 <= count {
        Lanes.load(d + i).replacing(with: zero, where: .load(y + i) .<= zero).store(d + i)
        i += 16
    }
    while i < count {
        if y[i] <= 0 { d[i] = 0 }
        i += 1
    }
}
