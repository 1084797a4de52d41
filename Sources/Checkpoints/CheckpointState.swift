import FoundationEssentials
import Runtime
import Storage

/// `state.json`: what the checkpoint says of itself, and, under `state`, what training put there.
struct CheckpointState {
    static let formatName = "unimo-checkpoint"
    static let currentVersion = 1
    static let byteLimit: UInt64 = 1 << 30
    /// Updates in a run at most.
    private static let stepLimit = 1 << 40

    struct Head: Codable {
        var format: String
        var version: Int
        var tool: String
        var step: Int
    }

    private struct Written<State: Encodable>: Encodable {
        var format = CheckpointState.formatName
        var version = CheckpointState.currentVersion
        var tool = Version.tool
        var step: Int
        var state: State
    }

    private struct Read<State: Decodable>: Decodable { var state: State }

    static func bytes(step: Int, _ state: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(Written(step: step, state: state))) + [UInt8(ascii: "\n")]
    }

    static func head(_ bytes: [UInt8], path: String) throws -> Head {
        let head = try decode(Head.self, bytes, path)
        guard head.format == formatName, (1...currentVersion).contains(head.version) else {
            throw CheckpointError.unsupported(
                FileFault(
                    path: path, expected: "\(formatName) version 1...\(currentVersion)",
                    found: "\(head.format) version \(head.version)", remedy: "read it with a newer program"))
        }
        guard (0...stepLimit).contains(head.step) else {
            throw CheckpointError.damaged(
                FileFault(
                    path: path, expected: "a step in 0...\(stepLimit)", found: "\(head.step)",
                    remedy: "resume from another checkpoint"))
        }
        return head
    }

    static func state<State: Decodable>(_ type: State.Type, _ bytes: [UInt8], path: String) throws -> State {
        try decode(Read<State>.self, bytes, path).state
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8], _ path: String) throws -> Value {
        do throws(JSONDocument.Fault) { return try JSONDocument.decode(type, bytes) } catch {
            throw CheckpointError.damaged(
                FileFault(
                    path: path, expected: error.expected, found: error.found, remedy: "resume from another checkpoint"))
        }
    }
}
