import Autograd
public import Checkpoints
import Foundation
import Models
import Runtime
import Storage

/// `config.json`, as this program and the PyTorch reference read it.
public enum ConfigFile {
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

    /// `config.json` of a checkpoint, checked and written out.
    public static func text(of checkpoint: Checkpoint) throws -> String {
        let config = try config(try checkpoint.config, path: checkpoint.path + "/config.json")
        return String(decoding: try bytes(config), as: UTF8.self)
    }

    /// Throws unless the checkpoint has the weights of the model that its `config.json` describes.
    public static func verify(_ checkpoint: Checkpoint) throws {
        let config = try config(try checkpoint.config, path: checkpoint.path + "/config.json")
        try checkpoint.checkWeights(
            config.makeModel().parameters.map { StoredTensor(name: $0.name, dtype: .f32, shape: $0.shape) })
    }

    private static func mismatch(_ path: String, _ expected: String, _ found: String) -> CheckpointError {
        .mismatch(
            FileFault(
                path: path, expected: expected, found: found, remedy: "name a checkpoint that this program wrote"))
    }
}
