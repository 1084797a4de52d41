import Checkpoints
import Foundation
import Models
import Runtime
import Storage

/// `config.json`, as this program and the PyTorch reference read it.
enum ConfigFile {
    static func bytes(_ config: ModelConfig) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return Array(try encoder.encode(config)) + [UInt8(ascii: "\n")]
    }

    static func config(_ bytes: [UInt8], path: String) throws -> ModelConfig {
        let config: ModelConfig
        do throws(JSONDocument.Fault) { config = try JSONDocument.decode(ModelConfig.self, bytes) } catch {
            throw mismatch(path, error.expected, error.found)
        }
        if let contradiction = config.contradiction { throw mismatch(path, "a model that can be built", contradiction) }
        guard config.vocabulary > 0 else { throw mismatch(path, "a vocabulary", "none") }
        return config
    }

    private static func mismatch(_ path: String, _ expected: String, _ found: String) -> CheckpointError {
        .mismatch(
            FileFault(
                path: path, expected: expected, found: found, remedy: "name a checkpoint that this program wrote"))
    }
}
