/// How scalars of a recipe are read and written.
enum RecipeScalar {
    /// `1`, `-3`, `50_265`; also `1e6`, which people write for steps.
    static func integer(_ text: String, isQuoted: Bool, in range: ClosedRange<Int>?) -> Int? {
        guard !isQuoted, let plain = withoutSeparators(text) else { return nil }
        guard let value = Int(plain) ?? decimal(plain).flatMap({ Int(exactly: $0) }) else { return nil }
        return range?.contains(value) ?? true ? value : nil
    }

    static func number(_ text: String, isQuoted: Bool, in range: NumberRange) -> Double? {
        guard !isQuoted, let value = decimal(text) else { return nil }
        return range.contains(value) ? value : nil
    }

    /// Not empty, and without the zero at which the system would end a name.
    static func string(_ text: String) -> String? { text.isEmpty || text.utf8.contains(0) ? nil : text }

    /// A finite decimal number; Swift's own reading would also take `nan`, `inf` and hexadecimal.
    static func decimal(_ text: String) -> Double? {
        guard let plain = withoutSeparators(text),
            plain.allSatisfy({ $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) })
        else { return nil }
        return Double(plain).flatMap { $0.isFinite ? $0 : nil }
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
            ? "at least \(Quantity.writeBytes(range.lowerBound))"
            : "from \(Quantity.writeBytes(range.lowerBound)) to \(Quantity.writeBytes(range.upperBound))"
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
