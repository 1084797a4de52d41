import Runtime
import Tensors

extension Tape {
    /// Σ (y − target)² · scale.
    /// - Parameters: y `(M, F)`, the result of one other operation; targets `(M, F)`.
    /// - Returns: the sum, in double precision. Gradients are there at once when the tape records.
    public func squaredDistance(_ y: Variable, targets: [Float], scale: Float) -> Double {
        let F = y.columns
        return againstTargets(y, targets) { row, target, gradient in
            Tensors.squaredDistance(row, target, scale: scale, gradient: gradient, count: F)
        } * Double(scale)
    }

    /// Σ over rows of KL(target ‖ softmax(y)) · scale.
    /// - Parameters: y `(M, K)`, the result of one other operation; targets `(M, K)`, not negative.
    /// - Returns: the sum, in double precision. Gradients are there at once when the tape records.
    public func softCrossEntropy(_ y: Variable, targets: [Float], scale: Float) -> Double {
        let K = y.columns
        return againstTargets(y, targets) { row, target, gradient in
            let (sum, mass) = crossEntropyTerms(row, target, count: K)
            let probabilities = gradient ?? row
            if let gradient { gradient.update(from: row, count: K) }
            let logSum = softmax(probabilities, count: K)
            if let gradient { softTargetGradient(gradient, target, mass: mass, scale: scale, count: K) }
            return sum + mass * logSum
        } * Double(scale)
    }

    /// Sums `loss` over rows, which also writes each row's gradient; nil when nothing is recorded.
    private func againstTargets(
        _ y: Variable, _ targets: [Float],
        _ loss: (UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>?) -> Float
    ) -> Double {
        let columns = y.columns
        precondition(
            targets.count == y.value.count && gradient(of: y) == nil,
            "\(targets.count) targets for \(y.value.shape), which is used once")
        let gradient = records ? contribution(to: y).gradient : nil
        let losses = arena.borrow(rows: 1, columns: y.rows)
        defer { arena.recycle(losses) }
        targets.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            run(y.rows) { row, _ in
                losses.floats[row] = loss(
                    y.value.floats + row * columns, base + row * columns, gradient.map { $0.floats + row * columns })
            }
        }
        return computed(or: 0) { (0..<y.rows).reduce(0) { $0 + Double(losses.floats[$1]) } }
    }
}
