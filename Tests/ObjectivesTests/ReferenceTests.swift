import Autograd
import Batches
import Models
import Objectives
import Rehearsal
import Tensors
import Testing
import Training

@Suite struct ReferenceTests {
    @Test("loss and every gradient equal the float64 reference", arguments: GoldenObjective.names)
    func agreesWithReference(name: String) throws {
        let golden = try GoldenObjective(name)
        let outcome = try golden.run.run()
        // Without other candidates the contrast is 0, and so is what it may be off by.
        let error = abs(outcome.losses[0][0] - golden.loss)
        #expect(error <= 1e-5 * abs(golden.loss), "loss \(outcome.losses[0][0]), reference \(golden.loss)")
        let terms = Dictionary(uniqueKeysWithValues: outcome.reports[0].batches[0].terms.map { ($0.name, $0.value) })
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

    @Test(
        "a sample's codes don't depend on what else is in the batch or the chunk",
        arguments: ["masked_language_text", "masked_language_pairs", "captioning", "image_contrastive"])
    func codesAreTheSamplesOwn(name: String) throws {
        var run = try GoldenObjective(name).run
        let samples = run.steps[0][0].samples
        let together = try codes(run)
        run.chunkSize = 2
        #expect(try codes(run) == together)
        let chosen = together.count / samples.count
        for (index, sample) in samples.enumerated() {
            run.steps = [[RankedRun.GlobalBatch(samples: [sample])]]
            #expect(try codes(run) == Array(together[index * chosen..<(index + 1) * chosen]))
        }
    }

    private func codes(_ run: RankedRun) throws -> [Int32] { try run.run().choices[0]["codes"] ?? [] }

    @Test(
        "losses and gradients of a batch don't change when every sample is in it twice",
        arguments: ["masked_language_text", "masked_language_pairs", "captioning"])
    func scaleDoesNotDependOnTheMix(name: String) throws {
        var run = try GoldenObjective(name).run
        let once = try run.run()
        run.steps = [[RankedRun.GlobalBatch(samples: run.steps[0][0].samples + run.steps[0][0].samples)]]
        let twice = try run.run()
        for (one, two) in zip(once.reports[0].batches[0].terms, twice.reports[0].batches[0].terms) {
            #expect(abs(one.value - two.value) <= 1e-6 * abs(one.value), "\(one.name)")
        }
        let rule = NormRule(twice.gradients, reference: once.gradients)
        #expect(rule.ratio <= 1e-5, "\(rule.worst)")
    }

    @Test("through the gather of codes no gradient reaches an encoder, nor the scores' sharpness")
    func gatherStopsGradients() throws {
        let golden = try GoldenObjective("masked_language_pairs")
        var run = golden.run
        run.config.grounded.layers = 1
        // Without the dictionary's loss, and with one grounded layer, images reach texts through the choice alone.
        run.entries = [
            TrainedEntry(
                corpus: "golden",
                objective: MaskedLanguage(
                    vocabulary: run.config.vocabulary, maxTokens: run.config.maxTokens,
                    image: (run.config.imageSize, .none)))
        ]
        run.weights = run.weights.filter { !$0.key.hasPrefix("grounded.layers.1.") }
        var gradients: [String: [Float]] = [:]
        _ = try run.onEachRank { trainer, source in
            nonisolated(unsafe) var found: [String: [Float]] = [:]
            trainer.onGradients = { _ in
                for parameter in trainer.store.parameters {
                    found[parameter.name] = (0..<parameter.count).map { parameter.gradient.floats[$0] }
                }
            }
            _ = try trainer.runStep(source, stopRequested: false)
            return found
        }.first.map { gradients = $0 }
        for (name, gradient) in gradients where name.hasPrefix("vision.") || name == "dictionary.sharpness" {
            #expect(gradient.allSatisfy { $0 == 0 }, "\(name)")
        }
        #expect(gradients["dictionary.codes"]!.contains { $0 != 0 })
        #expect(gradients["text.word"]!.contains { $0 != 0 })
    }
}
