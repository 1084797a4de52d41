public import Tensors

/// A contrastive loss evaluated on a whole gathered pool: every rank computes the same value and keeps the gradient of its
/// own rows only, so that no backward collective is needed.
public struct ContrastiveLoss {
    private let tape: Tape
    private var arena: Arena { tape.arena }

    /// - Parameter tape: whose memory and workers are used; nothing is recorded on it.
    public init(_ tape: Tape) { self.tape = tape }

    /// A scalar's value; one where the tape only measures.
    public func value(of scalar: Parameter) -> Float { tape.computed(or: 1) { scalar.value.floats[0] } }

    /// Adds to the gradient of a scalar that the loss depends on.
    public func add(_ value: Float, toGradientOf scalar: Parameter) { tape.add(value, toGradientOf: scalar) }

    /// Symmetric InfoNCE (van den Oord et al. 2018; Radford et al. 2021): ½·(CE over rows + CE over columns) of u·vᵀ/τ, the
    /// matching pair being the diagonal; mean over B.
    /// - Parameters:
    ///   - u, v: `(B, D)`, rows of unit length. - temperature: τ. - weight: of the loss and its gradients.
    ///   - own: rows whose gradients are wanted. - du, dv: `(own, D)`, written.
    /// - Returns: the loss and its derivative by τ.
    public func pairs(
        u: Tensor, v: Tensor, temperature: Float, weight: Float = 1, own: Range<Int>, du: Tensor, dv: Tensor
    ) -> (loss: Double, dTemperature: Double) {
        let B = u.rows
        precondition(v.rows == B && v.columns == u.columns, "contrastive pairs: u \(u.shape), v \(v.shape)")
        let forward = side(
            u, v, temperature: temperature, weight: 0.5 * weight / Float(B), matches: { $0 }, excluded: { _ in nil })
        let reverse = side(
            v, u, temperature: temperature, weight: 0.5 * weight / Float(B), matches: { $0 }, excluded: { _ in nil })
        addGradients(forward.scores, reverse.scores, of: own, others: v, temperature: temperature, into: du)
        addGradients(reverse.scores, forward.scores, of: own, others: u, temperature: temperature, into: dv)
        arena.recycle(forward.scores)
        arena.recycle(reverse.scores)
        return (forward.loss + reverse.loss, forward.dTemperature + reverse.dTemperature)
    }

    /// NT-Xent (Chen et al. 2020, equation 1) over two views of B images: row i's positive is its other view, the other
    /// 2B − 2 rows are negatives; mean over 2B.
    /// - Parameters:
    ///   - first, second: `(B, D)`, rows of unit length.
    ///   - own: images whose gradients are wanted. - dFirst, dSecond: `(own, D)`, written.
    public func views(
        first: Tensor, second: Tensor, temperature: Float, weight: Float = 1, own: Range<Int>, dFirst: Tensor,
        dSecond: Tensor
    ) -> Double {
        let B = first.rows
        precondition(second.rows == B && second.columns == first.columns, "views: \(first.shape), \(second.shape)")
        let z = arena.borrow(rows: 2 * B, columns: first.columns)
        tape.compute {
            z.floats.update(from: first.floats, count: first.count)
            (z.floats + first.count).update(from: second.floats, count: second.count)
        }
        let all = side(
            z, z, temperature: temperature, weight: 0.5 * weight / Float(B), matches: { ($0 + B) % (2 * B) },
            excluded: { $0 })
        addGradients(all.scores, all.scores, of: own, others: z, temperature: temperature, into: dFirst)
        let ownSecond = own.lowerBound + B..<own.upperBound + B
        addGradients(all.scores, all.scores, of: ownSecond, others: z, temperature: temperature, into: dSecond)
        arena.recycle(all.scores)
        arena.recycle(z)
        return all.loss
    }

    /// Cross entropy over rows of a·bᵀ/τ, each times `weight`; `scores` becomes the gradient of the scaled products.
    private func side(
        _ a: Tensor, _ b: Tensor, temperature: Float, weight: Float, matches: (Int) -> Int, excluded: (Int) -> Int?
    ) -> (scores: Tensor, loss: Double, dTemperature: Double) {
        let n = a.rows
        let scores = arena.borrow(rows: n, columns: b.rows)
        tape.multiply(m: n, n: b.rows, k: a.columns, Operand(a), Operand(b, transposed: true), beta: 0, into: scores)
        var loss = 0.0
        var dTemperature = 0.0
        let products = arena.borrow(rows: 1, columns: b.rows)
        for row in 0..<n where !tape.isMeasuring {
            let line = scores.floats + row * b.rows
            scale(line, by: 1 / temperature, count: b.rows)
            if let other = excluded(row) { line[other] = -1e30 }
            products.floats.update(from: line, count: b.rows)
            let match = matches(row)
            let target = line[match]
            let logSum = softmax(line, count: b.rows)
            loss += Double(logSum - target) * Double(weight)
            scale(line, by: weight, count: b.rows)
            line[match] -= weight
            if let other = excluded(row) {
                line[other] = 0
                products.floats[other] = 0
            }
            dTemperature -= Double(dot(line, products.floats, count: b.rows)) / Double(temperature)
        }
        arena.recycle(products)
        return (scores, loss, dTemperature)
    }

    /// d = (direct[own, :]·others + reverse[:, own]ᵀ·others)/τ.
    private func addGradients(
        _ direct: Tensor, _ reverse: Tensor, of own: Range<Int>, others: Tensor, temperature: Float, into d: Tensor
    ) {
        precondition(d.rows == own.count && d.columns == others.columns, "gradients \(d.shape) of rows \(own)")
        guard own.count > 0, !tape.isMeasuring else { return }
        multiply(
            m: own.count, n: d.columns, k: others.rows, scale: 1 / temperature, Operand(direct.rows(own)),
            Operand(others),
            beta: 0, into: d.floats, cStride: d.columns)
        multiply(
            m: own.count, n: d.columns, k: others.rows, scale: 1 / temperature,
            Operand(reverse.floats + own.lowerBound, stride: reverse.columns, transposed: true), Operand(others),
            beta: 1,
            into: d.floats, cStride: d.columns)
    }
}
