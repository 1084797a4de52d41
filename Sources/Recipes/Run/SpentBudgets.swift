import Collectives
import Corpora
import Foundation

/// What a run has used up of its budgets, over all its starts.
struct SpentBudgets: Codable, Equatable {
    /// Updates left out for non-finite numbers.
    var skippedSteps = 0
    /// Different unusable samples by corpus.
    var badSamples: [String: UnusableSamples] = [:]

    /// The same for the whole job, of which each rank gives its own. Collective.
    func agreed(_ communication: CommunicationThread) throws -> SpentBudgets {
        let own = Array(try JSONEncoder().encode(badSamples))
        let all = try communication.perform("adding up unusable samples") { try $0.allGather(own) }
        var sum = SpentBudgets(skippedSteps: skippedSteps)
        for bytes in all {
            let part = try JSONDecoder().decode([String: UnusableSamples].self, from: Data(bytes))
            sum.badSamples.merge(part) { $0.merged(with: $1) }
        }
        return sum
    }
}
