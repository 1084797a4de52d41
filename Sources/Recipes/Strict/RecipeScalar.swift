/// How scalars of a recipe are read and written.
enum RecipeScalar {
    /// `1`, `-3`, `50_265`; also `1e6`, which people write for steps.
    static func integer(_ text: String, isQuoted: Bool, in range: ClosedRange<Int>?) -> Int? {
        guard !isQuoted, let plain = withoutSeparators(text) else { return nil }
        guard let value = Int(plain) ?? decimal(plain).flatMap({ Int(exactly: $0) }) else { return nil }
        return range?.contains(value) ?? true ? value : nil
    }

    static func number(_ text: String, isQuoted: Bool, in range: NumberRange) -> Double? {
        guard !isQuoted, let plain = withoutSeparators(text), let value = decimal(plain) else { return nil }
        return range.contains(value) ? value : nil
    }

    /// A finite decimal number; Swift's own reading would also take `nan`, `inf` and hexadecimal.
    private static func decimal(_ text: String) -> Double? {
        guard text.allSatisfy({ $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }) else { return nil }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    /// Underscores may separate digits.
    private static func withoutSeparators(_ text: String) -> String? {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 1 || parts.allSatisfy({ $0.first?.isNumber == true && $0.last?.isNumber == true }) else {
            return nil
        }
        return parts.joined()
    }

    static func describe(_ range: ClosedRange<Int>?) -> String {
        guard let range else { return "an integer" }
        return range.upperBound == .max
            ? "an integer of at least \(range.lowerBound)" : "an integer in \(range.lowerBound)...\(range.upperBound)"
    }

    static func describe(bytes range: ClosedRange<Int>) -> String {
        range.upperBound == .max
            ? "at least \(writeBytes(range.lowerBound))"
            : "from \(writeBytes(range.lowerBound)) to \(writeBytes(range.upperBound))"
    }

    private static let sizeUnits: [(suffix: String, scale: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("TB", 1_000_000_000_000),
        ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("KB", 1000), ("B", 1),
    ]

    /// Whole bytes; nil when the text is not a size.
    static func bytes(_ text: String) -> Int? {
        guard let (amount, scale) = quantity(text, units: sizeUnits.map { ($0.suffix, Double($0.scale)) }, bare: 1)
        else {
            return nil
        }
        return amount >= 0 ? Int(exactly: (amount * scale).rounded(.towardZero)) : nil
    }

    static func writeBytes(_ bytes: Int) -> String {
        let unit = sizeUnits.prefix(4).first { bytes >= $0.scale && bytes % $0.scale == 0 }
        return unit.map { "\(bytes / $0.scale)\($0.suffix)" } ?? "\(bytes)"
    }

    private static let timeUnits: [(String, Double)] = [
        ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400),
    ]

    /// Seconds. A bare number has no unit and is refused, except 0.
    static func seconds(_ text: String) -> Double? {
        if text == "0" { return 0 }
        return quantity(text, units: timeUnits, bare: nil).map { $0.amount * $0.scale }
    }

    private static func quantity(
        _ text: String, units: [(suffix: String, scale: Double)], bare: Double?
    ) -> (amount: Double, scale: Double)? {
        if let unit = units.first(where: { text.hasSuffix($0.suffix) }) {
            let number = text.dropLast(unit.suffix.count).trimmingSuffix(while: { $0 == " " })
            return withoutSeparators(String(number)).flatMap(decimal).map { ($0, unit.scale) }
        }
        return bare.flatMap { scale in withoutSeparators(text).flatMap(decimal).map { ($0, scale) } }
    }

    /// A string as YAML: plain where no reader could take it for anything else, else in double quotes.
    static func quoted(_ text: String) -> String {
        let isPlain =
            text.first.map { $0.isASCII && $0.isLetter || $0 == "/" } ?? false
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-/+".contains($0)) }
        let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        if isPlain && !words.contains(text.lowercased()) { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _
            where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0x2028
                || scalar.value == 0x2029 || scalar.value == 0xFEFF:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var kept = self
        while let last = kept.last, predicate(last) { kept.removeLast() }
        return kept
    }
}
