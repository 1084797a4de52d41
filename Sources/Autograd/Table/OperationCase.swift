import Tensors

/// The two shapes of an operation in the table: small and awkward (no multiple of 16) for checks, and that of a base-sized
/// step for benchmarks and for cuts over threads.
public enum OperationSize: Sendable { case small, large }

/// One input of an operation.
public struct OperationInput: Sendable {
    public enum Contents: Sendable {
        /// Rows on the tape, drawn with this deviation around this mean; its gradient is checked.
        case variable(deviation: Float, mean: Float)
        /// A parameter; its gradient is checked.
        case parameter(deviation: Float, mean: Float)
        /// Numbers without a gradient, from 0 to 1.
        case constant
        case integers(@Sendable (OperationSize) -> [Int32])
        /// Noise.
        case bytes
    }

    public let name: String
    public let contents: Contents
    private let small: [Int]
    private let large: [Int]

    public func shape(_ size: OperationSize) -> [Int] { size == .small ? small : large }

    static func variable(
        _ name: String, _ small: [Int], _ large: [Int], deviation: Float = 1, mean: Float = 0
    ) -> OperationInput {
        OperationInput(
            name: name, contents: .variable(deviation: deviation, mean: mean), small: small, large: large)
    }

    static func parameter(
        _ name: String, _ small: [Int], _ large: [Int], deviation: Float = 0.2, mean: Float = 0
    ) -> OperationInput {
        OperationInput(
            name: name, contents: .parameter(deviation: deviation, mean: mean), small: small, large: large)
    }

    static func integers(
        _ name: String, _ values: @escaping @Sendable (OperationSize) -> [Int32]
    ) -> OperationInput {
        OperationInput(name: name, contents: .integers(values), small: [], large: [])
    }

    static func constant(_ name: String, _ small: [Int], _ large: [Int]) -> OperationInput {
        OperationInput(name: name, contents: .constant, small: small, large: large)
    }

    static func bytes(_ name: String, _ small: [Int], _ large: [Int]) -> OperationInput {
        OperationInput(name: name, contents: .bytes, small: small, large: large)
    }
}

/// What limits an operation at its large shape, forward and backward; a loss has its gradients in forward.
public enum OperationWork: Sendable {
    /// Multiplications and additions.
    case arithmetic(forward: Double, backward: Double)
    /// Bytes read and written.
    case memory(forward: Double, backward: Double)
}

/// Structure beside the numbers: which rows are whose.
public struct OperationLayout: Sendable {
    public var plan: AttentionPlan
    public var samples: [SampleRows]

    public init(plan: AttentionPlan = AttentionPlan([]), samples: [SampleRows] = []) {
        self.plan = plan
        self.samples = samples
    }
}

/// What an operation comes to.
public enum OperationResult {
    case rows(Variable)
    case loss(Double)
}

/// The inputs of one call.
public struct OperationArguments {
    var variables: [String: Variable] = [:]
    var parameters: [String: Parameter] = [:]
    var constants: [String: [Float]] = [:]
    var integers: [String: [Int32]] = [:]
    var bytes: [String: [UInt8]] = [:]
    var numbers: [String: Double] = [:]
    var layout = OperationLayout()

    func variable(_ name: String) -> Variable { find(name, variables) }
    func parameter(_ name: String) -> Parameter { find(name, parameters) }
    func constant(_ name: String) -> [Float] { find(name, constants) }
    func integers(_ name: String) -> [Int32] { find(name, integers) }
    func bytes(_ name: String) -> [UInt8] { find(name, bytes) }
    func number(_ name: String) -> Double { find(name, numbers) }

    var dropout: Dropout { Dropout(rate: Float(number("rate"))) }
    var site: Int { Int(number("site")) }
    var dropoutSite: DropoutSite { DropoutSite(dropout, site: site, samples: layout.samples) }

    private func find<Value>(_ name: String, _ values: [String: Value]) -> Value {
        guard let value = values[name] else {
            preconditionFailure("no input \(name) among \(values.keys.sorted())")
        }
        return value
    }
}

/// An operation of the tape with everything that checks and benchmarks need to know of it.
public struct OperationCase: Sendable, CustomStringConvertible {
    /// Also the name of its golden and of its oracle.
    public let name: String
    public let inputs: [OperationInput]
    /// Constants: epsilons, rates, sizes.
    public let numbers: @Sendable (OperationSize) -> [String: Double]
    public let layout: @Sendable (OperationSize) -> OperationLayout
    public let work: OperationWork
    public let run: @Sendable (Tape, OperationArguments) -> OperationResult

    public var description: String { name }

    init(
        _ name: String, _ inputs: [OperationInput], work: OperationWork,
        numbers: @escaping @Sendable (OperationSize) -> [String: Double] = { _ in [:] },
        layout: @escaping @Sendable (OperationSize) -> OperationLayout = { _ in OperationLayout() },
        run: @escaping @Sendable (Tape, OperationArguments) -> OperationResult
    ) {
        self.name = name
        self.inputs = inputs
        self.work = work
        self.numbers = numbers
        self.layout = layout
        self.run = run
    }
}
