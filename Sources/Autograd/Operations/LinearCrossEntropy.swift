import Runtime
import Tensors

extension Tape {
    /// Most rows of logits at a time: fewer would read and write the whole table's gradient more often.
    private static let rowsOfLogits = 192

    /// Σ over rows of −log softmax(h·Wᵀ + b)[label] · scale, the logits never stored whole: a block of rows at a time is
    /// scored, reduced, turned into its gradient and multiplied back.
    /// - Parameters:
    ///   - h: `(M, C)`. - weight: `(V, C)`. - bias: `(V)`. - labels: `(M)` ids below V.
    ///   - scale: one over the global count, known before the loss.
    /// - Returns: the sum, in double precision. Gradients are added at once when the tape records.
    public func linearCrossEntropy(
        _ h: Variable, _ weight: Parameter, _ bias: Parameter, labels: [Int32], scale: Float
    ) -> Double {
        precondition(h.rows == labels.count, "linearCrossEntropy: h \(h.value.shape), \(labels.count) labels")
        guard h.rows > 0 else {
            record(parameters: [weight, bias])
            return 0
        }
        let V = weight.value.rows
        let block = h.rows.dividedUp(by: h.rows.dividedUp(by: Tape.rowsOfLogits))
        let logits = arena.borrow(rows: block, columns: V)
        let losses = arena.borrow(rows: 1, columns: h.rows)
        let dh = records ? contribution(to: h) : nil
        for start in stride(from: 0, to: h.rows, by: block) {
            let rows = start..<min(start + block, h.rows)
            let part = logits.rows(0..<rows.count)
            product(h.value.rows(rows), weight, bias, into: part)
            run(rows.count) { i, _ in
                losses.floats[start + i] = crossEntropy(
                    part.floats + i * V, label: Int(labels[start + i]), scale: scale, count: V)
            }
            guard let (gradient, beta) = dh else { continue }
            addWeightGradients(x: h.value.rows(rows), dy: part, weight, bias)
            multiply(
                m: rows.count, n: h.columns, k: V, Operand(part), Operand(weight.value), beta: beta,
                into: gradient.rows(rows))
        }
        arena.recycle(logits)
        defer { arena.recycle(losses) }
        record(parameters: [weight, bias])
        return computed(or: 0) { (0..<h.rows).reduce(0) { $0 + Double(losses.floats[$1]) } * Double(scale) }
    }
}

extension Int {
    fileprivate func dividedUp(by other: Int) -> Int { (self + other - 1) / other }
}

/// −log softmax(x)[label]; x becomes (softmax(x) − one-hot) · scale.
private func crossEntropy(_ x: UnsafeMutablePointer<Float>, label: Int, scale: Float, count: Int) -> Float {
    precondition(label >= 0 && label < count, "label \(label) of \(count) classes")
    let target = x[label]
    let (largest, total) = exponentiate(x, count: count)
    Tensors.scale(x, by: scale / total, count: count)
    x[label] -= scale
    return largest + logarithm(total) - target
}
