import Testing

@testable import Models

@Suite struct ModelLimitsTests {
    private func unimo2(_ change: (inout UNIMO2Config) -> Void) -> String? {
        var config = ModelTests.config
        change(&config)
        return ModelConfig.unimo2(config).contradiction
    }

    @Test("no size is computed with before it is in its range", arguments: [0, -1, -2, .min, .max, 1 << 31, 1 << 61])
    func sizes(_ value: Int) {
        #expect(unimo2 { $0.text.heads = value }?.hasPrefix("text.heads \(value) is not in 1...1024") == true)
        #expect(unimo2 { $0.vision.width = value }?.contains("vision.width") == true)
        #expect(unimo2 { $0.text.feedForward = value }?.contains("text.feed_forward") == true)
        #expect(unimo2 { $0.patchSize = value }?.contains("patch_size") == true)
        #expect(unimo2 { $0.imageSize = value }?.contains("image_size") == true)
        #expect(unimo2 { $0.maxTokens = value }?.contains("max_tokens") == true)
        #expect(unimo2 { $0.projection = value }?.contains("projection") == true)
        #expect(
            unimo2 { $0.dictionary = DictionaryConfig(codes: value, chosen: 1) }?.contains("dictionary.codes") == true)
        #expect(
            unimo2 { $0.dictionary = DictionaryConfig(codes: 8, chosen: value) }?.contains("dictionary.chosen") == true)
        if value != 0 {
            #expect(unimo2 { $0.grounded.layers = value }?.contains("grounded.layers") == true)
            #expect(unimo2 { $0.vocabulary = value }?.contains("vocabulary") == true)
        }
    }

    @Test(
        "rates and deviations are finite and in range",
        arguments: [-1, 0, .nan, .infinity, .leastNonzeroMagnitude, 101] as [Float])
    func rates(_ value: Float) {
        #expect(unimo2 { $0.text.epsilon = value }?.contains("epsilon") == true)
        #expect(unimo2 { $0.initializerRange = value }?.contains("initializer_range") == true)
        #expect(unimo2 { $0.visionPositionRange = value }?.contains("vision_position_range") == true)
        if value != 0, value != .leastNonzeroMagnitude {
            #expect(unimo2 { $0.dropout = value }?.contains("dropout") == true)
        }
    }

    @Test("what can be built is not refused")
    func right() {
        #expect(unimo2 { _ in } == nil)
        #expect(unimo2 { $0.vocabulary = 0 } == nil)
        #expect(unimo2 { $0.text.heads = 3 } == "text: width 32 is not a multiple of 3 heads")
    }
}
