import Tensors

/// Rows that the dictionary's loss sees, and their gradient, to be added to, when one is wanted.
struct DictionaryInput {
    let value: Tensor
    let gradient: Tensor?

    func rows(_ range: Range<Int>) -> DictionaryInput {
        DictionaryInput(value: value.rows(range), gradient: gradient?.rows(range))
    }
}

/// What a worker needs for one sample of up to L inputs and G codes of width C.
struct DictionaryScratch {
    /// `(L, G)` each.
    let products: UnsafeMutablePointer<Float>
    let scores: UnsafeMutablePointer<Float>
    let weights: UnsafeMutablePointer<Float>
    let dScores: UnsafeMutablePointer<Float>
    let dWeights: UnsafeMutablePointer<Float>
    /// `(max(L, G), C)`.
    let residual: UnsafeMutablePointer<Float>
    /// `(L)`: 1 / Σ over codes.
    let inverseOfInputs: UnsafeMutablePointer<Float>
    /// `(G)`: 1 / Σ over inputs.
    let inverseOfCodes: UnsafeMutablePointer<Float>
    /// `(G)`.
    let means: UnsafeMutablePointer<Float>

    static func count(inputs L: Int, codes G: Int, width C: Int) -> Int { 5 * L * G + max(L, G) * C + L + 2 * G }

    init(_ base: UnsafeMutablePointer<Float>, inputs L: Int, codes G: Int, width C: Int) {
        products = base
        scores = products + L * G
        weights = scores + L * G
        dScores = weights + L * G
        dWeights = dScores + L * G
        residual = dWeights + L * G
        inverseOfInputs = residual + max(L, G) * C
        inverseOfCodes = inverseOfInputs + L
        means = inverseOfCodes + G
    }
}

/// The dictionary's loss and gradients of one sample, on one thread.
struct DictionaryLossKernel {
    let patches: DictionaryInput?
    let tokens: DictionaryInput?
    /// `(B · G, C)`.
    let chosen: DictionaryInput
    let sharpness: Float
    let scales: DictionaryScales
    /// G.
    let codes: Int

    private var G: Int { codes }
    private var C: Int { chosen.value.columns }

    /// The inputs of one modality and the place of the first among the sample's.
    private struct Part {
        let x: DictionaryInput
        let first: Int

        var count: Int { x.value.rows }
    }

    private func parts(_ rows: DictionaryRows) -> [Part] {
        let both = [
            patches.map { Part(x: $0.rows(rows.patches), first: 0) },
            tokens.map { Part(x: $0.rows(rows.tokens), first: rows.patches.count) },
        ]
        return both.compactMap { $0 }.filter { $0.count > 0 }
    }

    /// - Parameter sums: Σ of squares of reconstruction and of commitment, and the gradient of γ, written.
    func run(_ sample: Int, _ rows: DictionaryRows, _ scratch: DictionaryScratch, sums: UnsafeMutablePointer<Float>) {
        let L = rows.count
        let parts = parts(rows)
        let g = chosen.rows(sample * G..<(sample + 1) * G)
        for part in parts {
            multiply(
                m: part.count, n: G, k: C, Operand(part.x.value), Operand(g.value, transposed: true), beta: 0,
                into: scratch.products + part.first * G, cStride: G)
        }
        sigmoid(scratch.products, sharpness: sharpness, into: scratch.scores, count: L * G)
        invertSums(L, scratch)
        sums[0] = reconstruct(parts, L, g, scratch)
        sums[1] = commit(parts, L, g, scratch)
        guard let gradient = g.gradient else { return sums[2] = 0 }
        sigmoidGradient(scratch.scores, scratch.dScores, count: L * G)
        sums[2] = dot(scratch.dScores, scratch.products, count: L * G)
        scale(scratch.dScores, by: sharpness, count: L * G)
        for part in parts { passOn(part, g.value, gradient, scratch) }
    }

    /// 1 / Σ s over codes for each input and over inputs for each code.
    private func invertSums(_ L: Int, _ scratch: DictionaryScratch) {
        scratch.inverseOfCodes.update(repeating: 0, count: G)
        for row in 0..<L {
            let line = scratch.scores + row * G
            scratch.inverseOfInputs[row] = 1 / ((0..<G).reduce(0) { $0 + line[$1] } + 1e-18)
            add(line, into: scratch.inverseOfCodes, count: G)
        }
        for code in 0..<G { scratch.inverseOfCodes[code] = 1 / (scratch.inverseOfCodes[code] + 1e-18) }
    }

