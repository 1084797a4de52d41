public import Runtime

/// A member of a sample that is not what its name promises. Whoever reads the sample adds corpus, shard and key.
public struct MemberError: DiagnosedError, Equatable {
    /// `features.npy`, `captions.json`, …
    public var member: String
    public var expected: String
    public var found: String

    public var exitCode: ExitCode { .data }
    public var description: String {
        "member `\(member)`: expected \(expected), found \(found); repair the source and pack it again"
    }
}
