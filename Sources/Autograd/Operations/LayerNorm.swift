import Runtime
public import Tensors

/// Dropout at one place of a model, over rows whose samples are known.
public struct DropoutSite: Sendable {
    let dropout: Dropout
    let purpose: Purpose
    let samples: [SampleRows]

    /// - Parameters:
    ///   - site: number of the place in the model; no two places share one.
    ///   - samples: whose rows are whose.
    public init(_ dropout: Dropout, site: Int, samples: [SampleRows]) {
        self.dropout = dropout
        purpose = .dropout(site: site)
        self.samples = samples
    }
}

extension Tape {
    /// y = LayerNorm(x) with weight and bias `(C)` (Ba et al. 2016).
    /// - Parameter x: `(N, C)`.
    /// - Returns: `(N, C)`. Saves x and `(N, 2)` statistics.
    public func layerNorm(_ x: Variable, _ weight: Parameter, _ bias: Parameter, epsilon: Float) -> Variable {
        let y = variable(rows: x.rows, columns: x.columns)
        let statistics = rowStatistics(x.rows)
        normalizeRows(x.value, weight, bias, epsilon, into: y.value, statistics)
        if !records { arena.recycle(statistics) }
        record(y, parameters: [weight, bias]) { [self] dy in
            addNormGradients(x.value, statistics, dy, weight, bias)
            let (dx, beta) = contribution(to: x)
            differentiateRows(x.value, statistics, weight, dy, adds: beta == 1, into: dx)
        }
        return y
    }

    /// y = LayerNorm(residual + dropout(x)): the end of a post-LN sublayer.
    /// - Parameters: x `(N, C)`, residual `(N, C)`.
    /// - Returns: `(N, C)`. Saves `(N, 2)` statistics and the sum, which takes the place of x: x is consumed. The mask is
    ///   drawn again in backward.
    public func addLayerNorm(
        _ x: Variable, residual: Variable, _ weight: Parameter, _ bias: Parameter, epsilon: Float,
        dropout site: DropoutSite? = nil
    ) -> Variable {
        precondition(
            x.rows == residual.rows && x.columns == residual.columns,
            "addLayerNorm: x \(x.value.shape), residual \(residual.value.shape)")
        let y = variable(rows: x.rows, columns: x.columns)
        let total = x.value
        let statistics = rowStatistics(x.rows)
        let drop = activeDropout(site)
        addResidual(residual.value, drop, into: total)
        normalizeRows(total, weight, bias, epsilon, into: y.value, statistics)
        if !records { arena.recycle(statistics) }
        record(y, parameters: [weight, bias]) { [self] dy in
            addNormGradients(total, statistics, dy, weight, bias)
            differentiateRows(total, statistics, weight, dy, adds: false, into: dy)
            let (dx, beta) = contribution(to: x)
            addBranchGradient(dy, drop, beta: beta, into: dx)
            pass(dy, to: residual)
        }
        return y
    }

    /// y = residual + dropout(x): the end of a pre-LN sublayer.
    /// - Parameters: x `(N, C)`, residual `(N, C)`.
    /// - Returns: `(N, C)`, in the place of x, which is consumed. Saves nothing.
    public func add(_ x: Variable, residual: Variable, dropout site: DropoutSite? = nil) -> Variable {
        precondition(
            x.rows == residual.rows && x.columns == residual.columns,
            "add: x \(x.value.shape), residual \(residual.value.shape)")
        let y = variable(x.value)
        let drop = activeDropout(site)
        addResidual(residual.value, drop, into: y.value)
        record(y) { [self] dy in
            let (dx, beta) = contribution(to: x)
            addBranchGradient(dy, drop, beta: beta, into: dx)
            pass(dy, to: residual)
        }
        return y
    }

    /// y = dropout(x).
    /// - Parameter x: `(N, C)`.
    /// - Returns: `(N, C)`, x itself when dropout is off.
    public func dropout(_ x: Variable, _ site: DropoutSite?) -> Variable {
        guard let drop = activeDropout(site) else { return x }
        let y = variable(rows: x.rows, columns: x.columns)
        applyDropout(drop, x.value, into: y.value)
        record(y) { [self] dy in
            applyDropout(drop, dy, into: dy)
            pass(dy, to: x)
        }
        return y
    }

