import Runtime
import Tensors

extension Tape {
    /// y = x·Wᵀ + b.
    /// - Parameters: x `(N, I)`, weight `(O, I)`, bias `(O)`.
    /// - Returns: `(N, O)`. Saves x, which is another operation's output.
    public func linear(_ x: Variable, _ weight: Parameter, _ bias: Parameter) -> Variable {
        let y = variable(rows: x.rows, columns: weight.value.rows)
        product(x.value, weight, bias, into: y.value)
        record(y, parameters: [weight, bias]) { [self] dy in
            addWeightGradients(x: x.value, dy: dy, weight, bias)
            let (dx, beta) = contribution(to: x)
            multiply(
                m: dx.rows, n: dx.columns, k: dy.columns, Operand(dy), Operand(weight.value), beta: beta, into: dx
            )
        }
        return y
    }

    /// y = x·Wᵀ + b into `y`; `after` sees each panel of y (rows, columns) while it is in cache.
    func product(
        _ x: Tensor, _ weight: Parameter, _ bias: Parameter, into y: Tensor,
        after: ((Range<Int>, Range<Int>) -> Void)? = nil
    ) {
        precondition(
            x.columns == weight.value.columns && bias.count == weight.value.rows,
            "linear: x \(x.shape), weight \(weight.value.shape), bias (\(bias.count))")
        // A row's bits must not depend on how many others share its chunk.
        let least = MatrixLibrary.smallestSteadyProduct
        guard y.rows > 0, y.rows < least.rows || y.count < least.count else {
            return productOfRows(x, weight, bias, into: y, after: after)
        }
        let rows = (least.count / y.columns / least.rows + 1) * least.rows
        let tallX = arena.borrow(rows: rows, columns: x.columns)
        let tallY = arena.borrow(rows: rows, columns: y.columns)
        compute {
            tallX.floats.update(from: x.floats, count: x.count)
            tallX.rows(x.rows..<rows).fill(0)
        }
        productOfRows(tallX, weight, bias, into: tallY) { rows, columns in
            let own = rows.clamped(to: 0..<y.rows)
            for row in own {
                let offset = row * y.columns + columns.lowerBound
                (y.floats + offset).update(from: tallY.floats + offset, count: columns.count)
            }
            after?(own, columns)
        }
        arena.recycle(tallY)
        arena.recycle(tallX)
    }

    private func productOfRows(
        _ x: Tensor, _ weight: Parameter, _ bias: Parameter, into y: Tensor,
        after: ((Range<Int>, Range<Int>) -> Void)?
    ) {
        let start = UnsafePointer(bias.value.floats)
        // The library would clear the result first; laying the bias instead makes it free.
        multiply(
            m: y.rows, n: y.columns, k: x.columns, Operand(x), Operand(weight.value, transposed: true), beta: 1,
            into: y,
            before: { rows, columns in
                layBias(
                    start + columns.lowerBound, rows: rows.count, columns: columns.count,
                    into: y.floats + rows.lowerBound * y.columns + columns.lowerBound, stride: y.columns)
            }, after: after)
    }

    /// dW += dyᵀ·x, db += Σ dy.
    func addWeightGradients(x: Tensor, dy: Tensor, _ weight: Parameter, _ bias: Parameter) {
        if !weight.isFrozen {
            multiply(
                m: dy.columns, n: x.columns, k: dy.rows, Operand(dy, transposed: true), Operand(x), beta: 1,
                into: weight.gradient)
        }
        addBiasGradient(dy, bias)
    }

    /// db += Σ over rows of dy.
    func addBiasGradient(_ dy: Tensor, _ bias: Parameter) {
        guard !bias.isFrozen else { return }
        let gradient = bias.gradient.floats
        forColumnBlocks(of: dy.columns) { columns in
            addColumnSums(dy.floats, rows: dy.rows, columns: columns, stride: dy.columns, into: gradient)
        }
    }
}
