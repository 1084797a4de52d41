import Autograd
import Batches
import Corpora
import Evaluation
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
    /// `hidden` also `image_hidden` `(B, 1 + P, C)`, and `text_hidden` `(N, C)` with `text_offsets` `(B + 1)`; images that have
    /// not all the same number of regions are written as texts are. The samples' keys are a JSON list in the file's metadata.
    /// - Parameter progress: samples done, samples in all.
    public func embed(
        corpus name: String, to path: String, hidden: Bool, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> EmbeddingOutcome {
        let found = try corpus(name)
        let reader = reader(of: found.corpus, needs: needs(images: found.hasImages, texts: found.hasTexts))
        var (images, texts) = (EncodedSide(hidden: hidden), EncodedSide(hidden: hidden))
        var keys: [String] = []
        try forEachChunk(of: reader, footprint: encoding, progress: progress) { chunk in
            let encoded = try workspace.run { model.encodeAlone(chunk, $0) }
            if let rows = encoded.images { images.add(rows) }
            if let rows = encoded.texts { texts.add(rows) }
            keys += chunk.keys
        }
        return try write(images.tensors("image") + texts.tensors("text"), keys: keys, to: path)
    }

    private func write(
        _ tensors: [EncodedSide.Part], keys: [String], to path: String
    ) throws -> EmbeddingOutcome {
        let list = String(decoding: try JSONEncoder().encode(keys), as: UTF8.self)
        try AtomicFile.write(to: path) { output in
            let file = try SafetensorsWriter(file: output, tensors: tensors.map(\.tensor), metadata: ["keys": list])
            for part in tensors {
                switch part.values {
                case .floats(let values): try values.withUnsafeBytes { try file.write(part.tensor.name, $0) }
                case .integers(let values): try values.withUnsafeBytes { try file.write(part.tensor.name, $0) }
                }
            }
            return try file.finish()
        }
        return EmbeddingOutcome(samples: keys.count, tensors: tensors.map { ($0.tensor.name, $0.tensor.shape) })
    }
}

/// The images of a corpus, or its texts, as a model encodes them.
private struct EncodedSide {
    struct Part {
        enum Values {
            case floats([Float])
            case integers([Int64])
        }
        let tensor: StoredTensor
        let values: Values
    }

    let hidden: Bool
    private var rows: [Float] = []
    private var vectors: [Float] = []
    private var offsets: [Int64] = [0]
    /// C of the rows, and width of the vectors.
    private var widths = (rows: 0, vectors: 0)

    init(hidden: Bool) { self.hidden = hidden }

    mutating func add(_ encoded: EncodedAlone) {
        func elements(_ tensor: Tensor) -> UnsafeBufferPointer<Float> {
            UnsafeBufferPointer(start: tensor.floats, count: tensor.count)
        }
        if hidden { rows += elements(encoded.rows.value) }
        vectors += elements(encoded.vectors.value)
        widths = (encoded.rows.value.columns, encoded.vectors.value.columns)
        let start = offsets[offsets.count - 1]
        offsets += encoded.offsets.dropFirst().map { start + Int64($0) }
    }

    /// What is written of it: samples of as many rows each stand in a tensor of three dimensions, others in two with offsets.
    /// - Parameter name: `image` or `text`.
    func tensors(_ name: String) -> [Part] {
        let B = offsets.count - 1
        guard B > 0 else { return [] }
        func part(_ suffix: String, _ shape: [Int], _ values: [Float]) -> Part {
            Part(tensor: StoredTensor(name: name + suffix, dtype: .f32, shape: shape), values: .floats(values))
        }
        let embedding = part("_embedding", [B, widths.vectors], vectors)
        guard hidden else { return [embedding] }
        if name == "image", let length = commonLength {
            return [embedding, part("_hidden", [B, length, widths.rows], rows)]
        }
        let place = StoredTensor(name: name + "_offsets", dtype: .i64, shape: [offsets.count])
        return [
            embedding, part("_hidden", [rows.count / widths.rows, widths.rows], rows),
            Part(tensor: place, values: .integers(offsets)),
        ]
    }

    /// Rows of each sample, where all have as many.
    private var commonLength: Int? {
        let length = Int(offsets[1])
        return zip(offsets, offsets.dropFirst()).allSatisfy { Int($1 - $0) == length } ? length : nil
    }
}
