import Rehearsal
import Testing
import Training

@Suite struct ReferenceTests {
    @Test("loss and every gradient equal the float64 reference", arguments: GoldenObjective.names)
    func agreesWithReference(name: String) throws {
        let golden = try GoldenObjective(name)
        let outcome = try golden.run.run()
        let error = abs(outcome.losses[0][0] - golden.loss) / abs(golden.loss)
        #expect(error <= 1e-5, "loss \(outcome.losses[0][0]), reference \(golden.loss)")
        let terms = Dictionary(uniqueKeysWithValues: outcome.reports[0].batches[0].terms.map { ($0, $1) })
        #expect(Set(terms.keys) == Set(golden.terms.keys))
        for (name, value) in golden.terms {
            #expect(
                abs((terms[name] ?? 0) - value) <= 1e-5 * abs(value), "\(name) \(terms[name] ?? 0), reference \(value)")
        }
        #expect(outcome.choices == [golden.choices])
        let rule = NormRule(outcome.gradients.mapValues { $0.map(Double.init) }, reference: golden.gradients)
        #expect(rule.ratio <= 1e-4, "\(rule.worst)")
    }

    @Test("chunks of 1, of 3 and the whole batch have the same gradients, dropout on", arguments: GoldenObjective.names)
    func chunkSizeChangesNothing(name: String) throws {
        var run = try GoldenObjective(name, dropout: 0.1).run
        let whole = try run.run()
        for size in [1, 3] {
            run.chunkSize = size
            let cut = try run.run()
            let rule = NormRule(cut.gradients, reference: whole.gradients)
            #expect(rule.ratio <= 1e-6, "chunks of \(size): \(rule.worst)")
            #expect(abs(cut.losses[0][0] - whole.losses[0][0]) <= 1e-6 * abs(whole.losses[0][0]))
        }
    }

    @Test(
        "dropout changes the loss where the model has it",
        arguments: ["masked_language_text", "captioning", "image_text_matching"])
    func dropoutActs(name: String) throws {
        let with = try GoldenObjective(name, dropout: 0.1).run.run()
        let without = try GoldenObjective(name).run.run()
        #expect(with.losses[0][0] != without.losses[0][0])
    }
}
