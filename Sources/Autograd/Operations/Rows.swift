import Tensors

extension Tape {
    /// y[i] = x[rows[i]]; rows may repeat and come in any order.
    /// - Parameters: x `(N, C)`, rows `(M)`.
    /// - Returns: `(M, C)`.
    public func gatherRows(_ x: Variable, _ rows: [Int32]) -> Variable {
        let C = x.columns
        let y = variable(rows: rows.count, columns: C)
        for (i, row) in rows.enumerated() {
            precondition(row >= 0 && Int(row) < x.rows, "row \(row) of \(x.value.shape)")
            (y.value.floats + i * C).update(from: x.value.floats + Int(row) * C, count: C)
        }
        record(y) { [self] dy in
            let (dx, beta) = contribution(to: x)
            if beta == 0 { dx.fill(0) }
            for (i, row) in rows.enumerated() {
                Tensors.add(dy.floats + i * C, into: dx.floats + Int(row) * C, count: C)
            }
        }
        return y
    }

    /// y = [a; b]: two blocks of rows, one after the other.
    /// - Parameters: a `(M, C)`, b `(N, C)`.
    /// - Returns: `(M + N, C)`.
    public func stackRows(_ a: Variable, _ b: Variable) -> Variable {
        precondition(a.columns == b.columns, "stackRows: \(a.value.shape) and \(b.value.shape)")
        let y = variable(rows: a.rows + b.rows, columns: a.columns)
        y.value.floats.update(from: a.value.floats, count: a.value.count)
        (y.value.floats + a.value.count).update(from: b.value.floats, count: b.value.count)
        record(y) { [self] dy in
            seed(a, dy.rows(0..<a.rows))
            seed(b, dy.rows(a.rows..<dy.rows))
        }
        return y
    }

    /// y = x / √(Σ x² + 1e-12), row by row.
    /// - Parameter x: `(N, C)`.
    /// - Returns: `(N, C)`. Saves x and y.
    public func normalize(_ x: Variable) -> Variable {
        let C = x.columns
        let y = variable(rows: x.rows, columns: C)
        for row in 0..<x.rows {
            let source = x.value.floats + row * C
            let inverse = 1 / (dot(source, source, count: C) + 1e-12).squareRoot()
            (y.value.floats + row * C).update(repeating: 0, count: C)
            accumulate(source, scale: inverse, into: y.value.floats + row * C, count: C)
        }
        record(y) { [self] dy in
            let (dx, beta) = contribution(to: x)
            if beta == 0 { dx.fill(0) }
            for row in 0..<x.rows {
                let (source, unit, d) = (x.value.floats + row * C, y.value.floats + row * C, dy.floats + row * C)
                let inverse = 1 / (dot(source, source, count: C) + 1e-12).squareRoot()
                accumulate(d, scale: inverse, into: dx.floats + row * C, count: C)
                accumulate(unit, scale: -inverse * dot(d, unit, count: C), into: dx.floats + row * C, count: C)
            }
        }
        return y
    }
}

extension Tape {
    /// Rows `range` of x, without a copy.
    /// - Parameter x: `(N, C)`.
    /// - Returns: `(range, C)`.
    public func slice(_ x: Variable, _ range: Range<Int>) -> Variable {
        let y = variable(x.value.rows(range))
        record(y) { [self] dy in
            let (dx, beta) = contribution(to: x)
            if beta == 0 { dx.fill(0) }
            Tensors.add(dy.floats, into: dx.floats + range.lowerBound * x.columns, count: dy.count)
        }
        return y
    }
}
