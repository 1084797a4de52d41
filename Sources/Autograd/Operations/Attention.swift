import Runtime
public import Tensors

extension Tape {
    /// Multi-head attention (Vaswani et al. 2017), softmax(q·kᵀ/√D)·v per head, over the rows a plan names.
    /// - Parameters:
    ///   - qkv: `(N, 3C)`: queries, keys and values side by side, each H heads of D = C/H columns.
    ///   - plan: rows that no block queries get zero.
    ///   - dropout: of the probabilities; the mask's elements are counted per sample, head and block.
    /// - Returns: `(N, C)`, or the rows that `plan.output` names. Saves qkv, the result and `(N, H)` log-sums; probabilities
    ///   are computed again in backward.
    public func attention(
        _ qkv: Variable, heads: Int, plan: AttentionPlan, dropout: Dropout = Dropout(rate: 0), site: Int = 0
    ) -> Variable {
        precondition(qkv.columns % (3 * heads) == 0, "attention: qkv \(qkv.value.shape) for \(heads) heads")
        let C = qkv.columns / 3
        let output = plan.output ?? 0..<qkv.rows
        let y = variable(rows: output.count, columns: C)
        let logSums =
            records ? arena.push(rows: output.count, columns: heads) : arena.borrow(rows: output.count, columns: heads)
        let scores = arena.borrow(rows: pool.threads, columns: plan.largestBlock)
        var kernel = AttentionKernel(
            qkv: qkv.value, y: y.value, logSums: logSums, first: output.lowerBound, heads: heads, scale: 1)
        kernel.scale = 1 / Float(C / heads).squareRoot()
        if dropout.isActive, let randomness {
            kernel.dropout = (dropout, randomness.with(purpose: .dropout(site: site)))
        }
        clear(y.value)
        run(plan.samples.count * heads) { task, worker in
            let sample = plan.samples[task / heads]
            kernel.forward(sample, head: task % heads, scores: scores.floats + worker * plan.largestBlock)
        }
        arena.recycle(scores)
        if !records { arena.recycle(logSums) }
        record(y) { [self, kernel] dy in
            let dqkv = arena.borrow(rows: qkv.rows, columns: qkv.columns)
            clear(dqkv)
            let scratch = arena.borrow(rows: 2 * pool.threads, columns: plan.largestBlock)
            run(plan.samples.count * heads) { task, worker in
                let base = scratch.floats + 2 * worker * plan.largestBlock
                kernel.backward(
                    plan.samples[task / heads], head: task % heads, dy: dy, into: dqkv, probabilities: base,
                    gradients: base + plan.largestBlock)
            }
            arena.recycle(scratch)
            pass(dqkv, to: qkv)
            if gradient(of: qkv)?.pointer != dqkv.pointer { arena.recycle(dqkv) }
        }
        return y
    }
}

/// One head of one sample: the tasks of attention, forward and backward.
struct AttentionKernel {
    let qkv: Tensor
    let y: Tensor
    let logSums: Tensor
    /// Row of qkv at which the result begins.
    let first: Int
    let heads: Int
    var scale: Float
    var dropout: (Dropout, RandomKey)?

    private var C: Int { y.columns }
    private var D: Int { y.columns / heads }

    private func operand(_ tensor: Tensor, part: Int, row: Int, head: Int, transposed: Bool = false) -> Operand {
        Operand(address(tensor, part: part, row: row, head: head), stride: tensor.columns, transposed: transposed)
    }

    private func address(_ tensor: Tensor, part: Int, row: Int, head: Int) -> UnsafeMutablePointer<Float> {
        tensor.floats + row * tensor.columns + part * C + head * D
    }

    func forward(_ sample: AttentionPlan.Sample, head: Int, scores: UnsafeMutablePointer<Float>) {
        for (number, block) in sample.blocks.enumerated() where block.keyCount > 0 {
            computeScores(block, head: head, into: scores)
            for row in block.queries {
                let visible = visibleKeys(block, row)
                let line = scores + (row - block.queries.lowerBound) * block.keyCount
                logSums.floats[(row - first) * heads + head] = softmax(line, count: visible)
                (line + visible).update(repeating: 0, count: block.keyCount - visible)
            }
            applyDropout(sample, block: number, head: head, scores)
            var column = 0
            for keys in block.keys {
                multiply(
                    m: block.queries.count, n: D, k: keys.count, Operand(scores + column, stride: block.keyCount),
                    operand(qkv, part: 2, row: keys.lowerBound, head: head), beta: column == 0 ? 0 : 1,
                    into: address(y, part: 0, row: block.queries.lowerBound - first, head: head), cStride: C)
                column += keys.count
            }
        }
    }

