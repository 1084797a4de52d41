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
        do { config = try JSONDecoder().decode(ModelConfig.self, from: Data(bytes)) } catch {
            throw mismatch(path, "\(error)")
        }
        if let size = absurdSize(config) { throw mismatch(path, size) }
        if let contradiction = config.contradiction { throw mismatch(path, contradiction) }
        return config
    }

    private static func mismatch(_ path: String, _ found: String) -> CheckpointError {
        .mismatch(
            FileFault(
                path: path, expected: "the configuration of a unimo or unimo2 model", found: found,
                remedy: "name a checkpoint that this program wrote"))
    }

    private typealias Size = (name: String, value: Int, range: ClosedRange<Int>)

    /// The first size that no recipe could have asked for; nil when there is none.
    private static func absurdSize(_ config: ModelConfig) -> String? {
        let (sizes, dropout) =
            switch config {
            case .unimo(let config): (sizes(config), config.dropout)
            case .unimo2(let config): (sizes(config), config.dropout)
            }
        if let wrong = sizes.first(where: { !$0.range.contains($0.value) }) {
            return "\(wrong.name) \(wrong.value), not within \(wrong.range)"
        }
        return (0..<1).contains(dropout) ? nil : "dropout \(dropout)"
    }

    private static func sizes(_ config: UNIMO2Config) -> [Size] {
        var sizes: [Size] = [
            ("vocabulary", config.vocabulary, 1...1 << 24), ("max_tokens", config.maxTokens, 1...1 << 16),
            ("image_size", config.imageSize, 1...1 << 16), ("patch_size", config.patchSize, 1...1 << 16),
            ("projection", config.projection, 1...1 << 16),
        ]
        for (name, stack) in [("vision", config.vision), ("text", config.text), ("grounded", config.grounded)] {
            sizes += self.sizes(name, stack)
        }
        if let dictionary = config.dictionary {
            sizes.append(("dictionary.codes", dictionary.codes, 1...1 << 24))
            sizes.append(("dictionary.chosen", dictionary.chosen, 1...1 << 16))
        }
        return sizes
    }

    private static func sizes(_ config: UNIMOConfig) -> [Size] {
        sizes("transformer", config.transformer) + [
            ("vocabulary", config.vocabulary, 1...1 << 24), ("max_tokens", config.maxTokens, 1...1 << 16),
            ("max_regions", config.maxRegions, 1...1 << 16), ("region_width", config.regionWidth, 1...1 << 16),
            ("region_classes", config.regionClasses, 0...1 << 16), ("projection", config.projection, 1...1 << 16),
        ]
    }

    private static func sizes(_ name: String, _ stack: EncoderConfig) -> [Size] {
        [
            (name + ".layers", stack.layers, 0...1 << 16), (name + ".width", stack.width, 1...1 << 16),
            (name + ".heads", stack.heads, 1...1 << 16), (name + ".feed_forward", stack.feedForward, 1...1 << 24),
        ]
    }
}
