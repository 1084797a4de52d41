/// The numbers a key may take, ends included unless said otherwise.
public struct NumberRange: Sendable, CustomStringConvertible {
    let contains: @Sendable (Double) -> Bool
    public let description: String

    public static let any = NumberRange(contains: { _ in true }, description: "a number")
    /// Values are computed with in 32 bits: what becomes 0 or infinite there is out of range.
    public static let positive = NumberRange(
        contains: { Float($0) >= .leastNormalMagnitude && Float($0).isFinite }, description: "a number above 0")
    public static let nonNegative = NumberRange(
        contains: { $0 >= 0 && Float($0).isFinite }, description: "a number of at least 0")
    /// Seconds up to ten years.
    static let deadline = NumberRange(
        contains: { $0 >= 1e-3 && $0 <= 315_360_000 }, description: "a duration from 1ms to 3650d")
    /// 0 ... 1
    public static let fraction = NumberRange.range(0...1)
    /// 0 ..< 1, such as a dropout rate or a moment's decay.
    public static let belowOne = NumberRange(
        contains: { $0 >= 0 && Float($0) < 1 }, description: "a number of at least 0 and below 1")
    public static func range(_ range: ClosedRange<Double>) -> NumberRange {
        NumberRange(
            contains: { range.contains($0) }, description: "a number in \(range.lowerBound)...\(range.upperBound)")
    }
}

extension RecipeNode {
    // MARK: Numbers

    public func integer(_ key: String, in range: ClosedRange<Int>? = nil, default fallback: Int? = nil) throws -> Int {
        try scalar(
            key, expected: RecipeScalar.describe(range), default: fallback,
            parse: { RecipeScalar.integer($0, isQuoted: $1, in: range) }, write: { "\($0)" })
    }

    public func optionalInteger(_ key: String, in range: ClosedRange<Int>? = nil) throws -> Int? {
        try optionalScalar(
            key, expected: RecipeScalar.describe(range), parse: { RecipeScalar.integer($0, isQuoted: $1, in: range) },
            write: { "\($0)" })
    }

    public func number(_ key: String, in range: NumberRange, default fallback: Double? = nil) throws -> Double {
        try scalar(
            key, expected: range.description, default: fallback,
            parse: { RecipeScalar.number($0, isQuoted: $1, in: range) }, write: { "\($0)" })
    }

    public func optionalNumber(_ key: String, in range: NumberRange) throws -> Double? {
        try optionalScalar(
            key, expected: range.description, parse: { RecipeScalar.number($0, isQuoted: $1, in: range) },
            write: { "\($0)" })
    }

    /// A list of integers.
    public func integers(
        _ key: String, in range: ClosedRange<Int>? = nil, count: Int? = nil, default fallback: [Int]? = nil
    ) throws -> [Int] {
        try scalars(
            key, expected: "values, each \(RecipeScalar.describe(range))", count: count, default: fallback,
            parse: { RecipeScalar.integer($0, isQuoted: $1, in: range) }, write: { "\($0)" })
    }

    /// A list of numbers.
    public func numbers(
        _ key: String, in range: NumberRange, count: Int? = nil, default fallback: [Double]? = nil
    ) throws -> [Double] {
        try scalars(
            key, expected: "values, each \(range)", count: count, default: fallback,
            parse: { RecipeScalar.number($0, isQuoted: $1, in: range) }, write: { "\($0)" })
    }

    // MARK: Words

    public func boolean(_ key: String, default fallback: Bool? = nil) throws -> Bool {
        try scalar(
            key, expected: "true or false", default: fallback, parse: { $1 ? nil : Bool($0) }, write: { "\($0)" })
    }

    public func string(_ key: String, default fallback: String? = nil) throws -> String {
        try scalar(
            key, expected: "a string", default: fallback, parse: { text, _ in RecipeScalar.string(text) },
            write: RecipeScalar.quoted)
    }

    public func optionalString(_ key: String) throws -> String? {
        try optionalScalar(
            key, expected: "a string", parse: { text, _ in RecipeScalar.string(text) }, write: RecipeScalar.quoted)
    }

    /// A list of strings.
    public func strings(_ key: String, default fallback: [String]? = nil) throws -> [String] {
        try scalars(
            key, expected: "strings", count: nil, default: fallback,
            parse: { text, _ in RecipeScalar.string(text) }, write: RecipeScalar.quoted)
    }

    /// One of the cases of an enumeration, by raw value.
    public func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, of type: Choice.Type = Choice.self, default fallback: Choice? = nil
    ) throws -> Choice {
        let names = Choice.allCases.map(\.rawValue)
        let expected = names.count == 1 ? names[0] : names.dropLast().joined(separator: ", ") + " or " + names.last!
        return try scalar(
            key, expected: expected, default: fallback, parse: { text, _ in Choice(rawValue: text) },
            write: { RecipeScalar.quoted($0.rawValue) })
    }

    // MARK: Quantities

    /// A size in bytes: `4096`, `64KiB`, `64MiB`, `1.5GiB`, `10MB`.
    public func bytes(
        _ key: String, in range: ClosedRange<Int> = 0...Int.max, default fallback: Int? = nil
    ) throws -> Int {
        try scalar(
            key, expected: "a size such as 64MiB, \(RecipeScalar.describe(bytes: range))", default: fallback,
            parse: { text, isQuoted in
                isQuoted ? nil : Quantity.bytes(text).flatMap { range.contains($0) ? $0 : nil }
            }, write: Quantity.writeBytes)
    }

    /// A duration in seconds: `250ms`, `90s`, `5m`, `2h`, `1d`.
    public func seconds(_ key: String, in range: NumberRange = .nonNegative, default fallback: Double? = nil) throws
        -> Double
    {
        try scalar(
            key, expected: "a duration such as 250ms, 90s, 5m or 2h", default: fallback,
            parse: { text, isQuoted in
                isQuoted ? nil : Quantity.seconds(text).flatMap { range.contains($0) ? $0 : nil }
            }, write: { "\($0)s" })
    }
}