    /// - Parameters: probabilities, gradients: scratch of the largest block's size.
    func backward(
        _ sample: AttentionPlan.Sample, head: Int, dy: Tensor, into dqkv: Tensor,
        probabilities: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>
    ) {
        for (number, block) in sample.blocks.enumerated() where block.keyCount > 0 {
            let (queries, width) = (block.queries, block.keyCount)
            let dyBlock = operand(dy, part: 0, row: queries.lowerBound - first, head: head)
            restoreProbabilities(block, head: head, into: probabilities)
            // dP = dy·vᵀ, through the mask; gradients of dropped probabilities are zero.
            var column = 0
            for keys in block.keys {
                multiply(
                    m: queries.count, n: keys.count, k: D, dyBlock,
                    operand(qkv, part: 2, row: keys.lowerBound, head: head, transposed: true), beta: 0,
                    into: gradients + column, cStride: width)
                column += keys.count
            }
            applyDropout(sample, block: number, head: head, gradients)
            for row in queries {
                let line = (row - queries.lowerBound) * width
                let delta = dot(
                    address(dy, part: 0, row: row - first, head: head),
                    address(y, part: 0, row: row - first, head: head), count: D)
                softmaxGradient(probabilities + line, delta: delta, scale: scale, gradients + line, count: width)
            }
            applyDropout(sample, block: number, head: head, probabilities)
            column = 0
            for keys in block.keys {
                addGradients(block, keys, column, head, dyBlock, probabilities, gradients, into: dqkv)
                column += keys.count
            }
        }
    }

    /// dq += dS·k, dk += dSᵀ·q, dv += Pᵀ·dy for one key range whose scores start at `column`.
    private func addGradients(
        _ block: AttentionPlan.Block, _ keys: Range<Int>, _ column: Int, _ head: Int, _ dyBlock: Operand,
        _ probabilities: UnsafeMutablePointer<Float>, _ gradients: UnsafeMutablePointer<Float>, into dqkv: Tensor
    ) {
        let (queries, width) = (block.queries, block.keyCount)
        multiply(
            m: queries.count, n: D, k: keys.count, Operand(gradients + column, stride: width),
            operand(qkv, part: 1, row: keys.lowerBound, head: head), beta: 1,
            into: address(dqkv, part: 0, row: queries.lowerBound, head: head), cStride: dqkv.columns)
        multiply(
            m: keys.count, n: D, k: queries.count, Operand(gradients + column, stride: width, transposed: true),
            operand(qkv, part: 0, row: queries.lowerBound, head: head), beta: 1,
            into: address(dqkv, part: 1, row: keys.lowerBound, head: head), cStride: dqkv.columns)
        multiply(
            m: keys.count, n: D, k: queries.count, Operand(probabilities + column, stride: width, transposed: true),
            dyBlock, beta: 1, into: address(dqkv, part: 2, row: keys.lowerBound, head: head), cStride: dqkv.columns)
    }

    /// scores = q·kᵀ·scale, `(queries, keys)`.
    private func computeScores(_ block: AttentionPlan.Block, head: Int, into scores: UnsafeMutablePointer<Float>) {
        var column = 0
        for keys in block.keys {
            multiply(
                m: block.queries.count, n: keys.count, k: D, scale: scale,
                operand(qkv, part: 0, row: block.queries.lowerBound, head: head),
                operand(qkv, part: 1, row: keys.lowerBound, head: head, transposed: true), beta: 0,
                into: scores + column, cStride: block.keyCount)
            column += keys.count
        }
    }

    private func restoreProbabilities(_ block: AttentionPlan.Block, head: Int, into scores: UnsafeMutablePointer<Float>)
    {
        computeScores(block, head: head, into: scores)
        for row in block.queries {
            let visible = visibleKeys(block, row)
            let line = scores + (row - block.queries.lowerBound) * block.keyCount
            exponentials(line, minus: logSums.floats[(row - first) * heads + head], count: visible)
            (line + visible).update(repeating: 0, count: block.keyCount - visible)
        }
    }

    private func visibleKeys(_ block: AttentionPlan.Block, _ row: Int) -> Int {
        guard block.isCausal, let last = block.keys.last else { return block.keyCount }
        return block.keyCount - last.count + (row - block.queries.lowerBound) + 1
    }

    private func applyDropout(
        _ sample: AttentionPlan.Sample, block number: Int, head: Int, _ x: UnsafeMutablePointer<Float>
    ) {
        guard let (dropout, key) = dropout else { return }
        let block = sample.blocks[number]
        var sampleKey = key
        sampleKey.position = UInt32(sample.position)
        // Elements of earlier blocks and heads come first.
        let before = sample.blocks[..<number].reduce(0) { $0 + $1.queries.count * Dropout.stride($1.keyCount) } * heads
        let stride = Dropout.stride(block.keyCount)
        for row in 0..<block.queries.count {
            let line = x + row * block.keyCount
            Tensors.dropout(
                line, dropout, key: sampleKey, first: before + (head * block.queries.count + row) * stride, into: line,
                count: block.keyCount)
        }
    }
}
