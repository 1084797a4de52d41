import Autograd
import Batches
import Models
import Tensors

/// Scores pairs as cross-modal contrastive learning does (UNIMO §3.3): image and text in one sequence, the cosine of its [IMG]
/// and `<s>`, divided by τ.
struct JointPairMatcher: PairMatcher {
    private let model: UNIMO
    private let workspace: Workspace
    private var chunks: [(regions: RegionRows, text: TextRows)] = []
    /// Chunk and place of each sample.
    private var places: [(chunk: Int, place: Int)] = []

    init(model: UNIMO, workspace: Workspace) {
        self.model = model
        self.workspace = workspace
    }

    mutating func add(_ chunk: Chunk) {
        guard let text = chunk.text, let regions = chunk.regions else {
            preconditionFailure("pairs without regions or text cannot be ranked")
        }
        places += (0..<regions.count).map { (chunks.count, $0) }
        chunks.append((regions, text))
    }

    func score(_ pairs: [(image: Int, text: Int)]) throws -> [Float] {
        // An image that several pairs have is embedded once.
        var regions = RegionRows(width: model.config.regionWidth, classCount: model.config.regionClasses)
        var numbers: [Int: Int] = [:]
        var texts = TextRows()
        let sequences = pairs.enumerated().map { position, pair in
            if numbers[pair.image] == nil {
                numbers[pair.image] = regions.count
                let place = places[pair.image]
                regions.append(image: place.place, of: chunks[place.chunk].regions)
            }
            let place = places[pair.text]
            texts.append(text: place.place, of: chunks[place.chunk].text, position: position)
            return ModalSequence(image: numbers[pair.image], text: position, position: position)
        }
        let (u, v) = try workspace.run { tape in
            let embedded = model.embed(regions, positions: Array(0..<regions.count), texts, tape)
            return model.vectors(of: sequences, embedded, tape)
        }
        let D = u.value.columns
        return pairs.indices.map { row in
            (0..<D).reduce(0) { $0 + u.value.floats[row * D + $1] * v.value.floats[row * D + $1] } / model.temperature
        }
    }
}
