import FoundationEssentials

/// Reads JSON into a type; what is wrong with it is said by key, what was expected and what was found.
public enum JSONDocument {
    /// Parts of a sentence: expected …, found ….
    public struct Fault: Error, Equatable {
        public var expected: String
        public var found: String

        public init(expected: String, found: String) {
            self.expected = expected
            self.found = found
        }
    }

    public static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws(Fault) -> Value {
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch let fault as Fault {
            throw fault
        } catch let error as DecodingError {
            throw fault(error, bytes)
        } catch {
            // What is no Unicode is all that reading JSON says of its own.
            throw halfSurrogate
        }
    }

    private static let halfSurrogate = Fault(
        expected: "text that is Unicode", found: "half of a surrogate pair, which is no character")

    /// Whether a string of the JSON has `\\ud83d` without the other half behind it, or the other half alone.
    public static func hasHalfSurrogate(_ bytes: some Collection<UInt8>) -> Bool {
        let bytes = Array(bytes)
        /// The unit that an escape at this place stands for; nil for other escapes.
        func unit(_ place: Int) -> UInt16? {
            guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u")
            else { return nil }
            return UInt16(String(decoding: bytes[place + 2..<place + 6], as: UTF8.self), radix: 16)
        }
        var place = 0
        while place < bytes.count {
            guard bytes[place] == UInt8(ascii: "\\") else {
                place += 1
                continue
            }
            guard let first = unit(place) else {
                place += 2
                continue
            }
            place += 6
            if UTF16.isTrailSurrogate(first) { return true }
            guard UTF16.isLeadSurrogate(first) else { continue }
            guard let second = unit(place), UTF16.isTrailSurrogate(second) else { return true }
            place += 6
        }
        return false
    }

    private static func fault(_ error: DecodingError, _ bytes: [UInt8]) -> Fault {
        switch error {
        case .keyNotFound(let key, let context):
            return Fault(expected: "a key `\(path(context.codingPath + [key]))`", found: "none")
        case .valueNotFound(let type, let context):
            return Fault(expected: "`\(path(context.codingPath))` to be \(noun(type))", found: "null")
        case .typeMismatch(let type, let context):
            let found = value(at: context.codingPath, of: bytes)?.summary ?? "something else"
            let place = path(context.codingPath)
            return Fault(expected: place.isEmpty ? noun(type) : "`\(place)` to be \(noun(type))", found: found)
        case .dataCorrupted(let context):
            guard !context.codingPath.isEmpty, let found = value(at: context.codingPath, of: bytes) else {
                if hasHalfSurrogate(bytes) { return halfSurrogate }
                return misfit(bytes) ?? Fault(expected: "JSON", found: "\(bytes.count) bytes that are none")
            }
            return Fault(expected: "`\(path(context.codingPath))` to be a value that it may have", found: found.summary)
        @unknown default: return Fault(expected: "JSON", found: "something else")
        }
    }

    /// A number that is too large for its key, or not whole where it has to be, is told without the key: the first number that
    /// is neither a small fraction nor a whole one from 0 on is the one. Nil for what is no JSON.
    private static func misfit(_ bytes: [UInt8]) -> Fault? {
        guard let document = try? JSONDecoder().decode(AnyJSON.self, from: Data(bytes)) else { return nil }
        let numbers = document.numbers(below: "")
        func isWhole(_ value: Double) -> Bool { value >= 0 && UInt64(exactly: value) != nil }
        let odd =
            numbers.first { !isWhole($0.value) && !(0..<1).contains($0.value) } ?? numbers.first { !isWhole($0.value) }
        guard let odd else { return nil }
        return Fault(
            expected: "a number that fits its key",
            found: "\(AnyJSON.number(odd.value).summary) as `\(odd.path)`")
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }

    private static func noun(_ type: any Any.Type) -> String {
        switch "\(type)" {
        case "String": "text"
        case "Bool": "true or false"
        case "Int", "Int64", "UInt64": "an integer"
        case "Float", "Double": "a number"
        case let name where name.hasPrefix("Array"): "a list"
        default: "an object"
        }
    }

    /// The value at a path; nil where there is none.
    private static func value(at keys: [any CodingKey], of bytes: [UInt8]) -> AnyJSON? {
        var value = try? JSONDecoder().decode(AnyJSON.self, from: Data(bytes))
        for key in keys {
            switch value {
            case .object(let members): value = members[key.stringValue]
            case .list(let elements):
                value = key.intValue.flatMap { elements.indices.contains($0) ? elements[$0] : nil }
            default: return nil
            }
        }
        return value
    }
}

/// Any JSON.
private indirect enum AnyJSON: Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([AnyJSON])
    case object([String: AnyJSON])
    /// A number beyond all of this program's.
    case immense

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([AnyJSON].self) {
            self = .list(value)
        } else if let value = try? container.decode([String: AnyJSON].self) {
            self = .object(value)
        } else {
            self = .immense
        }
    }

    /// All numbers with their paths, ordered by key.
    func numbers(below path: String) -> [(path: String, value: Double)] {
        func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
        switch self {
        case .number(let value): return [(path, value)]
        case .immense: return [(path, .infinity)]
        case .list(let elements): return elements.enumerated().flatMap { $1.numbers(below: place("\($0)")) }
        case .object(let members):
            return members.sorted { $0.key < $1.key }.flatMap { $1.numbers(below: place($0)) }
        default: return []
        }
    }

    var summary: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(.infinity): AnyJSON.immense.summary
        case .number(let value): Int(exactly: value).map { "\($0)" } ?? "\(value)"
        case .text(let text): "\"\(text.prefix(60))\""
        case .list(let elements): "a list of \(elements.count)"
        case .object: "an object"
        case .immense: "a number that is too large"
        }
    }
}
