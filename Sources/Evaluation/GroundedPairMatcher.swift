import Autograd
import Batches
import Models
import Runtime
import Tensors

/// Scores pairs by UNIMO-2's matching head: log p(match) − log p(mismatch), from encoder outputs that are computed once.
struct GroundedPairMatcher: PairMatcher {
    private let model: UNIMO2
    private let arena: Arena
    private let pool: WorkerPool
    private var images: [EncodedRows] = []
    private var texts: [EncodedRows] = []
    /// Chunk and place of each sample.
    private var places: [(chunk: Int, place: Int)] = []

    init(model: UNIMO2, arena: Arena, pool: WorkerPool) {
        self.model = model
        self.arena = arena
        self.pool = pool
    }

    mutating func add(_ chunk: Chunk) {
        guard let text = chunk.text, let view = chunk.views.first else {
            preconditionFailure("pairs without images or text cannot be ranked")
        }
        arena.reset()
        let tape = Tape(arena: arena, pool: pool, records: false)
        let encoded = model.encode(images: view, text, positions: chunk.positions, tape)
        guard let patches = encoded.images, let words = encoded.texts else { return }
        images.append(EncodedRows(patches.value, samples: view.count))
        texts.append(EncodedRows(words.value, offsets: text.offsets.map(Int.init)))
        places += (0..<view.count).map { (images.count - 1, $0) }
    }

    func score(_ pairs: [(image: Int, text: Int)]) -> [Float] {
        arena.reset()
        let tape = Tape(arena: arena, pool: pool, records: false)
        let patches = tape.stackRows(pairs.map { gather(images, $0.image, tape) })
        let blocks = pairs.map { gather(texts, $0.text, tape) }
        let offsets = blocks.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.rows) }
        let encoded = model.encoded(images: patches, texts: tape.stackRows(blocks), offsets: offsets)
        let (image, text) = model.classRows(encoded, tape)
        let logits = model.heads.matchLogits(image, text, positions: 0..<pairs.count, tape).value
        return pairs.indices.map { logits.floats[2 * $0 + 1] - logits.floats[2 * $0] }
    }

    private func gather(_ rows: [EncodedRows], _ sample: Int, _ tape: Tape) -> Variable {
        let place = places[sample]
        return rows[place.chunk].gather([place.place], tape)
    }
}
