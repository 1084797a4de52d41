public import Collectives
public import Runtime

/// A failure that every rank knows of: the job can leave in good order instead of being torn down.
public struct AgreedFailure: DiagnosedError {
    public let description: String
    public let exitCode: ExitCode
    /// True on the ranks where it happened: they say what it was.
    public let isOwn: Bool
}

extension CommunicationThread {
    /// Runs `body` on the calling rank, however long it takes, and fails on every rank if it failed on any. Collective.
    public func together<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
        var outcome: Swift.Result<Result, any Error>?
        let reports = try atWork(name) {
            let own = Swift.Result { try body() }
            outcome = own
            guard case .failure(let error) = own else { return [] }
            let code = (error as? any DiagnosedError)?.exitCode ?? .data
            return [UInt8(truncatingIfNeeded: code.rawValue)] + Array("\(error)".utf8)
        }
        guard let failed = reports.firstIndex(where: { !$0.isEmpty }) else {
            guard let outcome else { preconditionFailure("\(name) ended without an outcome") }
            return try outcome.get()
        }
        let code = ExitCode(rawValue: Int32(reports[failed][0])) ?? .data
        let text = String(decoding: reports[failed].dropFirst(), as: UTF8.self)
        throw AgreedFailure(description: text, exitCode: code, isOwn: failed == rank)
    }

    /// Rank 0's text on every rank; nil travels as nil. Collective, and fails on every rank if `body` fails on rank 0.
    func fromRankZero(_ name: String, _ body: () throws -> String?) throws -> String? {
        let text = try together(name) { rank == 0 ? try body() : nil }
        let bytes: [UInt8] = text.map { [1] + Array($0.utf8) } ?? [0]
        let received = try perform(name) { [bytes] in try $0.broadcast(bytes) }
        return received.first == 1 ? String(decoding: received.dropFirst(), as: UTF8.self) : nil
    }
}

/// Ranks in words: `rank 1`, `ranks 0, 2 and 3`.
func rankList(_ ranks: [Int]) -> String {
    guard let last = ranks.last, ranks.count > 1 else { return "rank \(ranks.first ?? 0)" }
    return "ranks \(ranks.dropLast().map { "\($0)" }.joined(separator: ", ")) and \(last)"
}
