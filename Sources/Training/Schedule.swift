import Glibc

/// The learning rate as a function of the step.
public struct Schedule: Sendable, Equatable {
    public enum Decay: String, Sendable, CaseIterable { case constant, linear, cosine }

    public var peak: Float
    public var decay: Decay
    /// Steps over which the rate rises linearly from peak / warm-up.
    public var warmupSteps: Int
    /// Step at which the decay ends.
    public var totalSteps: Int
    /// Rate at the end, as a share of the peak.
    public var finalRatio: Float

    public init(peak: Float, decay: Decay, warmupSteps: Int, totalSteps: Int, finalRatio: Float) {
        self.peak = peak
        self.decay = decay
        self.warmupSteps = warmupSteps
        self.totalSteps = totalSteps
        self.finalRatio = finalRatio
    }

    /// The rate of the update after `step` finished ones.
    public func rate(_ step: Int) -> Float {
        if step < warmupSteps { return peak * Float(step + 1) / Float(warmupSteps) }
        let span = max(totalSteps - warmupSteps, 1)
        let progress = min(Float(step - warmupSteps) / Float(span), 1)
        switch decay {
        case .constant: return peak
        case .linear: return peak * (1 - (1 - finalRatio) * progress)
        case .cosine: return peak * (finalRatio + (1 - finalRatio) * 0.5 * (1 + cos(.pi * progress)))
        }
    }
}
