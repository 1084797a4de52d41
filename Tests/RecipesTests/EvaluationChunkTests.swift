import Corpora
import Evaluation
import Models
import Rehearsal
import Testing
import Text

@testable import Recipes

@Suite struct EvaluationChunkTests {
    private static let corpus = "scenes:24:1:1-3"
    /// Reads the regions of scenes.
    private static let scenesUNIMO = ModelConfig.unimo(
        UNIMOConfig(
            vocabulary: 300, maxTokens: 16, maxRegions: 9, regionWidth: SceneRegions.featureWidth,
            regionClasses: SceneRegions.classCount,
            transformer: EncoderConfig(layers: 2, width: 32, heads: 2, feedForward: 48), projection: 16, dropout: 0.1))

    /// A model and a tokenizer of the scenes' captions.
    private func evaluated(_ config: ModelConfig, chunkBytes: Int?, in folder: TemporaryDirectory) throws
        -> EvaluatedModel
    {
        let scenes = SceneCorpus(
            name: "scenes", kind: .texts,
            settings: SceneSettings(seed: 1, count: 50, part: .train, objects: 1...3, side: 24))
        var trainer = try TokenizerTrainer(vocabularySize: 300, lowercases: false)
        for index in 0..<scenes.count {
            for var text in try scenes.read(index).texts { text.withUTF8 { trainer.add(utf8: $0) } }
        }
        let tokenizer = trainer.train()
        var config = config
        config.vocabulary = tokenizer.vocabularySize
        let path = "\(folder.path)/\(config.kind.rawValue)-\(chunkBytes ?? 0)"
        try writeCheckpoint(config, tokenizer: tokenizer, to: path)
        let model = try EvaluatedModel(path: path, threads: 1)
        if let chunkBytes { model.chunkBytes = chunkBytes }
        return model
    }

    @Test("where a chunk would take too much memory fewer samples are computed at a time, with the same result")
    func fewerSamplesAtATime() throws {
        let folder = try TemporaryDirectory()
        for config in [ModelConfig.tinyUNIMO2, Self.scenesUNIMO] {
            let whole = try evaluated(config, chunkBytes: nil, in: folder)
            let cut = try evaluated(config, chunkBytes: 1 << 17, in: folder)
            var sizes: [Int] = []
            let language = try cut.language(corpus: Self.corpus, seed: 1) { done, _ in sizes.append(done) }
            #expect(sizes.count > 2 && sizes.last == 24, "\(sizes)")
            let expected = try whole.language(corpus: Self.corpus, seed: 1)
            #expect(language.textAlone.tokens == expected.textAlone.tokens)
            #expect(abs(language.textAlone.loss - expected.textAlone.loss) < 1e-6)
            #expect(
                try cut.retrieval(corpus: Self.corpus).contrastive == whole.retrieval(corpus: Self.corpus).contrastive)
            #expect(
                try cut.captions(corpus: Self.corpus, beams: 2).captions.map(\.text)
                    == whole.captions(corpus: Self.corpus, beams: 2).captions.map(\.text))
        }
    }

    @Test("a sample that alone takes more than a chunk may is computed all the same")
    func oneSampleIsComputed() throws {
        let folder = try TemporaryDirectory()
        let cut = try evaluated(.tinyUNIMO2, chunkBytes: 1, in: folder)
        #expect(try cut.language(corpus: Self.corpus, seed: 1).samples == 24)
    }
}
