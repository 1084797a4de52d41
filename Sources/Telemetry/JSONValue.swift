import Runtime

/// A JSON value whose objects keep the order they were written in. Numbers that JSON can't say (NaN, infinities) are
/// printed as `null`.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([(key: String, value: JSONValue)])
    /// Text that is JSON already.
    case encoded(String)

    public static func == (a: JSONValue, b: JSONValue) -> Bool { a.text == b.text }

    /// An object with its keys in ascending order.
    public static func sorted(_ values: [String: Double]) -> JSONValue {
        .object(values.sorted { $0.key < $1.key }.map { ($0.key, .number($0.value)) })
    }

    /// On one line, without blanks.
    public var text: String {
        var out = ""
        write(to: &out, indent: nil)
        return out
    }

    /// Over several lines, two blanks per level.
    public var indentedText: String {
        var out = ""
        write(to: &out, indent: "\n")
        return out
    }

    private func write(to out: inout String, indent: String?) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .integer(let value): out += "\(value)"
        case .number(let value): out += value.isFinite ? "\(value)" : "null"
        case .string(let value): JSONValue.quote(value, to: &out)
        case .encoded(let text): for scalar in text.unicodeScalars { JSONValue.write(encoded: scalar, to: &out) }
        case .array(let values):
            JSONValue.writeAll(values, "[", "]", to: &out, indent: indent) { $0.write(to: &$1, indent: $2) }
        case .object(let members):
            JSONValue.writeAll(members, "{", "}", to: &out, indent: indent) { member, out, indent in
                JSONValue.quote(member.key, to: &out)
                out += indent == nil ? ":" : ": "
                member.value.write(to: &out, indent: indent)
            }
        }
    }

    private static func writeAll<Element>(
        _ elements: [Element], _ open: String, _ close: String, to out: inout String, indent: String?,
        _ write: (Element, inout String, String?) -> Void
    ) {
        out += open
        let inner = indent.map { $0 + "  " }
        for (index, element) in elements.enumerated() {
            if index > 0 { out += "," }
            out += inner ?? ""
            write(element, &out, inner)
        }
        if !elements.isEmpty { out += indent ?? "" }
        out += close
    }

    private static func quote(_ text: String, to out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where scalar.value < 0x20: escape(scalar, to: &out)
            default: write(encoded: scalar, to: &out)
            }
        }
        out += "\""
    }

    /// A character of JSON: what a terminal would obey can only stand in a string there, where it is escaped. The line feeds
    /// and blanks between values are JSON's own.
    private static func write(encoded scalar: Unicode.Scalar, to out: inout String) {
        if scalar.value >= 0x20, scalar.isControl {
            escape(scalar, to: &out)
        } else {
            out.unicodeScalars.append(scalar)
        }
    }

    /// No control character is beyond `FFFF`.
    private static func escape(_ scalar: Unicode.Scalar, to out: inout String) {
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(elements.map { ($0.0, $0.1) }) }
}
