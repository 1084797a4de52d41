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

/// What was read of a corpus since the run was started, over all ranks.
public struct ReadingMetrics: Sendable, Equatable {
    public var corpus: String
    /// Decompressed bytes that were read for samples in their order, and bytes of these samples.
    public var read: Int
    public var used: Int
    /// The same of samples that were fetched for others: their relatives, and what stands in for bad ones.
    public var relativesRead: Int
    public var relativesUsed: Int
    /// Reads that failed and were tried again.
    public var retries: Int

    public init(
        corpus: String, read: Int, used: Int, relativesRead: Int = 0, relativesUsed: Int = 0, retries: Int = 0
    ) {
        self.corpus = corpus
        self.read = read
        self.used = used
        self.relativesRead = relativesRead
        self.relativesUsed = relativesUsed
        self.retries = retries
    }

    /// Bytes read for each byte used, of samples in their order; nil when none was used.
    public var amplification: Double? { used > 0 ? Double(read) / Double(used) : nil }

    var json: JSONValue {
        [
            "corpus": .string(corpus), "read": .integer(read), "used": .integer(used),
            "amplification": amplification.map { .number($0) } ?? .null, "relatives_read": .integer(relativesRead),
            "relatives_used": .integer(relativesUsed), "retries": .integer(retries),
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
    /// By corpus, in steps in which it was added up; nil in the others.
    public var reading: [ReadingMetrics]?
    /// In the same steps, of a model that has one.
    public var dictionary: DictionaryMetrics?

    public init(
        step: Int, batches: [BatchMetrics], learningRate: Double, gradientNorm: Double, seconds: Double,
        dataWait: Double = 0, exposedCommunication: Double = 0, skipped: Bool = false,
        reading: [ReadingMetrics]? = nil
    ) {
        self.step = step
        self.batches = batches
        self.learningRate = learningRate
        self.gradientNorm = gradientNorm
        self.seconds = seconds
        self.dataWait = dataWait
        self.exposedCommunication = exposedCommunication
        self.skipped = skipped
        self.reading = reading
    }

    public var samples: Int { batches.reduce(0) { $0 + $1.samples } }
    public var tokens: Int { batches.reduce(0) { $0 + $1.tokens } }

    /// A row of `metrics.jsonl`.
    public var json: JSONValue {
        var members: [(key: String, value: JSONValue)] = [
            ("step", .integer(step)), ("batches", .array(batches.map(\.json))), ("lr", .number(learningRate)),
            ("grad_norm", .number(gradientNorm)), ("seconds", .number(seconds)), ("data_wait", .number(dataWait)),
            ("exposed_communication", .number(exposedCommunication)), ("skipped", .bool(skipped)),
        ]
        if let reading { members.append(("reading", .array(reading.map(\.json)))) }
        if let dictionary { members.append(("dictionary", dictionary.json)) }
        return .object(members)
    }
}
