import Autograd
import Batches
import Models
import Tensors

/// Scores pairs by UNIMO-2's matching head: log p(match) − log p(mismatch), from encoder outputs that are computed once.
struct GroundedPairMatcher: PairMatcher {
    private let model: UNIMO2
    private let workspace: Workspace
    private var images: [EncodedRows] = []
    private var texts: [EncodedRows] = []
    /// Chunk and place of each sample.
    private var places: [(chunk: Int, place: Int)] = []

    init(model: UNIMO2, workspace: Workspace) {
        self.model = model
        self.workspace = workspace
    }

    mutating func add(_ chunk: Chunk) throws {
        guard let text = chunk.text, let view = chunk.views.first else {
            preconditionFailure("pairs without images or text cannot be ranked")
        }
        let encoded = try workspace.run { model.encode(images: view, text, positions: chunk.positions, $0) }
        guard let patches = encoded.images, let words = encoded.texts else { return }
        images.append(try EncodedRows(patches.value, samples: view.count))
        texts.append(try EncodedRows(words.value, offsets: text.offsets.map(Int.init)))
        places += (0..<view.count).map { (images.count - 1, $0) }
    }

    func score(_ pairs: [(image: Int, text: Int)]) throws -> [Float] {
        let logits = try workspace.run { self.logits(of: pairs, $0) }.value
        return pairs.indices.map { logits.floats[2 * $0 + 1] - logits.floats[2 * $0] }
    }

    /// `(pairs, 2)`.
    private func logits(of pairs: [(image: Int, text: Int)], _ tape: Tape) -> Variable {
        let patches = tape.stackRows(pairs.map { gather(images, $0.image, tape) })
        let blocks = pairs.map { gather(texts, $0.text, tape) }
        let offsets = blocks.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.rows) }
        let encoded = model.encoded(images: patches, texts: tape.stackRows(blocks), offsets: offsets)
        let (image, text) = model.classRows(encoded, tape)
        return model.heads.matchLogits(image, text, positions: 0..<pairs.count, tape)
    }

    private func gather(_ rows: [EncodedRows], _ sample: Int, _ tape: Tape) -> Variable {
        let place = places[sample]
        return rows[place.chunk].gather([place.place], tape)
    }
}
