import Runtime
import Tensors

/// What the two parts of the dictionary's loss are multiplied by: weight over the global number of elements.
public struct DictionaryScales: Sendable, Equatable {
    /// Of the squared distance from inputs to their mixture of codes.
    public let reconstruction: Float
    /// Of the squared distance from codes to their mixture of inputs.
    public let commitment: Float

    public init(reconstruction: Float, commitment: Float) {
        self.reconstruction = reconstruction
        self.commitment = commitment
    }
}

extension Tape {
    /// The dictionary's loss (UNIMO-2 §3.2), with s = sigmoid(γ · x·gᵀ), a = s / Σ over codes, b = s / Σ over inputs:
    /// reconstruction Σ (stop(x) − a·g)² and commitment Σ (stop(g) − bᵀ·x)², each times its scale.
    ///
    /// Only the targets are stopped: the weights a and b pass gradients on to x, to g and to γ.
    /// - Parameters:
    ///   - patches: `(·, C)` or nil. - tokens: `(·, C)` or nil. - samples: B samples' rows of both.
    ///   - chosen: g, `(B · G, C)`, the codes of each sample. - sharpness: γ, one number.
    /// - Returns: both parts, in double precision. Gradients are added at once when the tape records.
    public func dictionaryLoss(
        patches: Variable?, tokens: Variable?, _ samples: [DictionaryRows], chosen: Variable, sharpness: Parameter,
        _ scales: DictionaryScales
    ) -> (reconstruction: Double, commitment: Double) {
        let G = chosen.rows / max(samples.count, 1)
        precondition(chosen.rows == G * samples.count, "\(chosen.value.shape) codes for \(samples.count) samples")
        let longest = samples.map(\.count).max() ?? 0
        let scratch = arena.borrow(
            rows: pool.threads, columns: DictionaryScratch.count(inputs: longest, codes: G, width: chosen.columns))
        let sums = arena.borrow(rows: samples.count, columns: 3)
        let kernel = DictionaryLossKernel(
            patches: patches.map(input), tokens: tokens.map(input), chosen: input(chosen),
            sharpness: computed(or: 1) { sharpness.value.floats[0] }, scales: scales, codes: G)
        run(samples.count) { sample, worker in
            let scratch = DictionaryScratch(
                scratch.floats + worker * scratch.columns, inputs: longest, codes: G, width: chosen.columns)
            kernel.run(sample, samples[sample], scratch, sums: sums.floats + 3 * sample)
        }
        arena.recycle(scratch)
        let total = computed(or: (0, 0, 0)) {
            (0..<samples.count).reduce(into: (0.0, 0.0, 0.0)) { total, sample in
                total.0 += Double(sums.floats[3 * sample])
                total.1 += Double(sums.floats[3 * sample + 1])
                total.2 += Double(sums.floats[3 * sample + 2])
            }
        }
        arena.recycle(sums)
        if records { add(Float(total.2), toGradientOf: sharpness) }
        record(parameters: [sharpness])
        return (total.0 * Double(scales.reconstruction), total.1 * Double(scales.commitment))
    }

    private func input(_ x: Variable) -> DictionaryInput {
        guard records else { return DictionaryInput(value: x.value, gradient: nil) }
        return DictionaryInput(value: x.value, gradient: cleared(contribution(to: x)))
    }
}
