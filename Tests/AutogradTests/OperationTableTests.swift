import Autograd
import Rehearsal
import Runtime
import Tensors
import Testing

/// What every entry of the operation table buys.
@Suite(.serialized) struct OperationTableTests {
    init() { MatrixLibrary.configure() }

    @Test("gradients equal finite differences of the float64 oracle", arguments: OperationTable.cases)
    func agreesWithFiniteDifferences(operation: OperationCase) throws {
        let oracle = try #require(Oracles.all[operation.name], "\(operation.name) has no oracle")
        let instance = try OperationInstance(operation, size: .small, pool: WorkerPool(threads: 1))
        let inputs = OracleInputs(instance)
        let output = oracle.output(inputs)
        let isLoss = output.count == 1
        let upstream = isLoss ? nil : output.indices.map { Float(($0 * 37 + 11) % 19) / 9 - 1 }
        let found = instance.evaluate(upstream: upstream)
        let value = NormRule(["output": found.output], reference: ["output": output])
        let exact = FiniteDifferences(oracle, inputs, upstream: upstream?.map(Double.init) ?? [1]).gradients
        let rule = NormRule(found.gradients.mapValues { $0.map(Double.init) }, reference: exact)
        #expect(value.ratio <= 2e-6)
        #expect(rule.ratio <= 1e-5, "\(rule.worst)")
    }

    @Test("value and gradients equal the PyTorch reference", arguments: OperationTable.cases)
    func agreesWithReference(operation: OperationCase) throws {
        let case_ = try OperationGolden(operation, pool: WorkerPool(threads: 1))
        let golden = case_.golden
        let upstream = golden.contains("d_output") ? try golden.floats("d_output") : nil
        let found = case_.instance.evaluate(upstream: upstream)
        let value = NormRule(["output": found.output], reference: ["output": try golden.doubles("output")])
        let exact = try Dictionary(
            uniqueKeysWithValues: golden.names("gradient/").map { ($0, try golden.doubles("gradient/\($0)")) })
        #expect(Set(exact.keys) == Set(found.gradients.keys))
        let rule = NormRule(found.gradients.mapValues { $0.map(Double.init) }, reference: exact)
        #expect(value.ratio <= 2e-6)
        #expect(rule.ratio <= 1e-5, "\(rule.worst)")
    }

    @Test(
        "frozen parameters get no gradient, and the inputs' gradients keep their bits", arguments: OperationTable.cases)
    func frozenParametersStay(operation: OperationCase) throws {
        let instance = try OperationInstance(operation, size: .small, pool: WorkerPool(threads: 1))
        let free = instance.evaluate()
        instance.store.freeze(groups: ["operation"])
        let frozen = instance.evaluate()
        #expect(frozen.output == free.output)
        let parameters = Set(instance.store.parameters.map { $0.name.dropFirst("operation.".count) })
        for (name, gradient) in frozen.gradients {
            if parameters.contains(name[...]) {
                #expect(gradient.allSatisfy { $0 == 0 }, "\(name)")
            } else {
                #expect(gradient == free.gradients[name], "\(name)")
            }
        }
    }

    @Test("one, two and three threads give the same bits", arguments: OperationTable.cases)
    func threadsChangeNothing(operation: OperationCase) throws {
        let one = try OperationInstance(operation, size: .large, pool: WorkerPool(threads: 1)).evaluate()
        for threads in 2...3 {
            let more = try OperationInstance(operation, size: .large, pool: WorkerPool(threads: threads)).evaluate()
            #expect(one == more, "\(threads) threads")
        }
    }

    @Test("calls leave nothing on the heap and the arena does not grow", arguments: OperationTable.cases)
    func callsAllocateNothingThatStays(operation: OperationCase) throws {
        let instance = try OperationInstance(operation, size: .small, pool: WorkerPool(threads: 1))
        func calls() {
            for _ in 0..<100 {
                let call = instance.call()
                if case .rows(let y) = call.forward() {
                    let gradient = instance.arena.borrow(rows: y.rows, columns: y.columns)
                    gradient.fill(1)
                    call.tape.seed(y, gradient)
                    instance.arena.recycle(gradient)
                }
                call.tape.backward()
            }
        }
        calls()
        let arena = instance.arena.highWater
        // Other tests allocate at the same time, so a round may grow by chance; one that leaks grows every time.
        let grows = (0..<10).allSatisfy { _ in
            let before = Machine.heapInUse
            calls()
            return Machine.heapInUse > before
        }
        #expect(!grows)
        #expect(instance.arena.highWater == arena)
    }
}

/// Gradients of Σ output · upstream by the four-point rule.
private struct FiniteDifferences {
    private(set) var gradients: [String: [Double]] = [:]

    init(_ oracle: Oracle, _ inputs: OracleInputs, upstream: [Double]) {
        for (name, values) in inputs.values {
            gradients[name] = values.indices.map { index in
                let step = 1e-3
                func value(_ steps: Double) -> Double {
                    var moved = inputs
                    moved.values[name]![index] += steps * step
                    return zip(oracle.output(moved), upstream).reduce(0) { $0 + $1.0 * $1.1 }
                }
                return (8 * (value(1) - value(-1)) - (value(2) - value(-2))) / (12 * step)
            }
        }
    }
}
