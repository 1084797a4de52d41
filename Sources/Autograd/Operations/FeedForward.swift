import Runtime
import Tensors

extension Tape {
    /// y = gelu(x·Uᵀ + c)·Dᵀ + b: both layers of a Transformer's feed-forward block.
    /// - Parameters: x `(N, C)`, up `(F, C)`, upBias `(F)`, down `(O, F)`, downBias `(O)`.
    /// - Returns: `(N, O)`. Saves the pre-activation `(N, F)`; the activation is computed again in backward.
    public func feedForward(
        _ x: Variable, up: Parameter, upBias: Parameter, down: Parameter, downBias: Parameter
    ) -> Variable {
        let F = up.value.rows
        let y = variable(rows: x.rows, columns: down.value.rows)
        let saved = records ? arena.push(rows: x.rows, columns: F) : arena.borrow(rows: x.rows, columns: F)
        let activation = arena.borrow(rows: x.rows, columns: F)
        product(x.value, up, upBias, into: saved) { rows, columns in
            for row in rows {
                let offset = row * F + columns.lowerBound
                Tensors.gelu(saved.floats + offset, into: activation.floats + offset, count: columns.count)
            }
        }
        product(activation, down, downBias, into: y.value)
        arena.recycle(activation)
        if !records { arena.recycle(saved) }
        record(y, parameters: [up, upBias, down, downBias]) { [self] dy in
            let hidden = arena.borrow(rows: x.rows, columns: F)
            activate(saved, into: hidden)
            addWeightGradients(x: hidden, dy: dy, down, downBias)
            // From here `hidden` is the gradient of the pre-activation.
            multiply(
                m: x.rows, n: F, k: dy.columns, Operand(dy), Operand(down.value), beta: 0, into: hidden,
                after: { rows, columns in
                    for row in rows {
                        let offset = row * F + columns.lowerBound
                        let d = hidden.floats + offset
                        geluGradient(saved.floats + offset, d, into: d, count: columns.count)
                    }
                })
            addWeightGradients(x: x.value, dy: hidden, up, upBias)
            let (dx, beta) = contribution(to: x)
            multiply(m: x.rows, n: dx.columns, k: F, Operand(hidden), Operand(up.value), beta: beta, into: dx)
            arena.recycle(hidden)
        }
        return y
    }

    /// y = gelu(x), element by element.
    /// - Returns: the shape of x. Saves x.
    public func gelu(_ x: Variable) -> Variable {
        let y = variable(rows: x.rows, columns: x.columns)
        activate(x.value, into: y.value)
        record(y) { [self] dy in
            forBlocks(of: dy.rows) { rows in
                let offset = rows.lowerBound * dy.columns
                let d = dy.floats + offset
                geluGradient(x.value.floats + offset, d, into: d, count: rows.count * dy.columns)
            }
            pass(dy, to: x)
        }
        return y
    }

    private func activate(_ x: Tensor, into y: Tensor) {
        forBlocks(of: x.rows) { rows in
            let offset = rows.lowerBound * x.columns
            Tensors.gelu(x.floats + offset, into: y.floats + offset, count: rows.count * x.columns)
        }
    }
}