    /// Memory for `(N, 2)` means and inverse deviations, kept where backward needs them.
    private func rowStatistics(_ rows: Int) -> Tensor {
        records ? arena.push(rows: rows, columns: 2) : arena.borrow(rows: rows, columns: 2)
    }

    /// The site when dropout is on at all.
    private func activeDropout(_ site: DropoutSite?) -> DropoutSite? {
        guard let site, site.dropout.isActive, randomness != nil else { return nil }
        return site
    }

    /// y = mask·x/(1 − rate); `y` may be `x`.
    func applyDropout(_ site: DropoutSite, _ x: Tensor, into y: Tensor) {
        guard let randomness else { return }
        let key = randomness.with(purpose: site.purpose)
        let stride = Dropout.stride(x.columns)
        run(site.samples.count) { task, _ in
            let sample = site.samples[task]
            var sampleKey = key
            sampleKey.position = UInt32(sample.position)
            for row in sample.rows {
                let offset = row * x.columns
                Tensors.dropout(
                    x.floats + offset, site.dropout, key: sampleKey,
                    first: (sample.first + row - sample.rows.lowerBound) * stride, into: y.floats + offset,
                    count: x.columns)
            }
        }
    }

    /// x = residual + mask·x.
    private func addResidual(_ residual: Tensor, _ drop: DropoutSite?, into x: Tensor) {
        if let drop { applyDropout(drop, x, into: x) }
        forBlocks(of: x.rows) { rows in
            let offset = rows.lowerBound * x.columns
            Tensors.add(residual.floats + offset, into: x.floats + offset, count: rows.count * x.columns)
        }
    }

    /// dx (+)= mask·ds.
    private func addBranchGradient(_ ds: Tensor, _ drop: DropoutSite?, beta: Float, into dx: Tensor) {
        let masked: Tensor
        if let drop {
            masked = beta == 0 ? dx : arena.borrow(rows: ds.rows, columns: ds.columns)
            applyDropout(drop, ds, into: masked)
            guard beta == 1 else { return }
        } else {
            masked = ds
        }
        forBlocks(of: ds.rows) { rows in
            let offset = rows.lowerBound * ds.columns
            let count = rows.count * ds.columns
            if beta == 0 {
                (dx.floats + offset).update(from: masked.floats + offset, count: count)
            } else {
                Tensors.add(masked.floats + offset, into: dx.floats + offset, count: count)
            }
        }
        if drop != nil { arena.recycle(masked) }
    }

    private func normalizeRows(
        _ x: Tensor, _ weight: Parameter, _ bias: Parameter, _ epsilon: Float, into y: Tensor, _ statistics: Tensor
    ) {
        precondition(
            weight.count == x.columns && bias.count == x.columns,
            "layerNorm: x \(x.shape), weight (\(weight.count)), bias (\(bias.count))")
        let (w, b) = (weight.value.floats, bias.value.floats)
        forBlocks(of: x.rows) { rows in
            for row in rows {
                let offset = row * x.columns
                let (mean, inverse) = Tensors.layerNorm(
                    x.floats + offset, weight: w, bias: b, epsilon: epsilon, into: y.floats + offset, columns: x.columns
                )
                statistics.floats[2 * row] = mean
                statistics.floats[2 * row + 1] = inverse
            }
        }
    }

    private func addNormGradients(
        _ x: Tensor, _ statistics: Tensor, _ dy: Tensor, _ weight: Parameter, _ bias: Parameter
    ) {
        guard !weight.isFrozen else { return }
        let (dWeight, dBias) = (weight.gradient.floats, bias.gradient.floats)
        forColumnBlocks(of: x.columns) { columns in
            addLayerNormParameterGradients(
                x.floats, statistics: statistics.floats, dy.floats, rows: x.rows, columns: columns, stride: x.columns,
                dWeight: dWeight, dBias: dBias)
        }
    }

    /// dx (+)= the input gradient; `dx` may be `dy`.
    private func differentiateRows(
        _ x: Tensor, _ statistics: Tensor, _ weight: Parameter, _ dy: Tensor, adds: Bool, into dx: Tensor
    ) {
        let w = weight.value.floats
        forBlocks(of: x.rows) { rows in
            for row in rows {
                let offset = row * x.columns
                layerNormGradient(
                    x.floats + offset, mean: statistics.floats[2 * row],
                    inverseDeviation: statistics.floats[2 * row + 1],
                    weight: w, dy.floats + offset, adds: adds, into: dx.floats + offset, columns: x.columns)
            }
        }
    }
}
