import Autograd
import Batches
import Checkpoints
import Curation
import Evaluation
import Models
import Runtime
import Storage
import Tensors

/// The visual encoder of a trained or imported UNIMO-2, which describes what is in the cells of a grid over an image.
final class RegionEncoder {
    /// Rows of images encoded at a time: a gigabyte of values in a ViT-B.
    private static let rows = 2048

    /// SHA-256 of the checkpoint's manifest.
    let fingerprint: String
    let grid: PatchGrid
    /// C.
    let width: Int
    let imageSize: Int
    /// Images encoded at a time: by the model's sizes alone, because a product's bits may depend on its rows.
    let chunk: Int
    let pool: WorkerPool
    private let vision: VisionEncoder
    private let store: ParameterStore
    private let workspace: Workspace

    /// - Parameters:
    ///   - path: a checkpoint's directory, or a run's, of which the newest checkpoint is taken.
    ///   - cells: of the grid along a side.
    /// - Throws: `CheckpointError`, also for a model without a visual encoder; `RegionError.grid`.
    init(path: String, cells: Int, pool: WorkerPool) throws {
        MatrixLibrary.configure()
        let checkpoint = try EvaluatedModel.open(path, threads: pool.threads)
        let config = try Self.config(checkpoint)
        grid = try PatchGrid(side: config.imageSize / config.patchSize, cells: cells)
        fingerprint = checkpoint.manifest.fingerprint
        width = config.vision.width
        imageSize = config.imageSize
        chunk = max(1, Self.rows / (1 + config.patches))
        let model = UNIMO2(config)
        vision = model.vision
        store = try Snapshot.store(
            checkpoint, of: model.parameters.filter { $0.group == "vision" }, allowingOthers: true)
        self.pool = pool
        workspace = Workspace(pool: pool)
    }

    private static func config(_ checkpoint: Checkpoint) throws -> UNIMO2Config {
        let path = checkpoint.path + "/config.json"
        switch try ConfigFile.config(try checkpoint.config, path: path) {
        case .unimo2(let config): return config
        case .unimo:
            throw CheckpointError.mismatch(
                FileFault(
                    path: path, expected: "a model with a visual encoder",
                    found: "UNIMO, which reads regions and has none",
                    remedy: "name a checkpoint of UNIMO-2, trained or imported"))
        }
    }

    /// Features of the cells of images.
    /// - Parameter images: B of them.
    /// - Returns: `(B·cells², C)`.
    /// - Throws: `MemoryFault`.
    func features(of images: ImageRows) throws -> [Float] {
        let rows = try workspace.run { vision(images, positions: 0..<images.count, $0) }
        return grid.means(of: rows.value, pool: pool)
    }
}
