/// Layer normalisation (Ba et al. 2016) of one row: y = (x − μ)·σ⁻¹·weight + bias over `columns` elements.
/// - Returns: μ and σ⁻¹ = 1/√(variance + epsilon), for the backward pass. `y` may be `x`.
public func layerNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>, epsilon: Float,
    into y: UnsafeMutablePointer<Float>, columns: Int
) -> (mean: Float, inverseDeviation: Float) {
    let full = columns & ~15
    let rest = columns - full
    var sum = Lanes(repeating: 0)
    var i = 0
    while i < full {
        sum += .load(x + i)
        i += 16
    }
    if rest > 0 { sum += .load(x + full, first: rest, other: 0) }
    let mean = sum.total / Float(columns)
    let center = Lanes(repeating: mean)
    var squares = Lanes(repeating: 0)
    i = 0
    while i < full {
        let d = Lanes.load(x + i) - center
        squares.addProduct(d, d)
        i += 16
    }
    if rest > 0 {
        let d = Lanes.load(x + full, first: rest, other: mean) - center
        squares.addProduct(d, d)
    }
    let inverse = 1 / (squares.total / Float(columns) + epsilon).squareRoot()
    let scale = Lanes(repeating: inverse)
    i = 0
    while i < full {
        let hat = (Lanes.load(x + i) - center) * scale
        Lanes.load(bias + i).addingProduct(hat, .load(weight + i)).store(y + i)
        i += 16
    }
    while i < columns {
        y[i] = bias[i].addingProduct((x[i] - mean) * inverse, weight[i])
        i += 1
    }
    return (mean, inverse)
}

/// Input gradient of one row: dx (+)= σ⁻¹·(g − mean(g) − x̂·mean(g·x̂)) with g = dy·weight. `dx` may be `dy`.
public func layerNormGradient(
    _ x: UnsafePointer<Float>, mean: Float, inverseDeviation: Float, weight: UnsafePointer<Float>,
    _ dy: UnsafePointer<Float>, adds: Bool, into dx: UnsafeMutablePointer<Float>, columns: Int
) {
    let full = columns & ~15
    let rest = columns - full
    let center = Lanes(repeating: mean)
    let inverse = Lanes(repeating: inverseDeviation)
    var sum = Lanes(repeating: 0)
    var product = Lanes(repeating: 0)
    var i = 0
    while i < full {
        let g = Lanes.load(dy + i) * .load(weight + i)
        sum += g
        product.addProduct(g, (.load(x + i) - center) * inverse)
        i += 16
    }
    if rest > 0 {
        let g = Lanes.load(dy + full, first: rest, other: 0) * .load(weight + full, first: rest, other: 0)
        sum += g
        product.addProduct(g, (.load(x + full, first: rest, other: mean) - center) * inverse)
    }
    let meanG = sum.total / Float(columns)
    let meanGX = product.total / Float(columns)
    i = 0
    while i < full {
        let g = Lanes.load(dy + i) * .load(weight + i)
        let hat = (Lanes.load(x + i) - center) * inverse
        var d = (g - Lanes(repeating: meanG) - hat * Lanes(repeating: meanGX)) * inverse
        if adds { d += .load(dx + i) }
        d.store(dx + i)
        i += 16
    }
    while i < columns {
        let hat = (x[i] - mean) * inverseDeviation
        let d = (dy[i] * weight[i] - meanG - hat * meanGX) * inverseDeviation
        dx[i] = adds ? dx[i] + d : d
        i += 1
    }
}

/// dWeight += Σ dy·x̂ and dBias += Σ dy over all rows, for `columns` only (tasks own columns, so the order of rows is fixed).
/// - Parameter statistics: `(rows, 2)`: μ and σ⁻¹ of each row.
public func addLayerNormParameterGradients(
    _ x: UnsafePointer<Float>, statistics: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, rows: Int,
    columns: Range<Int>, stride: Int, dWeight: UnsafeMutablePointer<Float>, dBias: UnsafeMutablePointer<Float>
) {
    var c = columns.lowerBound
    while c < columns.upperBound {
        let width = min(16, columns.upperBound - c)
        var w = Lanes(repeating: 0)
        var b = Lanes(repeating: 0)
        for row in 0..<rows {
            let offset = row * stride + c
            let mean = Lanes(repeating: statistics[2 * row])
            let inverse = Lanes(repeating: statistics[2 * row + 1])
            if width == 16 {
                let d = Lanes.load(dy + offset)
                w.addProduct(d, (.load(x + offset) - mean) * inverse)
                b += d
            } else {
                let d = Lanes.load(dy + offset, first: width, other: 0)
                w.addProduct(d, (.load(x + offset, first: width, other: 0) - mean) * inverse)
                b += d
            }
        }
        if width == 16 {
            (w + .load(dWeight + c)).store(dWeight + c)
            (b + .load(dBias + c)).store(dBias + c)
        } else {
            (w + .load(dWeight + c, first: width, other: 0)).store(dWeight + c, first: width)
            (b + .load(dBias + c, first: width, other: 0)).store(dBias + c, first: width)
        }
        c += width
    }
}
