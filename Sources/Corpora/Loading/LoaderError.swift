public import Batches
public import Runtime

/// Why the loader gave up.
public enum LoaderError: DiagnosedError, Equatable {
    /// One more unusable sample than the corpus may have.
    case tooManyUnusable(budget: Int, last: SkippedSample)
    /// Every sample tried in the place of an unusable one was unusable too.
    case noReplacement(attempts: Int, sample: SkippedSample)
    /// A sample of a held-out corpus, where nothing may stand in for it.
    case unusable(SkippedSample)

    public var exitCode: ExitCode { .data }

    public var description: String {
        switch self {
        case .tooManyUnusable(let budget, let last):
            "\(Self.place(last)): \(last.reason); expected at most \(budget) unusable samples in this corpus, this is "
                + "one more; repair or repack the corpus, or raise its budget of bad samples"
        case .noReplacement(let attempts, let sample):
            "\(Self.place(sample)): \(sample.reason); expected a usable sample in its place, found none in "
                + "\(attempts) attempts; the corpus does not suit this objective or is damaged, verify it"
        case .unusable(let sample):
            "\(Self.place(sample)): \(sample.reason); expected every held-out sample to be usable; repack the corpus "
                + "without it"
        }
    }

    private static func place(_ sample: SkippedSample) -> String {
        let file = sample.shard.isEmpty ? "" : ", \(sample.shard) at byte \(sample.offset)"
        return "corpus \(sample.corpus)\(file), sample \(sample.key)"
    }
}

/// A stored sample from which no sample can be made, though its bytes are the ones that were packed.
struct UnusableSample: Error, Equatable {
    var reason: String
}
