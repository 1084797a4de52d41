import ArgumentParser

/// What numbers an option takes: anything else is refused before it is computed with.
enum NumberOption {
    static func check(_ option: String, _ value: Int?, in range: ClosedRange<Int>) throws {
        guard let value, !range.contains(value) else { return }
        throw ValidationError("\(option) takes \(description(of: range)), not \(value)")
    }

    static func checkFinite(_ option: String, _ value: Double?) throws {
        guard let value, !value.isFinite else { return }
        throw ValidationError("\(option) takes a finite number, not \(value)")
    }

    private static func description(of range: ClosedRange<Int>) -> String {
        range.upperBound == .max
            ? "a number from \(range.lowerBound) on" : "a number in \(range.lowerBound)...\(range.upperBound)"
    }
}

/// What options of many commands are called and take.
extension NumberOption {
    static let threads = 1...1024
    static let count = 1...Int.max
    static let repetitions = 1...1000
    /// Examples that are shown.
    static let examples = 0...1_000_000
}
