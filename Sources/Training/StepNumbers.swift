/// The small vectors that ranks sum in a step; they live as long as the trainer, because operations borrow them.
///
/// Counts: per batch what each term is divided by, and its tokens. Control: stop requests, each rank's wait for data, per
/// batch the terms of its loss, and how often each code was chosen.
final class StepNumbers {
    private(set) var counts: UnsafeMutableBufferPointer<Double>
    private(set) var control: UnsafeMutableBufferPointer<Double>
    /// Views into `counts` and `control`, by batch.
    private(set) var termCounts: [UnsafeMutableBufferPointer<Double>] = []
    private(set) var terms: [UnsafeMutableBufferPointer<Double>] = []
    private(set) var tokens: UnsafeMutableBufferPointer<Double>
    private(set) var dataWaits: UnsafeMutableBufferPointer<Double>
    private(set) var codeUses: UnsafeMutableBufferPointer<Double>
    private let memory: UnsafeMutableBufferPointer<Double>
    private let ranks: Int
    private let codes: Int
    private let most: Int
    private var laidOut: [Int] = []

    /// - Parameters:
    ///   - batches: summed together, at most. - terms: of the loss of each, at most. - codes: of the dictionary.
    init(batches: Int, terms: Int, ranks: Int, codes: Int) {
        self.ranks = ranks
        self.codes = codes
        most = batches * (terms + 1)
        memory = .allocate(capacity: 2 * most + 1 + ranks + codes)
        memory.initialize(repeating: 0)
        let none = UnsafeMutableBufferPointer(rebasing: memory[..<0])
        (counts, control, tokens, dataWaits, codeUses) = (none, none, none, none, none)
    }

    deinit { memory.deallocate() }

    /// Makes room for batches of so many terms each; everything is zero.
    func layOut(_ termsOfBatches: [Int]) {
        let total = termsOfBatches.reduce(0, +)
        precondition(total + termsOfBatches.count <= most, "\(total) terms of \(termsOfBatches.count) batches at once")
        if laidOut != termsOfBatches { place(termsOfBatches, total) }
        counts.update(repeating: 0)
        control.update(repeating: 0)
    }

    private func place(_ termsOfBatches: [Int], _ total: Int) {
        laidOut = termsOfBatches
        var next = 0
        func take(_ count: Int) -> UnsafeMutableBufferPointer<Double> {
            defer { next += count }
            return UnsafeMutableBufferPointer(rebasing: memory[next..<next + count])
        }
        termCounts = termsOfBatches.map(take)
        tokens = take(termsOfBatches.count)
        counts = UnsafeMutableBufferPointer(rebasing: memory[..<next])
        let start = next
        _ = take(1)
        dataWaits = take(ranks)
        terms = termsOfBatches.map(take)
        codeUses = take(codes)
        control = UnsafeMutableBufferPointer(rebasing: memory[start..<next])
    }

    func count(codes: [Int32]) {
        for code in codes { codeUses[Int(code)] += 1 }
    }
}
