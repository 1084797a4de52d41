import Glibc

/// The constants of one AdamW update (Loshchilov and Hutter 2019), the same for every element of a parameter group.
public struct AdamWStep: Sendable {
    public let beta1: Float
    public let beta2: Float
    public let epsilon: Float
    /// Learning rate divided by the first moment's bias correction.
    let rate: Float
    /// 1 / √(second moment's bias correction).
    let inverseRoot: Float
    /// Learning rate times weight decay.
    let decay: Float

    /// - Parameter step: counted from 1, of this group.
    public init(
        learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float, step: Int
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        rate = learningRate / Float(1 - pow(Double(beta1), Double(step)))
        inverseRoot = Float(1 / (1 - pow(Double(beta2), Double(step))).squareRoot())
        decay = learningRate * weightDecay
    }
}

/// One AdamW update of `count` weights; the gradient, times `gradientScale`, is consumed: it is zero afterwards, in the same pass.
public func adamW(
    _ step: AdamWStep, weights: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>,
    firstMoments: UnsafeMutablePointer<Float>, secondMoments: UnsafeMutablePointer<Float>, gradientScale: Float,
    decays: Bool, count: Int
) {
    let shrink = 1 - (decays ? step.decay : 0)
    let (b1, c1) = (Lanes(repeating: step.beta1), Lanes(repeating: 1 - step.beta1))
    let (b2, c2) = (Lanes(repeating: step.beta2), Lanes(repeating: 1 - step.beta2))
    let clip = Lanes(repeating: gradientScale)
    let zero = Lanes(repeating: 0)
    var i = 0
    while i + 16 <= count {
        let g = Lanes.load(gradients + i) * clip
        let m = (b1 * .load(firstMoments + i)).addingProduct(c1, g)
        let v = (b2 * .load(secondMoments + i)).addingProduct(c2, g * g)
        m.store(firstMoments + i)
        v.store(secondMoments + i)
        let denominator = Lanes(repeating: step.epsilon)
            .addingProduct(squareRoot(v), Lanes(repeating: step.inverseRoot))
        (Lanes.load(weights + i) * Lanes(repeating: shrink) - Lanes(repeating: step.rate) * m / denominator)
            .store(weights + i)
        zero.store(gradients + i)
        i += 16
    }
    while i < count {
        let g = gradients[i] * gradientScale
        firstMoments[i] = (step.beta1 * firstMoments[i]).addingProduct(1 - step.beta1, g)
        secondMoments[i] = (step.beta2 * secondMoments[i]).addingProduct(1 - step.beta2, g * g)
        let denominator = step.epsilon.addingProduct(secondMoments[i].squareRoot(), step.inverseRoot)
        weights[i] = weights[i] * shrink - step.rate * firstMoments[i] / denominator
        gradients[i] = 0
        i += 1
    }
}
