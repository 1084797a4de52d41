public import Runtime
public import Tensors

/// A value on a tape and the slot of its gradient.
public struct Variable: Sendable {
    public let value: Tensor
    let slot: Int

    public var rows: Int { value.rows }
    public var columns: Int { value.columns }
}

/// The rows of a tensor that belong to one sample: what randomness is counted by.
public struct SampleRows: Sendable, Equatable {
    public let rows: Range<Int>
    /// Position in the global batch.
    public let position: Int
    /// Number, within the sample, of the first of these rows.
    public let first: Int

    public init(rows: Range<Int>, position: Int, first: Int = 0) {
        self.rows = rows
        self.position = position
        self.first = first
    }
}

/// A record of fused operations in program order; backward walks it from the end. No graph search.
public final class Tape {
    public let arena: Arena
    public let pool: WorkerPool
    /// False for inference: nothing is saved and nothing recorded.
    public private(set) var records: Bool
    /// Where dropout draws from; nil switches dropout off.
    public let randomness: RandomKey?
    /// Called when the last recorded use of a parameter has been differentiated.
    public var onFinal: ((Parameter) -> Void)?
    /// Called with what the forward pass chose by comparing, under the name of the choice: no gradient flows there, and a
    /// reference takes the same choices.
    public var onChoice: ((_ name: String, _ values: [Int32]) -> Void)?

    private struct Node {
        let output: Int?
        let parameters: [Parameter]
        let backward: (Tensor?) -> Void
    }
    private var nodes: [Node] = []
    private var gradients: [Tensor?] = []
    private var passed: UnsafeMutableRawPointer?
    /// Groups of the parameters that have a gradient so far, on a tape that only measures.
    public private(set) var measuredGroups: Set<String> = []

    public init(arena: Arena, pool: WorkerPool, records: Bool = true, randomness: RandomKey? = nil) {
        self.arena = arena
        self.pool = pool
        self.records = records
        self.randomness = randomness
        nodes.reserveCapacity(256)
        gradients.reserveCapacity(256)
    }

    /// Whether the tape only measures: operations place their tensors and record, and compute nothing.
    public var isMeasuring: Bool { arena.isMeasuring }

    /// The arithmetic of an operation: everything that reads or writes elements.
    @inline(__always) public func compute(_ body: () -> Void) {
        if !isMeasuring { body() }
    }

    /// What is computed from elements.
    /// - Parameter stand: what stands for it on a tape that only measures.
    @inline(__always) public func computed<Value>(or stand: @autoclosure () -> Value, _ body: () -> Value) -> Value {
        isMeasuring ? stand() : body()
    }

    /// A new value of this shape, undefined until written.
    public func variable(rows: Int, columns: Int) -> Variable {
        variable(arena.push(rows: rows, columns: columns))
    }

    /// A value that already has memory.
    public func variable(_ value: Tensor) -> Variable {
        gradients.append(nil)
        return Variable(value: value, slot: gradients.count - 1)
    }

    /// Runs `body` without a record: what it computes has no gradient, nor have its parameters.
    public func unrecorded<Result>(_ body: () -> Result) -> Result {
        let recorded = records
        records = false
        defer { records = recorded }
        return body()
    }

    /// Records how `output`'s gradient `(rows, columns)` becomes its inputs' and its parameters'.
    /// The gradient's memory is recycled afterwards unless `pass` handed it on.
    func record(_ output: Variable, parameters: [Parameter] = [], _ backward: @escaping (_ gradient: Tensor) -> Void) {
        append(Node(output: output.slot, parameters: parameters) { gradient in if let gradient { backward(gradient) } })
    }

    /// Records an operation whose gradients were already added in forward (a loss).
    func record(parameters: [Parameter]) { append(Node(output: nil, parameters: parameters) { _ in }) }

    private func append(_ node: Node) {
        guard records else { return }
        for parameter in node.parameters { parameter.uses += 1 }
        note(node.parameters)
        nodes.append(node)
    }

