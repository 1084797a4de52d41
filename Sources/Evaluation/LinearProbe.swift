import Glibc
public import Runtime
public import Tensors

/// A linear classifier on frozen vectors (Alain & Bengio 2016): what a model knows is what little is needed to read it off.
///
/// Softmax regression on standardised features with weight decay, a convex problem: accelerated gradient descent (Nesterov
/// 1983) with the step that its curvature allows, so that nothing is tuned.
public struct LinearProbe: Sendable {
    /// C.
    private let width: Int
    /// K.
    private let classes: Int
    private let means: [Float]
    private let scales: [Float]
    /// `(C + 1, K)`, the last row the biases.
    private let weights: [Float]

    /// - Parameters:
    ///   - rows: `(n, C)`. - labels: in `0 ..< classes`.
    ///   - decay: of the squared weights, as a share of the mean loss.
    /// - Throws: `MemoryFault`.
    public init(
        _ rows: [Float], labels: [Int], classes K: Int, decay: Float = 1e-3, iterations: Int = 300, pool: WorkerPool
    ) throws(MemoryFault) {
        let n = labels.count
        precondition(n > 0 && rows.count % n == 0, "\(rows.count) numbers for \(n) labels")
        precondition(labels.allSatisfy((0..<K).contains), "labels beyond \(K) classes")
        let C = rows.count / n
        (means, scales) = Self.moments(rows, width: C)
        (width, classes) = (C, K)
        let inputs = Self.standardised(rows, width: C, means, scales)
        let descent = SoftmaxDescent(inputs, labels: labels, width: C + 1, classes: K, decay: decay, pool: pool)
        weights = try descent.minimum(iterations: iterations)
    }

    /// The likeliest class of each of `(n, C)` rows.
    /// - Throws: `MemoryFault`.
    public func predictions(_ rows: [Float], pool: WorkerPool) throws(MemoryFault) -> [Int] {
        let n = rows.count / width
        guard n > 0 else { return [] }
        let inputs = Self.standardised(rows, width: width, means, scales)
        let memory = try Reservation(byteCount: n * classes * 4)
        let logits = Tensor(memory.base, rows: n, columns: classes)
        inputs.withUnsafeBufferPointer { x in
            weights.withUnsafeBufferPointer { w in
                multiply(
                    pool, m: n, n: classes, k: width + 1, Operand(x.baseAddress!, stride: width + 1),
                    Operand(w.baseAddress!, stride: classes), beta: 0, into: logits)
            }
        }
        return (0..<n).map { row in
            let line = logits.floats + row * classes
            return (0..<classes).max { line[$0] < line[$1] } ?? 0
        }
    }

    /// Mean and 1 / deviation of each feature; 0 for one that never changes.
    private static func moments(_ rows: [Float], width C: Int) -> (means: [Float], scales: [Float]) {
        var (sums, squares) = ([Double](repeating: 0, count: C), [Double](repeating: 0, count: C))
        for (place, value) in rows.enumerated() {
            sums[place % C] += Double(value)
            squares[place % C] += Double(value) * Double(value)
        }
        let n = Double(rows.count / max(C, 1))
        let means = sums.map { $0 / n }
        let scales = zip(squares, means).map { square, mean in
            let variance = square / n - mean * mean
            return variance > 1e-12 ? 1 / variance.squareRoot() : 0
        }
        return (means.map(Float.init), scales.map(Float.init))
    }

    /// `(n, C + 1)`: the features standardised, and a one.
    private static func standardised(_ rows: [Float], width C: Int, _ means: [Float], _ scales: [Float]) -> [Float] {
        var inputs: [Float] = []
        inputs.reserveCapacity(rows.count / max(C, 1) * (C + 1))
        for start in stride(from: 0, to: rows.count, by: C) {
            for feature in 0..<C { inputs.append((rows[start + feature] - means[feature]) * scales[feature]) }
            inputs.append(1)
        }
        return inputs
    }
}

/// Minimises the mean cross entropy of softmax(X W) plus `decay` / 2 · ‖W‖².
private struct SoftmaxDescent {
    let inputs: [Float]
    let labels: [Int]
    /// Columns of the inputs, and classes.
    let width: Int
    let classes: Int
    let decay: Float
    let pool: WorkerPool

    init(_ inputs: [Float], labels: [Int], width: Int, classes: Int, decay: Float, pool: WorkerPool) {
        self.inputs = inputs
        self.labels = labels
        self.width = width
        self.classes = classes
        self.decay = decay
        self.pool = pool
    }

    /// `(width, classes)`.
    func minimum(iterations: Int) throws(MemoryFault) -> [Float] {
        let n = labels.count
        let probabilities = try Reservation(byteCount: n * classes * 4)
        let gradient = try Reservation(byteCount: width * classes * 4)
        let P = Tensor(probabilities.base, rows: n, columns: classes)
        let G = Tensor(gradient.base, rows: width, columns: classes)
        // The Hessian of softmax cross entropy is at most half of the inputs' second moments.
        let rate = 1 / (0.5 * largestMoment() + decay)
        var weights = [Float](repeating: 0, count: width * classes)
        var ahead = weights
        for iteration in 0..<iterations {
            fillGradient(at: ahead, P, G)
            let momentum = Float(iteration) / Float(iteration + 3)
            for place in weights.indices {
                let next = ahead[place] - rate * (G.floats[place] + decay * ahead[place])
                ahead[place] = next + momentum * (next - weights[place])
                weights[place] = next
            }
        }
        return weights
    }

    /// Xᵀ (softmax(X W) − Y) / n.
    private func fillGradient(at weights: [Float], _ P: Tensor, _ G: Tensor) {
        let n = labels.count
        inputs.withUnsafeBufferPointer { x in
            weights.withUnsafeBufferPointer { w in
                multiply(
                    pool, m: n, n: classes, k: width, Operand(x.baseAddress!, stride: width),
                    Operand(w.baseAddress!, stride: classes), beta: 0, into: P)
            }
            for row in 0..<n { toDifference(P.floats + row * classes, label: labels[row], share: 1 / Float(n)) }
            multiply(
                pool, m: width, n: classes, k: n, Operand(x.baseAddress!, stride: width, transposed: true), Operand(P),
                beta: 0, into: G)
        }
    }

    private func toDifference(_ logits: UnsafeMutablePointer<Float>, label: Int, share: Float) {
        let largest = (0..<classes).reduce(-Float.infinity) { max($0, logits[$1]) }
        var sum: Float = 0
        for k in 0..<classes {
            logits[k] = expf(logits[k] - largest)
            sum += logits[k]
        }
        for k in 0..<classes { logits[k] *= share / sum }
        logits[label] -= share
    }

    /// The largest eigenvalue of XᵀX / n, by power iteration, a little enlarged because that comes from below.
    private func largestMoment() -> Float {
        let n = labels.count
        var direction = [Double](repeating: 1, count: width)
        var value = 1.0
        for _ in 0..<30 {
            var image = [Double](repeating: 0, count: width)
            for row in 0..<n {
                var along = 0.0
                for column in 0..<width { along += Double(inputs[row * width + column]) * direction[column] }
                for column in 0..<width { image[column] += along * Double(inputs[row * width + column]) }
            }
            let length = image.reduce(0) { $0 + $1 * $1 }.squareRoot()
            value = length / (direction.reduce(0) { $0 + $1 * $1 }.squareRoot() * Double(n))
            guard length > 0 else { return 1 }
            direction = image.map { $0 / length }
        }
        return Float(value * 1.1)
    }
}
