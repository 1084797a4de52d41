import Autograd
import Checkpoints
import Models
import Text

@testable import Recipes

/// A checkpoint of a model as drawn, without a tokenizer unless one is given.
func writeCheckpoint(_ config: ModelConfig, tokenizer: Tokenizer? = nil, seed: UInt64 = 1, to path: String) throws {
    struct State: Codable { var seed: UInt64 }
    let model = config.makeModel()
    let store = try ParameterStore(model.parameters, alignment: 16)
    store.initialize(seed: seed)
    let contents = CheckpointContents(weights: store.checkpointTensors(of: store.weights))
    let writer = CheckpointWriter(path: path, step: 0, layout: CheckpointLayout(contents))
    try writer.begin()
    try writer.commit(
        parts: try writer.write(contents, rank: 0, ranks: 1), state: State(seed: seed),
        config: try ConfigFile.bytes(config),
        companions: (tokenizer?.files ?? []).map { CheckpointWriter.Companion(name: $0.name, bytes: $0.contents) })
}

extension ModelConfig {
    /// Images of 24 pixels in 6 × 6 patches, 32 numbers wide.
    static var tinyUNIMO2: ModelConfig {
        let stack = EncoderConfig(layers: 1, width: 32, heads: 2, feedForward: 48)
        return .unimo2(
            UNIMO2Config(
                vocabulary: 300, maxTokens: 16, imageSize: 24, patchSize: 4, vision: stack, text: stack,
                grounded: stack, projection: 16, dropout: 0.1))
    }

    /// Regions of 32 numbers, of 5 classes.
    static var tinyUNIMO: ModelConfig {
        .unimo(
            UNIMOConfig(
                vocabulary: 300, maxTokens: 16, maxRegions: 9, regionWidth: 32, regionClasses: 5,
                transformer: EncoderConfig(layers: 2, width: 32, heads: 2, feedForward: 48), projection: 16,
                dropout: 0.1))
    }
}
