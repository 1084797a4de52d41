/// A small JSON value and the line it starts on.
public struct JSONNode {
    public indirect enum Kind {
        case null
        case bool(Bool)
        case number(Double)
        case string([UInt8])
        case array([JSONNode])
        case object([(key: [UInt8], value: JSONNode)])
    }

    public var kind: Kind
    public var line: Int

    public var isNull: Bool { if case .null = kind { true } else { false } }
    var bool: Bool? { if case .bool(let value) = kind { value } else { nil } }
    var string: [UInt8]? { if case .string(let value) = kind { value } else { nil } }
    public var members: [(key: [UInt8], value: JSONNode)]? {
        if case .object(let members) = kind { members } else { nil }
    }

    /// The last member of that name, as JSON readers have it.
    public subscript(key: String) -> JSONNode? { members?.last { $0.key.elementsEqual(key.utf8) }?.value }

    /// What `type` says.
    var type: String? { self["type"]?.string.map { String(decoding: $0, as: UTF8.self) } }

    /// For messages: an object by its type.
    public var summary: String {
        switch kind {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): "\"\(String(decoding: value.prefix(60), as: UTF8.self))\""
        case .array(let elements): "a list of \(elements.count)"
        case .object: type.map { "\(String($0.prefix(60)))" } ?? "an object without a type"
        }
    }

    /// A string as JSON.
    static func quoted(_ text: [UInt8]) -> [UInt8] {
        var quoted = [UInt8(ascii: "\"")]
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): quoted += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                quoted += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: quoted.append(byte)
            }
        }
        return quoted + [UInt8(ascii: "\"")]
    }
}
