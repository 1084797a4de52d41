import Autograd
public import Batches
import Models
import Tensors

/// Unit vectors of the images and texts of pairs, as image-text contrastive learning compares them.
public struct PairEmbeddings {
    /// `(n, C)` each, rows in the order of the samples.
    public private(set) var images: [Float] = []
    public private(set) var texts: [Float] = []
    public private(set) var keys: [String] = []
    /// C.
    public let width: Int

    public init(width: Int) { self.width = width }

    public var count: Int { keys.count }

    /// - Parameters: images and texts `(keys, C)`.
    public mutating func append(
        images: some Collection<Float>, texts: some Collection<Float>, keys: [String]
    ) {
        precondition(
            images.count == keys.count * width && texts.count == images.count,
            "\(images.count) and \(texts.count) numbers for \(keys.count) pairs of width \(width)")
        self.images += images
        self.texts += texts
        self.keys += keys
    }
}

/// Encodes the images and texts of chunks of pairs, without dropout and without a record.
public struct PairEmbedder {
    public let model: any EvaluableModel
    public let workspace: Workspace

    public init(model: any EvaluableModel, workspace: Workspace) {
        self.model = model
        self.workspace = workspace
    }

    /// - Throws: `MemoryFault`.
    public func embed(_ chunk: Chunk, into embeddings: inout PairEmbeddings) throws {
        let encoded = try workspace.run { model.encodeAlone(chunk, $0) }
        guard let u = encoded.images?.vectors.value, let v = encoded.texts?.vectors.value else {
            preconditionFailure("pairs without images or text cannot be embedded")
        }
        embeddings.append(
            images: UnsafeBufferPointer(start: u.floats, count: u.count),
            texts: UnsafeBufferPointer(start: v.floats, count: v.count), keys: chunk.keys)
    }
}
