import Autograd
import Rehearsal
import Runtime
import Tensors
import Testing
import Training

@Suite struct OptimizerTests {
    @Test("five updates, one of them missing, equal the reference's AdamW")
    func agreesWithReference() throws {
        let golden = try GoldenFile("adamW", suite: #filePath.replacing("TrainingTests", with: "AutogradTests"))
        func number(_ name: String) throws -> Float { try #require(golden.metadata[name].flatMap(Float.init)) }
        let parameters = ["weight", "bias"].map {
            Parameter(name: "group.\($0)", shape: golden.shape("input/\($0)"), initialization: .constant(0))
        }
        let store = try ParameterStore(parameters, alignment: 16)
        let config = OptimizerConfig(
            beta1: try number("beta1"), beta2: try number("beta2"), epsilon: try number("epsilon"),
            weightDecay: try number("weight_decay"), clipNorm: 0)
        let optimizer = try Optimizer(config, store: store, pool: WorkerPool(threads: 1))
        for parameter in parameters { copy(try golden.floats("input/\(short(parameter))"), to: parameter.value.floats) }
        for step in 0..<5 {
            let isMissing = step == Int(try number("missing_step"))
            for parameter in parameters where !isMissing {
                let all = try golden.floats("input/gradients.\(short(parameter))")
                copy(Array(all[step * parameter.count..<(step + 1) * parameter.count]), to: parameter.gradient.floats)
            }
            optimizer.update(learningRate: try number("learning_rate"), gradientNorm: 1, active: [!isMissing])
        }
        #expect(optimizer.groupSteps == [4])
        for parameter in parameters {
            let (name, start) = (short(parameter), parameter.range.lowerBound)
            try expect(store.weights + start, golden, "output/\(name)")
            try expect(optimizer.firstMoments + start, golden, "output/exp_avg.\(name)")
            try expect(optimizer.secondMoments + start, golden, "output/exp_avg_sq.\(name)")
            #expect((0..<parameter.count).allSatisfy { parameter.gradient.floats[$0] == 0 })
        }
    }

    private func short(_ parameter: Parameter) -> String { String(parameter.name.dropFirst("group.".count)) }

    private func copy(_ values: [Float], to pointer: UnsafeMutablePointer<Float>) {
        pointer.update(from: values, count: values.count)
    }

    private func expect(_ found: UnsafeMutablePointer<Float>, _ golden: GoldenFile, _ name: String) throws {
        let expected = try golden.doubles(name)
        let rule = NormRule([name: expected.indices.map { Double(found[$0]) }], reference: [name: expected])
        #expect(rule.ratio <= 1e-6, "\(name)")
    }

    @Test("a gradient above the norm is scaled to it, one below is left alone")
    func clipsGlobalNorm() throws {
        func weight(clip: Float, gradient: Float) throws -> Float {
            let parameter = Parameter(name: "group.weight", shape: [1, 4], initialization: .constant(0))
            let store = try ParameterStore([parameter], alignment: 16)
            let config = OptimizerConfig(beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0, clipNorm: clip)
            let optimizer = try Optimizer(config, store: store, pool: WorkerPool(threads: 1))
            parameter.gradient.fill(gradient)
            let norm = optimizer.gradientNorm(active: [true])
            #expect(abs(norm - Double(2 * gradient)) < 1e-6)
            optimizer.update(learningRate: 0.1, gradientNorm: norm, active: [true])
            return optimizer.firstMoments[0]
        }
        #expect(try abs(weight(clip: 1, gradient: 10) - 0.1 * 0.5) < 1e-6)
        #expect(try abs(weight(clip: 1, gradient: 0.25) - 0.1 * 0.25) < 1e-6)
        #expect(try abs(weight(clip: 0, gradient: 10) - 0.1 * 10) < 1e-5)
    }

    @Test("a group with a rate of its own moves by its share of the step, a frozen group not at all")
    func groupsHaveTheirRates() throws {
        func moved(_ rates: [String: Float], active: Bool = true) throws -> Float {
            let parameter = Parameter(name: "group.bias", shape: [4], initialization: .constant(0))
            let store = try ParameterStore([parameter], alignment: 16)
            let config = OptimizerConfig(
                beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.1, clipNorm: 0, groupRates: rates)
            let optimizer = try Optimizer(config, store: store, pool: WorkerPool(threads: 1))
            #expect(config.frozen == Set(rates.filter { $0.value == 0 }.keys))
            parameter.gradient.fill(1)
            optimizer.update(learningRate: 0.1, gradientNorm: 2, active: [active])
            return store.weights[0]
        }
        #expect(try abs(moved([:]) + 0.1) < 1e-5)
        #expect(try abs(moved(["group": 0.25]) + 0.025) < 1e-5)
        #expect(try moved(["other": 0.25]) == moved([:]))
        #expect(try moved(["group": 0], active: false) == 0)
    }

    @Test("the rate rises linearly, then decays to its final share")
    func scheduleHasItsShape() {
        let cosine = Schedule(peak: 2, decay: .cosine, warmupSteps: 4, totalSteps: 24, finalRatio: 0.1)
        #expect((0..<4).map(cosine.rate) == [0.5, 1, 1.5, 2])
        #expect(abs(cosine.rate(14) - 2 * 0.55) < 1e-6)
        #expect(abs(cosine.rate(24) - 0.2) < 1e-6 && cosine.rate(1000) == cosine.rate(24))
        let linear = Schedule(peak: 2, decay: .linear, warmupSteps: 4, totalSteps: 24, finalRatio: 0)
        #expect(abs(linear.rate(14) - 1) < 1e-6 && linear.rate(24) == 0)
        #expect(Schedule(peak: 2, decay: .constant, warmupSteps: 0, totalSteps: 1, finalRatio: 0).rate(9) == 2)
    }
}