    /// Remembers that parameters get a gradient.
    private func note(_ parameters: [Parameter]) {
        guard isMeasuring else { return }
        for parameter in parameters where !parameter.isFrozen { measuredGroups.insert(parameter.group) }
    }

    /// Where to put a contribution to the gradient of `input`: memory, and β = 1 to add to what is there or 0 to write.
    func contribution(to input: Variable) -> (gradient: Tensor, beta: Float) {
        if let gradient = gradients[input.slot] { return (gradient, 1) }
        let gradient = arena.borrow(rows: input.rows, columns: input.columns)
        gradients[input.slot] = gradient
        return (gradient, 0)
    }

    /// Hands `gradient` on as a contribution to that of `input`: by reference when it is the first, else by addition.
    func pass(_ gradient: Tensor, to input: Variable) {
        if let existing = gradients[input.slot] {
            compute { Tensors.add(UnsafePointer(gradient.floats), into: existing.floats, count: gradient.count) }
        } else {
            gradients[input.slot] = gradient
            passed = gradient.pointer
        }
    }

    /// Starts backward at `variable` with a gradient known from outside (a pooled loss). Copied.
    public func seed(_ variable: Variable, _ gradient: Tensor) {
        precondition(
            gradient.rows == variable.rows && gradient.columns == variable.columns,
            "a gradient of \(gradient.shape) for a value of \(variable.value.shape)")
        let (target, beta) = contribution(to: variable)
        compute {
            if beta == 0 {
                target.floats.update(from: gradient.floats, count: gradient.count)
            } else {
                Tensors.add(UnsafePointer(gradient.floats), into: target.floats, count: gradient.count)
            }
        }
    }

    /// The gradient that reached `variable`, valid until the tape goes on; for tests of operations.
    public func gradient(of variable: Variable) -> Tensor? { gradients[variable.slot] }

    /// Walks the record from its end, adding to parameter gradients, and tells `onFinal` of parameters without uses left.
    public func backward() {
        while let node = nodes.popLast() {
            let gradient = node.output.flatMap { gradients[$0] }
            passed = nil
            node.backward(gradient)
            if let gradient, let output = node.output {
                gradients[output] = nil
                if passed != gradient.pointer { arena.recycle(gradient) }
            }
            for parameter in node.parameters {
                parameter.uses -= 1
                if parameter.uses == 0 { onFinal?(parameter) }
            }
        }
    }

    /// Runs `body(rows)` over blocks of rows of `count`, cut by the count alone.
    func forBlocks(of count: Int, _ body: (Range<Int>) -> Void) {
        let block = 64
        run((count + block - 1) / block) { task, _ in
            body(task * block..<min((task + 1) * block, count))
        }
    }

    /// Runs `body(columns)` over blocks of columns: for sums over rows in a fixed order.
    func forColumnBlocks(of count: Int, _ body: (Range<Int>) -> Void) {
        let block = 64
        run((count + block - 1) / block) { task, _ in
            body(task * block..<min((task + 1) * block, count))
        }
    }

    /// Runs `body(task, worker)` for `count` tasks over the pool's workers.
    func run(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
        compute { pool.run(count, body) }
    }

    /// `c = a·b + beta · c` over the pool, as `Tensors.multiply`.
    func multiply(
        m: Int, n: Int, k: Int, _ a: Operand, _ b: Operand, beta: Float, into c: Tensor,
        before: ((Range<Int>, Range<Int>) -> Void)? = nil, after: ((Range<Int>, Range<Int>) -> Void)? = nil
    ) {
        compute {
            Tensors.multiply(pool, m: m, n: n, k: k, a, b, beta: beta, into: c, before: before, after: after)
        }
    }

    /// Adds to the gradient of a scalar.
    func add(_ value: Float, toGradientOf scalar: Parameter) {
        note([scalar])
        guard !scalar.isFrozen else { return }
        compute { scalar.gradient.floats[0] += value }
    }

    /// All elements become zero.
    func clear(_ tensor: Tensor) { compute { tensor.fill(0) } }
}
