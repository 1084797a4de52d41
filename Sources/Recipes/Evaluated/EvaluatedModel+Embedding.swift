import Autograd
import Batches
import Corpora
import FoundationEssentials
import Models
import Storage
import Tensors

/// What `unimo embed` writes.
public struct EmbeddingOutcome: Sendable {
    public let samples: Int
    /// Name and shape of each tensor.
    public let tensors: [(name: String, shape: [Int])]
}

extension EvaluatedModel {
    /// Runs the encoders over a corpus, in its order, and writes what they give as one safetensors file.
    ///
    /// Always `image_embedding` and `text_embedding`, `(B, C)` unit vectors, as far as the corpus has images and texts; with
    /// `hidden` also `image_hidden` `(B, 1 + P, C)`, and `text_hidden` `(N, C)` with `text_offsets` `(B + 1)`. The samples'
    /// keys are a JSON list in the file's metadata.
    /// - Parameter progress: samples done, samples in all.
    public func embed(
        corpus name: String, to path: String, hidden: Bool, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> EmbeddingOutcome {
        let corpus = try EvaluatedModel.corpus(name, side: config.imageSize)
        guard corpus.kind != .regions else {
            throw RecipeContradiction("\(name) holds regions; embed takes images, texts and pairs")
        }
        let (hasImages, hasTexts) = (corpus.kind != .texts, corpus.kind != .images)
        let needs = SampleNeeds(
            maxTokens: hasTexts ? config.maxTokens : nil, views: hasImages ? [.none] : [], imageSize: config.imageSize)
        let reader = reader(of: corpus, needs: needs)
        let arena = Arena(capacity: Self.arenaBytes)
        var rows = EmbeddingRows(hidden: hidden)
        try forEachChunk(of: reader, progress: progress) { chunk in
            arena.reset()
            let tape = Tape(arena: arena, pool: pool, records: false)
            let encoded = model.encode(images: chunk.views.first, chunk.text, positions: chunk.positions, tape)
            if let patches = encoded.images {
                rows.add(patches.value, tape.normalize(model.vision.classRows(patches, tape)).value)
            }
            if let words = encoded.texts, let text = chunk.text {
                rows.add(words.value, tape.normalize(model.text.firstRows(words, text, tape)).value, text)
            }
            rows.keys += chunk.keys
        }
        return try rows.write(to: path, width: config.text.width, rowsPerImage: 1 + config.patches)
    }
}

/// Rows of a corpus on their way into a file.
private struct EmbeddingRows {
    let hidden: Bool
    var keys: [String] = []
    private var imageHidden: [Float] = []
    private var imageEmbedding: [Float] = []
    private var textHidden: [Float] = []
    private var textEmbedding: [Float] = []
    private var offsets: [Int64] = [0]

    init(hidden: Bool) { self.hidden = hidden }

    private func elements(_ tensor: Tensor) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: tensor.floats, count: tensor.count)
    }

    mutating func add(_ patches: Tensor, _ embedding: Tensor) {
        if hidden { imageHidden += elements(patches) }
        imageEmbedding += elements(embedding)
    }

    mutating func add(_ words: Tensor, _ embedding: Tensor, _ text: TextRows) {
        if hidden { textHidden += elements(words) }
        textEmbedding += elements(embedding)
        let start = offsets[offsets.count - 1]
        offsets += text.offsets.dropFirst().map { start + Int64($0) }
    }

    func write(to path: String, width C: Int, rowsPerImage: Int) throws -> EmbeddingOutcome {
        let B = keys.count
        var tensors: [(StoredTensor, [Float])] = []
        if !imageEmbedding.isEmpty {
            tensors.append((StoredTensor(name: "image_embedding", dtype: .f32, shape: [B, C]), imageEmbedding))
            if hidden {
                let shape = [B, rowsPerImage, C]
                tensors.append((StoredTensor(name: "image_hidden", dtype: .f32, shape: shape), imageHidden))
            }
        }
        if !textEmbedding.isEmpty {
            tensors.append((StoredTensor(name: "text_embedding", dtype: .f32, shape: [B, C]), textEmbedding))
            if hidden {
                let shape = [textHidden.count / C, C]
                tensors.append((StoredTensor(name: "text_hidden", dtype: .f32, shape: shape), textHidden))
            }
        }
        let withOffsets = hidden && !textHidden.isEmpty
        let offsetTensor = StoredTensor(name: "text_offsets", dtype: .i64, shape: [offsets.count])
        let stored = tensors.map(\.0) + (withOffsets ? [offsetTensor] : [])
        let list = String(decoding: try JSONEncoder().encode(keys), as: UTF8.self)
        let staged = path + ".partial"
        let file = try SafetensorsWriter(file: try OutputFile(path: staged), tensors: stored, metadata: ["keys": list])
        for (tensor, values) in tensors { try values.withUnsafeBytes { try file.write(tensor.name, $0) } }
        if withOffsets { try offsets.withUnsafeBytes { try file.write("text_offsets", $0) } }
        _ = try file.finish()
        try Directory.rename(staged, to: path)
        return EmbeddingOutcome(samples: B, tensors: stored.map { ($0.name, $0.shape) })
    }
}
