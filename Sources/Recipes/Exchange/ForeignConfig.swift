import Checkpoints
import Runtime
import Text

/// `config.json` of another program, read key by key: each value's type and range is checked before anything is computed
/// from it. A fault says file, line, key, what was expected and what was found.
struct ForeignConfig {
    let path: String
    /// What the file should be: `a RobertaModel`.
    private let model: String
    private let root: JSONNode

    init(_ bytes: [UInt8], path: String, model: String) throws {
        (self.path, self.model) = (path, model)
        var reader = JSONReader(bytes, path: path)
        do {
            root = try reader.readValue()
            try reader.expectEnd()
        } catch let error {
            guard case .malformed(_, let line, let expected, let found) = error else { throw error }
            throw Self.fault(path, line, "JSON: \(expected)", found, model)
        }
        guard root.members != nil else {
            throw Self.fault(path, 1, "the configuration of \(model)", found(root), model)
        }
    }

    // MARK: Values

    /// - Parameter fallback: what transformers takes where the key is not there; nil where it has to be.
    func integer(_ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil) throws -> Int {
        let expected = "an integer in \(range)"
        guard let node = root[key] else { return try absent(key, fallback, expected) }
        guard case .number(let value) = node.kind, let integer = Int(exactly: value), range.contains(integer) else {
            throw wrong(node, "\(key), \(expected)")
        }
        return integer
    }

    func number(_ key: String, in range: NumberRange, default fallback: Double? = nil) throws -> Double {
        guard let node = root[key] else { return try absent(key, fallback, range.description) }
        guard case .number(let value) = node.kind, range.contains(value) else {
            throw wrong(node, "\(key), \(range)")
        }
        return value
    }

    /// A fault of a value that is fine by itself and does not go with another.
    func fault(_ key: String, expected: String) -> CheckpointError {
        wrong(root[key] ?? root, "\(key), \(expected)")
    }

    private func absent<Value>(_ key: String, _ fallback: Value?, _ expected: String) throws -> Value {
        guard let fallback else { throw Self.fault(path, root.line, "\(key), \(expected)", "no such key", model) }
        return fallback
    }

    // MARK: What decides the function

    /// Refuses a model that computes something else: `key` has to be `value`, which it is where it is not said if that is
    /// transformers' default.
    func require(_ key: String, _ value: String, isDefault: Bool = true) throws {
        guard let node = root[key] else {
            guard isDefault else { throw Self.fault(path, root.line, "\(key) \(value)", "no such key", model) }
            return
        }
        guard found(node) == value else { throw wrong(node, "\(key) \(value)") }
    }

    /// Refuses another number, also one among several.
    func require(_ key: String, eachNear value: Double) throws {
        guard let node = root[key], !node.isNull else { return }
        let nodes: [JSONNode] = if case .array(let elements) = node.kind { elements } else { [node] }
        for node in nodes {
            guard case .number(let found) = node.kind, abs(found - value) < 1e-6 else {
                throw wrong(node, "\(key) \(value)")
            }
        }
    }

    /// Refuses a model that has something which nothing here has: the key has to be absent, null, false or empty.
    func refuse(_ key: String) throws {
        guard let node = root[key] else { return }
        switch node.kind {
        case .null, .bool(false): return
        case .array(let elements) where elements.isEmpty: return
        case .object(let members) where members.isEmpty: return
        default: throw wrong(node, "no \(key)")
        }
    }

    /// What is said of a value: text without quotes.
    private func found(_ node: JSONNode) -> String {
        switch node.kind {
        case .number(let value): Int(exactly: value).map { "\($0)" } ?? "\(value)"
        case .string(let text): String(decoding: text.prefix(60), as: UTF8.self)
        case .object: "an object"
        default: node.summary
        }
    }

    private func wrong(_ node: JSONNode, _ expected: String) -> CheckpointError {
        Self.fault(path, node.line, expected, found(node), model)
    }

    private static func fault(
        _ path: String, _ line: Int, _ expected: String, _ found: String, _ model: String
    ) -> CheckpointError {
        .mismatch(
            FileFault(
                path: "\(path):\(line)", expected: expected, found: found,
                remedy: "only what computes as \(model) does is taken; name such a model"))
    }
}
