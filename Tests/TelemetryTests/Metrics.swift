@testable import Telemetry

/// A step of one batch.
func metrics(_ step: Int, loss: Double = 2.5) -> StepMetrics {
    StepMetrics(
        step: step,
        batches: [
            BatchMetrics(
                objective: "masked_language", corpus: "texts", loss: loss, terms: ["b": 1, "a": 0.5], samples: 8,
                tokens: 100)
        ], learningRate: 1e-4, gradientNorm: 1.5, seconds: 0.5, dataWait: 0.05, exposedCommunication: 0.1)
}
