import Autograd
import Batches
import Runtime
import Tensors
import Testing

@testable import Models

@Suite struct ModelTests {
    static let config = UNIMO2Config(
        vocabulary: 61, maxTokens: 12, imageSize: 16, patchSize: 8,
        vision: EncoderConfig(layers: 2, width: 32, heads: 2, feedForward: 48),
        text: EncoderConfig(layers: 3, width: 32, heads: 2, feedForward: 48),
        grounded: EncoderConfig(layers: 1, width: 32, heads: 2, feedForward: 48), projection: 8, dropout: 0.1)

    init() { MatrixLibrary.configure() }

    private func rows(_ texts: [[Int32]], at position: Int = 0) -> TextRows {
        var rows = TextRows()
        for (index, text) in texts.enumerated() {
            rows.append(Sample(key: "", tokens: text), position: position + index)
        }
        return rows
    }

    private func store(_ model: UNIMO2) throws -> ParameterStore {
        let store = try ParameterStore(model.parameters, alignment: 48)
        store.initialize(seed: 9)
        return store
    }

    @Test("groups lie one after another, padded, and every parameter starts at a multiple of 16")
    func parametersAreLaidOut() throws {
        let model = UNIMO2(Self.config)
        let store = try store(model)
        #expect(store.groups.map(\.name) == ["vision", "text", "grounded", "mlm", "itm", "itc", "simclr"])
        #expect(store.groups.allSatisfy { $0.extent.lowerBound % 48 == 0 && $0.extent.count % 48 == 0 })
        #expect(zip(store.groups, store.groups.dropFirst()).allSatisfy { $0.extent.upperBound == $1.extent.lowerBound })
        #expect(model.parameters.allSatisfy { $0.range.lowerBound % 16 == 0 && $0.range.count == $0.count })
        #expect(
            zip(model.parameters, model.parameters.dropFirst()).allSatisfy {
                $0.range.upperBound <= $1.range.lowerBound
            })
    }

    @Test("the groups that recipes may name are the model's, in its order")
    func groupsAreNamed() throws {
        var config = Self.config
        config.dictionary = DictionaryConfig(codes: 8, chosen: 2, hidden: 0.5)
        #expect(try store(UNIMO2(config)).groups.map(\.name) == UNIMO2.groups)
    }

    @Test("matrices and tables begin as large as the configuration says, visual positions as large as it says of them")
    func rangesReachParameters() {
        var config = Self.config
        func deviations(_ config: UNIMO2Config) -> [String: Float] {
            let drawn = UNIMO2(config).parameters.compactMap { parameter -> (String, Float)? in
                guard case .truncatedNormal(let deviation) = parameter.initialization else { return nil }
                return (parameter.name, deviation)
            }
            return Dictionary(uniqueKeysWithValues: drawn)
        }
        #expect(deviations(config).values.allSatisfy { $0 == 0.02 })
        config.initializerRange = 0.05
        #expect(deviations(config).values.allSatisfy { $0 == 0.05 })
        config.visionPositionRange = 1
        let others = deviations(config).filter { $0.key != "vision.position" }
        #expect(deviations(config)["vision.position"] == 1 && others.values.allSatisfy { $0 == 0.05 })
    }

    @Test("no two dropout sites share a number")
    func sitesAreDistinct() {
        let model = UNIMO2(Self.config)
        let sites = [0] + (model.text.layers + model.grounded.layers).flatMap { [$0.site, $0.site + 1, $0.site + 2] }
        #expect(Set(sites).count == sites.count)
    }

    @Test("weights are a pure function of seed and name")
    func weightsRepeat() throws {
        let (a, b) = (UNIMO2(Self.config), UNIMO2(Self.config))
        let stores = (try store(a), try store(b))
        #expect((0..<stores.0.count).allSatisfy { stores.0.weights[$0] == stores.1.weights[$0] })
        let word = a.text.word.value
        let squares = sumOfSquares(word.floats, count: word.count) / Double(word.count)
        // Cut at two deviations, a normal keeps 0.774 of its variance.
        #expect(abs(squares.squareRoot() - 0.02 * 0.88) < 0.001)
        #expect((0..<word.count).allSatisfy { abs(word.floats[$0]) <= 0.04 })
        #expect(stores.0["text.layers.0.norm1.weight"]?.value.floats[0] == 1)
    }

    @Test("a text's rows don't depend on what else is in the batch")
    func samplesDoNotSeeEachOther() throws {
        let model = UNIMO2(Self.config)
        let store = try store(model)
        let pool = WorkerPool(threads: 1)
        func encode(_ texts: [[Int32]], at position: Int) throws -> [Float] {
            let tape = Tape(
                arena: try Arena(capacity: 16 << 20), pool: pool, records: false,
                randomness: RandomKey(seed: 1, purpose: .dropout(site: 0)))
            let text = rows(texts, at: position)
            let y = model.text(text, tape)
            let last = Int(text.offsets[texts.count - 1]) * y.columns
            return (last..<y.value.count).map { y.value.floats[$0] }
        }
        let alone = try encode([[0, 9, 17, 33, 2]], at: 4)
        let together = try encode([[0, 8, 2], [0, 5, 6, 7, 7, 7, 2], [0, 9, 17, 33, 2]], at: 2)
        #expect(zip(alone, together).allSatisfy { abs($0 - $1) < 1e-5 })
        let elsewhere = try encode([[0, 9, 17, 33, 2]], at: 5)
        #expect(zip(alone, elsewhere).contains { abs($0 - $1) > 1e-3 }, "dropout is drawn by position")
        withExtendedLifetime(store) {}
    }

    @Test("embeddings are unit vectors")
    func embeddingsAreNormalised() throws {
        let model = UNIMO2(Self.config)
        let store = try store(model)
        let tape = Tape(arena: try Arena(capacity: 16 << 20), pool: WorkerPool(threads: 1), records: false)
        var images = ImageRows(size: 16)
        images.append(PixelImage(size: 16, pixels: (0..<768).map { UInt8($0 % 251) }))
        let text = rows([[0, 9, 17, 33, 2]])
        for embedding in [
            model.imageEmbedding(images, positions: 0..<1, tape), model.textEmbedding(text, tape),
            model.heads.projection(model.vision.classRows(model.vision(images, positions: 0..<1, tape), tape), tape),
        ] {
            #expect(abs(sumOfSquares(embedding.value.floats, count: embedding.columns) - 1) < 1e-5)
        }
        withExtendedLifetime(store) {}
    }

    @Test("a config that contradicts itself is told in a sentence")
    func contradictionsAreNamed() {
        var config = Self.config
        #expect(config.contradiction == nil)
        config.patchSize = 7
        #expect(config.contradiction == "image_size 16 is not a multiple of patch_size 7")
        config = Self.config
        config.grounded.width = 48
        #expect(config.contradiction == "vision, text and grounded widths differ: 32, 32, 48")
        config = Self.config
        config.text.heads = 3
        #expect(config.contradiction == "text: width 32 is not a multiple of 3 heads")
    }
}
