public import Runtime
public import Tensors

/// An operation with memory: inputs filled from a seed or set from outside, called as often as wanted.
public final class OperationInstance {
    public let operation: OperationCase
    public let store: ParameterStore
    public let arena: Arena
    public let pool: WorkerPool
    private var constants = OperationArguments()
    private var inputs: [(name: String, value: Tensor)] = []
    private var memory: [Reservation] = []

    /// - Parameter shapes: of inputs that are not as in the table, by name.
    /// - Throws: `MemoryFault`.
    public init(
        _ operation: OperationCase, size: OperationSize, pool: WorkerPool, shapes: [String: [Int]] = [:]
    ) throws(MemoryFault) {
        self.operation = operation
        self.pool = pool
        arena = try Arena(capacity: size == .small ? 16 << 20 : 1 << 30)
        var parameters: [Parameter] = []
        constants.numbers = operation.numbers(size)
        constants.layout = operation.layout(size)
        for input in operation.inputs {
            let shape = shapes[input.name] ?? input.shape(size)
            switch input.contents {
            case .parameter:
                let parameter = Parameter(
                    name: "operation.\(input.name)", shape: shape, initialization: .constant(0))
                parameters.append(parameter)
                constants.parameters[input.name] = parameter
            case .variable:
                let reservation = try Reservation(byteCount: shape.reduce(4, *))
                memory.append(reservation)
                inputs.append((input.name, Tensor(reservation.base, rows: shape[0], columns: shape[1])))
            case .constant:
                var stream = RandomKey(seed: 4, purpose: .test).stream
                constants.constants[input.name] = (0..<shape.reduce(1, *)).map { _ in stream.uniform() }
            case .integers(let values): constants.integers[input.name] = values(size)
            case .bytes:
                var stream = RandomKey(seed: 3, purpose: .test).stream
                constants.bytes[input.name] = (0..<shape.reduce(1, *)).map { _ in UInt8(stream.nextWord() >> 24) }
            }
        }
        store = try ParameterStore(parameters, alignment: 16)
        for (index, input) in operation.inputs.enumerated() { fill(input, seed: UInt64(index)) }
    }

    private func fill(_ input: OperationInput, seed: UInt64) {
        switch input.contents {
        case .variable(let deviation, let mean), .parameter(let deviation, let mean):
            guard let tensor = tensor(input.name) else { return }
            // Uniform numbers of this deviation, from a multiplicative sequence: large tables fill in no time.
            var state = 2 &* seed &+ 1
            for i in 0..<tensor.count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                tensor.floats[i] = mean + deviation * 3.464_101_6 * (Float(state >> 40) * 0x1p-24 - 0.5)
            }
        case .constant, .integers, .bytes: break
        }
    }

    private func tensor(_ name: String) -> Tensor? {
        inputs.first { $0.name == name }?.value ?? constants.parameters[name]?.value
    }

    public func set(_ name: String, _ values: [Float]) {
        if constants.constants[name] != nil {
            constants.constants[name] = values
            return
        }
        guard let tensor = tensor(name), tensor.count == values.count else {
            preconditionFailure("\(operation.name): \(values.count) numbers for \(name)")
        }
        tensor.floats.update(from: values, count: values.count)
    }

    public func set(_ name: String, _ values: [Int32]) { constants.integers[name] = values }
    public func set(_ name: String, _ values: [UInt8]) { constants.bytes[name] = values }
    public func set(_ name: String, _ value: Double) { constants.numbers[name] = value }
    public func set(_ layout: OperationLayout) { constants.layout = layout }

    /// Names of the inputs that have gradients, and their numbers.
    public var values: [(name: String, elements: [Float])] {
        operation.inputs.compactMap { input in tensor(input.name).map { (input.name, elements($0)) } }
    }

    public var fixed: [String: [Float]] { constants.constants }
    public var integers: [String: [Int32]] { constants.integers }
    public var bytes: [String: [UInt8]] { constants.bytes }
    public var numbers: [String: Double] { constants.numbers }
    public var layout: OperationLayout { constants.layout }

    public func shape(_ name: String) -> [Int] { tensor(name).map { [$0.rows, $0.columns] } ?? [] }

    /// One call that stands ready: inputs copied onto a fresh tape, because operations may consume them.
    public struct Call {
        public let tape: Tape
        let arguments: OperationArguments
        let run: (Tape, OperationArguments) -> OperationResult

        public func forward() -> OperationResult { run(tape, arguments) }
        /// The gradient that reached a variable.
        public func gradient(_ name: String) -> Tensor? { arguments.variables[name].flatMap(tape.gradient(of:)) }
    }

    /// - Parameter arena: the instance's own unless another is given; one that only measures may be.
    public func call(on other: Arena? = nil) -> Call {
        let arena = other ?? arena
        arena.reset()
        let seed = UInt64(constants.numbers["seed"] ?? 0)
        let key = RandomKey(seed: seed, batch: Int(constants.numbers["batch"] ?? 0), purpose: .dropout(site: 0))
        let tape = Tape(arena: arena, pool: pool, randomness: key)
        var arguments = constants
        for (name, value) in inputs {
            let variable = tape.variable(rows: value.rows, columns: value.columns)
            tape.compute { variable.value.floats.update(from: value.floats, count: value.count) }
            arguments.variables[name] = variable
        }
        return Call(tape: tape, arguments: arguments, run: operation.run)
    }

    /// The output's elements (one for a loss) and the gradients of every input.
    public struct Evaluation: Sendable, Equatable {
        public var output: [Double] = []
        public var gradients: [String: [Float]] = [:]
    }

    /// Forward and backward once, from a gradient `upstream` of the output (of one for each element when nil).
    public func evaluate(upstream: [Float]? = nil) -> Evaluation {
        store.gradients.update(repeating: 0, count: store.count)
        let call = call()
        var evaluation = Evaluation()
        switch call.forward() {
        case .loss(let loss): evaluation.output = [loss]
        case .rows(let y):
            evaluation.output = elements(y.value).map(Double.init)
            let gradient = arena.borrow(rows: y.rows, columns: y.columns)
            gradient.fill(1)
            if let upstream { gradient.floats.update(from: upstream, count: upstream.count) }
            call.tape.seed(y, gradient)
        }
        call.tape.backward()
        for (name, _) in inputs { evaluation.gradients[name] = call.gradient(name).map(elements) }
        for (name, parameter) in constants.parameters { evaluation.gradients[name] = elements(parameter.gradient) }
        return evaluation
    }

    private func elements(_ tensor: Tensor) -> [Float] {
        Array(UnsafeBufferPointer(start: tensor.floats, count: tensor.count))
    }
}
