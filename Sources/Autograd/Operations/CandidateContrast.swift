import Glibc
import Runtime
import Tensors

/// An image and a text that are compared, as rows of their vectors.
public struct ContrastCandidate: Sendable, Equatable {
    public let image: Int32
    public let text: Int32
    public let isPositive: Bool

    public init(image: Int32, text: Int32, isPositive: Bool) {
        self.image = image
        self.text = text
        self.isPositive = isPositive
    }
}

extension Tape {
    /// Cross-modal contrast among each pair's own candidates (UNIMO §3.3, equation 1), with d = u·v:
    /// Σ over pairs of −log (Σ over positives exp(d/τ) / Σ over all candidates exp(d/τ)) · scale.
    /// - Parameters:
    ///   - images: u, `(A, D)`. - texts: v, `(E, D)`. - candidates: of all pairs, each with a positive at least.
    ///   - offsets: `(B + 1)`: pair b owns `offsets[b] ..< offsets[b + 1]` of them. - temperature: τ, one number.
    /// - Returns: the sum, in double precision. Gradients are added at once when the tape records.
    public func candidateContrast(
        images: Variable, texts: Variable, _ candidates: [ContrastCandidate], offsets: [Int], temperature: Parameter,
        scale: Float
    ) -> Double {
        precondition(
            images.columns == texts.columns && offsets.last == candidates.count,
            "candidateContrast: images \(images.value.shape), texts \(texts.value.shape), \(candidates.count) candidates"
        )
        let inputs = records ? [images, texts].map { cleared(contribution(to: $0)) } : []
        var (loss, slope) = (0.0, 0.0)
        for (start, end) in zip(offsets, offsets.dropFirst()) where end > start && !isMeasuring {
            let group = candidates[start..<end]
            let scores = group.map { score($0, images, texts) / Double(temperature.value.floats[0]) }
            let all = logSum(scores)
            let positive = logSum(zip(scores, group).compactMap { $1.isPositive ? $0 : nil })
            loss += all - positive
            guard records else { continue }
            for (candidate, score) in zip(group, scores) {
                let share = exp(score - all) - (candidate.isPositive ? exp(score - positive) : 0)
                slope -= share * score
                add(Float(share) * scale / temperature.value.floats[0], candidate, images, texts, inputs)
            }
        }
        if records {
            add(
                computed(or: 0) { Float(slope * Double(scale)) / temperature.value.floats[0] },
                toGradientOf: temperature)
        }
        record(parameters: [temperature])
        return loss * Double(scale)
    }

    private func score(_ candidate: ContrastCandidate, _ images: Variable, _ texts: Variable) -> Double {
        let D = images.columns
        return Double(
            dot(
                images.value.floats + Int(candidate.image) * D, texts.value.floats + Int(candidate.text) * D, count: D))
    }

    /// Adds weight · v to du and weight · u to dv.
    private func add(
        _ weight: Float, _ candidate: ContrastCandidate, _ images: Variable, _ texts: Variable, _ gradients: [Tensor]
    ) {
        let D = images.columns
        let (image, text) = (Int(candidate.image) * D, Int(candidate.text) * D)
        accumulate(texts.value.floats + text, scale: weight, into: gradients[0].floats + image, count: D)
        accumulate(images.value.floats + image, scale: weight, into: gradients[1].floats + text, count: D)
    }

    private func logSum(_ scores: [Double]) -> Double {
        guard let largest = scores.max() else { preconditionFailure("a pair without a positive candidate") }
        return largest + log(scores.reduce(0) { $0 + exp($1 - largest) })
    }
}
