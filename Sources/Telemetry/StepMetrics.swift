/// What one batch of a step came to, over all ranks.
public struct BatchMetrics: Sendable, Equatable {
    public var objective: String
    public var corpus: String
    public var loss: Double
    /// Parts of the loss and measures beside it, by name.
    public var terms: [String: Double]
    /// Samples of the global batch.
    public var samples: Int
    /// Text tokens of the global batch.
    public var tokens: Int

    public init(
        objective: String, corpus: String, loss: Double, terms: [String: Double] = [:], samples: Int, tokens: Int
    ) {
        self.objective = objective
        self.corpus = corpus
        self.loss = loss
        self.terms = terms
        self.samples = samples
        self.tokens = tokens
    }

    var json: JSONValue {
        [
            "objective": .string(objective), "corpus": .string(corpus), "loss": .number(loss), "terms": .sorted(terms),
            "samples": .integer(samples), "tokens": .integer(tokens),
        ]
    }
}

/// What one optimizer update came to.
public struct StepMetrics: Sendable, Equatable {
    /// From 0.
    public var step: Int
    public var batches: [BatchMetrics]
    public var learningRate: Double
    /// Global norm before clipping.
    public var gradientNorm: Double
    /// Wall time of the step.
    public var seconds: Double
    /// Seconds of it that the slowest rank waited for data.
    public var dataWait: Double
    /// Seconds of it spent waiting for communication that computing did not hide.
    public var exposedCommunication: Double
    /// Whether the update was left out because of non-finite numbers.
    public var skipped: Bool

    public init(
        step: Int, batches: [BatchMetrics], learningRate: Double, gradientNorm: Double, seconds: Double,
        dataWait: Double = 0, exposedCommunication: Double = 0, skipped: Bool = false
    ) {
        self.step = step
        self.batches = batches
        self.learningRate = learningRate
        self.gradientNorm = gradientNorm
        self.seconds = seconds
        self.dataWait = dataWait
        self.exposedCommunication = exposedCommunication
        self.skipped = skipped
    }

    public var samples: Int { batches.reduce(0) { $0 + $1.samples } }
    public var tokens: Int { batches.reduce(0) { $0 + $1.tokens } }

    /// A row of `metrics.jsonl`.
    public var json: JSONValue {
        [
            "step": .integer(step), "batches": .array(batches.map(\.json)), "lr": .number(learningRate),
            "grad_norm": .number(gradientNorm), "seconds": .number(seconds), "data_wait": .number(dataWait),
            "exposed_communication": .number(exposedCommunication), "skipped": .bool(skipped),
        ]
    }
}