    /// Σ (a·g − x)²; dg through the mixture; dScores through a.
    private func reconstruct(_ parts: [Part], _ L: Int, _ g: DictionaryInput, _ scratch: DictionaryScratch) -> Float {
        for row in 0..<L {
            (scratch.weights + row * G).update(from: scratch.scores + row * G, count: G)
            scale(scratch.weights + row * G, by: scratch.inverseOfInputs[row], count: G)
        }
        for part in parts {
            let target = scratch.residual + part.first * C
            target.update(from: part.x.value.floats, count: part.count * C)
            multiply(
                m: part.count, n: C, k: G, Operand(scratch.weights + part.first * G, stride: G), Operand(g.value),
                beta: -1, into: target, cStride: C)
        }
        let sum = Float(sumOfSquares(scratch.residual, count: L * C))
        guard let gradient = g.gradient else { return sum }
        let dr = scratch.residual
        scale(dr, by: 2 * scales.reconstruction, count: L * C)
        multiply(
            m: G, n: C, k: L, Operand(scratch.weights, stride: G, transposed: true), Operand(dr, stride: C), beta: 1,
            into: gradient.floats, cStride: C)
        multiply(
            m: L, n: G, k: C, Operand(dr, stride: C), Operand(g.value, transposed: true), beta: 0,
            into: scratch.dScores, cStride: G)
        for row in 0..<L {
            let line = scratch.dScores + row * G
            let mean = dot(line, scratch.weights + row * G, count: G)
            for code in 0..<G { line[code] = (line[code] - mean) * scratch.inverseOfInputs[row] }
        }
        return sum
    }

    /// Σ (bᵀ·x − g)²; dx through the mixture; dScores through b.
    private func commit(_ parts: [Part], _ L: Int, _ g: DictionaryInput, _ scratch: DictionaryScratch) -> Float {
        for row in 0..<L {
            product(scratch.scores + row * G, scratch.inverseOfCodes, into: scratch.weights + row * G, count: G)
        }
        scratch.residual.update(from: g.value.floats, count: G * C)
        for (number, part) in parts.enumerated() {
            multiply(
                m: G, n: C, k: part.count, Operand(scratch.weights + part.first * G, stride: G, transposed: true),
                Operand(part.x.value), beta: number == 0 ? -1 : 1, into: scratch.residual, cStride: C)
        }
        let sum = Float(sumOfSquares(scratch.residual, count: G * C))
        guard g.gradient != nil else { return sum }
        let dr = scratch.residual
        scale(dr, by: 2 * scales.commitment, count: G * C)
        for part in parts {
            guard let gradient = part.x.gradient else { continue }
            multiply(
                m: part.count, n: C, k: G, Operand(scratch.weights + part.first * G, stride: G),
                Operand(dr, stride: C), beta: 1, into: gradient.floats, cStride: C)
            multiply(
                m: part.count, n: G, k: C, Operand(part.x.value), Operand(dr, stride: C, transposed: true), beta: 0,
                into: scratch.dWeights + part.first * G, cStride: G)
        }
        scratch.means.update(repeating: 0, count: G)
        for row in 0..<L {
            accumulateProduct(scratch.dWeights + row * G, scratch.weights + row * G, into: scratch.means, count: G)
        }
        for row in 0..<L {
            let line = scratch.dWeights + row * G
            accumulate(scratch.means, scale: -1, into: line, count: G)
            accumulateProduct(line, scratch.inverseOfCodes, into: scratch.dScores + row * G, count: G)
        }
        return sum
    }

    /// dx += dz·g and dg += dzᵀ·x, with dz in `dScores`.
    private func passOn(_ part: Part, _ g: Tensor, _ dg: Tensor, _ scratch: DictionaryScratch) {
        let dz = scratch.dScores + part.first * G
        multiply(
            m: G, n: C, k: part.count, Operand(dz, stride: G, transposed: true), Operand(part.x.value), beta: 1,
            into: dg.floats, cStride: C)
        guard let dx = part.x.gradient else { return }
        multiply(
            m: part.count, n: C, k: G, Operand(dz, stride: G), Operand(g), beta: 1, into: dx.floats, cStride: C)
    }
}
