import Tensors

extension Tape {
    /// y[i] = x[rows[i]]; rows may repeat and come in any order.
    /// - Parameters: x `(N, C)`, rows `(M)`.
    /// - Returns: `(M, C)`.
    public func gatherRows(_ x: Variable, _ rows: [Int32]) -> Variable {
        let C = x.columns
        let y = variable(rows: rows.count, columns: C)
        compute {
            for (i, row) in rows.enumerated() {
                precondition(row >= 0 && Int(row) < x.rows, "row \(row) of \(x.value.shape)")
                (y.value.floats + i * C).update(from: x.value.floats + Int(row) * C, count: C)
            }
        }
        record(y) { [self] dy in
            let dx = cleared(contribution(to: x))
            compute {
                for (i, row) in rows.enumerated() {
                    Tensors.add(dy.floats + i * C, into: dx.floats + Int(row) * C, count: C)
                }
            }
        }
        return y
    }

    /// Blocks of rows, one after the other.
    /// - Parameter blocks: `(Nᵢ, C)` each.
    /// - Returns: `(Σ Nᵢ, C)`.
    public func stackRows(_ blocks: [Variable]) -> Variable {
        guard let first = blocks.first else { preconditionFailure("stackRows of nothing") }
        let y = variable(rows: blocks.reduce(0) { $0 + $1.rows }, columns: first.columns)
        var start = 0
        for block in blocks {
            precondition(block.columns == first.columns, "stackRows: \(block.value.shape) under \(first.value.shape)")
            let part = y.value.rows(start..<start + block.rows)
            compute { part.floats.update(from: block.value.floats, count: block.value.count) }
            start += block.rows
        }
        record(y) { [self] dy in
            var start = 0
            for block in blocks {
                seed(block, dy.rows(start..<start + block.rows))
                start += block.rows
            }
        }
        return y
    }

    /// y = x / √(Σ x² + 1e-12), row by row.
    /// - Parameter x: `(N, C)`.
    /// - Returns: `(N, C)`. Saves x and y.
    public func normalize(_ x: Variable) -> Variable {
        let C = x.columns
        let y = variable(rows: x.rows, columns: C)
        compute {
            for row in 0..<x.rows {
                let source = x.value.floats + row * C
                (y.value.floats + row * C).update(repeating: 0, count: C)
                accumulate(source, scale: inverseNorm(source, C), into: y.value.floats + row * C, count: C)
            }
        }
        record(y) { [self] dy in
            let dx = cleared(contribution(to: x))
            compute {
                for row in 0..<x.rows {
                    let (source, unit, d) = (x.value.floats + row * C, y.value.floats + row * C, dy.floats + row * C)
                    let inverse = inverseNorm(source, C)
                    accumulate(d, scale: inverse, into: dx.floats + row * C, count: C)
                    accumulate(unit, scale: -inverse * dot(d, unit, count: C), into: dx.floats + row * C, count: C)
                }
            }
        }
        return y
    }

    private func inverseNorm(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
        1 / (dot(x, x, count: count) + 1e-12).squareRoot()
    }

    /// The memory of a contribution, zero where nothing has been added yet.
    func cleared(_ contribution: (gradient: Tensor, beta: Float)) -> Tensor {
        if contribution.beta == 0 { clear(contribution.gradient) }
        return contribution.gradient
    }
}

extension Tape {
    /// Rows `range` of x, without a copy.
    /// - Parameter x: `(N, C)`.
    /// - Returns: `(range, C)`.
    public func slice(_ x: Variable, _ range: Range<Int>) -> Variable {
        let y = variable(x.value.rows(range))
        record(y) { [self] dy in
            let dx = cleared(contribution(to: x))
            compute { Tensors.add(dy.floats, into: dx.floats + range.lowerBound * x.columns, count: dy.count) }
        }
        return y
    }

    /// x with zeros in `rows`.
    /// - Parameters: x `(N, C)`, rows, each once.
    /// - Returns: `(N, C)`.
    public func hideRows(_ x: Variable, _ rows: [Int32]) -> Variable {
        let y = variable(rows: x.rows, columns: x.columns)
        compute { y.value.floats.update(from: x.value.floats, count: x.value.count) }
        hide(rows, in: y.value)
        record(y) { [self] dy in
            hide(rows, in: dy)
            pass(dy, to: x)
        }
        return y
    }

    private func hide(_ rows: [Int32], in x: Tensor) {
        for row in rows {
            precondition(row >= 0 && Int(row) < x.rows, "row \(row) of \(x.shape)")
            clear(x.rows(Int(row)..<Int(row) + 1))
        }
    }

    /// z = x · y, element by element.
    /// - Parameters: x, y `(N, C)`.
    /// - Returns: `(N, C)`. Saves both.
    public func product(_ x: Variable, _ y: Variable) -> Variable {
        precondition(
            x.rows == y.rows && x.columns == y.columns, "product: x \(x.value.shape), y \(y.value.shape)")
        let z = variable(rows: x.rows, columns: x.columns)
        compute { Tensors.product(x.value.floats, y.value.floats, into: z.value.floats, count: z.value.count) }
        record(z) { [self] dz in
            for (input, other) in [(x, y), (y, x)] {
                let d = cleared(contribution(to: input))
                compute { accumulateProduct(dz.floats, other.value.floats, into: d.floats, count: d.count) }
            }
        }
        return z
    }

    /// y = max(x, 0), element by element.
    /// - Returns: the shape of x. Saves y.
    public func relu(_ x: Variable) -> Variable {
        let y = variable(rows: x.rows, columns: x.columns)
        compute { Tensors.relu(x.value.floats, into: y.value.floats, count: y.value.count) }
        record(y) { [self] dy in
            compute { reluGradient(y.value.floats, dy.floats, count: dy.count) }
            pass(dy, to: x)
        }
        return y
    }
}
