import Collectives
import Rehearsal
import Testing
import Training

@Suite struct RankTests {
    /// Every objective alone, and all of them in one step; batches that 2, 3 and 4 don't divide, and one of two samples.
    static let mixtures: [[(entry: Int, samples: Int)]] = [
        [(0, 7)], [(1, 7)], [(2, 7)], [(3, 7)], [(0, 2)], [(1, 1)], [(2, 2)], [(3, 3)], [(4, 7)], [(4, 1)], [(5, 7)],
        [(5, 1)], [(6, 7)], [(6, 2)],
        [(0, 7), (2, 5), (1, 2), (3, 7), (4, 3), (5, 5), (6, 6)],
    ]

    @Test("1, 2, 3 and 4 ranks agree on gradients and losses", arguments: mixtures, [Reduction.ring, .window])
    func ranksAgree(batches: [(entry: Int, samples: Int)], reduction: Reduction) throws {
        try agree(Mixture.unimo2.run(batches), reduction)
    }

    @Test("they agree on UNIMO's objectives too, alone and all in one step", arguments: [Reduction.ring, .window])
    func ranksAgreeOnUNIMO(reduction: Reduction) throws {
        for entry in Mixture.unimo.entries.indices {
            for samples in [7, 2] { try agree(Mixture.unimo.run([(entry, samples)]), reduction) }
        }
        try agree(Mixture.unimo.run(Mixture.unimo.all), reduction)
    }

    private func agree(_ run: RankedRun, _ reduction: Reduction) throws {
        var run = run
        let alone = try run.run()
        run.reduction = reduction
        for ranks in 2...4 {
            run.ranks = ranks
            let together = try run.run()
            let rule = NormRule(together.gradients, reference: alone.gradients)
            #expect(rule.ratio <= 1e-5, "\(ranks) ranks: \(rule.worst)")
            for (found, expected) in zip(together.losses[0], alone.losses[0]) {
                #expect(abs(found - expected) <= 1e-6 * abs(expected), "\(ranks) ranks")
            }
        }
    }

    @Test("small chunks on three ranks change nothing either")
    func chunksOnRanks() throws {
        try chunksChangeNothing(Mixture.unimo2.run([(0, 7), (2, 7), (3, 7), (4, 7), (5, 7), (6, 7)]))
        try chunksChangeNothing(Mixture.unimo.run(Mixture.unimo.all))
    }

    private func chunksChangeNothing(_ run: RankedRun) throws {
        var run = run
        let alone = try run.run()
        run.ranks = 3
        run.chunkSize = 1
        let together = try run.run()
        let rule = NormRule(together.gradients, reference: alone.gradients)
        #expect(rule.ratio <= 1e-5, "\(rule.worst)")
    }

    @Test("losses of 50 steps stay within 1e-4 for 1 to 4 ranks")
    func ranksStayTogether() throws {
        try stayTogether(Mixture.unimo2.run([(0, 5), (1, 3), (2, 6), (3, 5), (4, 4), (5, 5)], steps: 50))
        try stayTogether(Mixture.unimo.run(Mixture.unimo.all, steps: 50))
    }

    private func stayTogether(_ run: RankedRun) throws {
        var run = run
        run.weights = [:]
        let alone = try run.run()
        for ranks in 2...4 {
            run.ranks = ranks
            let worst = zip(try run.run().losses.joined(), alone.losses.joined()).map { abs($0 - $1) / abs($1) }.max()!
            #expect(worst <= 1e-4, "\(ranks) ranks")
        }
        let sums = alone.losses.map { $0.reduce(0, +) }
        #expect(sums.last! < sums[0])
    }

    @Test("the same launch twice, and with more threads, ends in the same bits")
    func bitsRepeat() throws {
        try repeats(Mixture.unimo2.run([(0, 5), (1, 3), (2, 6), (3, 5), (4, 4), (5, 5), (6, 4)], steps: 3))
        try repeats(Mixture.unimo.run(Mixture.unimo.all, steps: 3))
    }

    private func repeats(_ run: RankedRun) throws {
        var run = run
        run.ranks = 2
        let first = try run.run()
        #expect(try run.run().weights == first.weights)
        run.threads = 2
        #expect(try run.run().weights == first.weights)
    }

    @Test("groups that no batch declares stand still")
    func inactiveGroupsStandStill() throws {
        let run = Mixture.unimo2.run([(3, 5)], steps: 3)
        let outcome = try run.run()
        let moved = Set(outcome.weights.filter { $0.value != run.weights[$0.key] }.map(\.key))
        #expect(moved.allSatisfy { $0.hasPrefix("vision.") || $0.hasPrefix("simclr.") || $0.hasPrefix("dictionary.") })
        #expect(moved.contains("vision.patch.weight") && moved.contains("simclr.up.weight"))
        #expect(Set(outcome.gradients.keys.map { $0.prefix { $0 != "." } }) == ["vision", "dictionary", "simclr"])
    }

    @Test("numbers that are not finite leave the update out on every rank")
    func nonFiniteStepIsSkipped() throws {
        var run = Mixture.unimo2.run([(0, 5), (3, 4)], steps: 2)
        run.ranks = 2
        run.weights["simclr.up.weight"]?[3] = .nan
        let outcome = try run.run()
        #expect(outcome.reports.allSatisfy { $0.isSkipped })
        #expect(outcome.reports.map { $0.step } == [0, 1])
        #expect(outcome.weights["text.word"] == run.weights["text.word"])
    }
}
