public import Storage

/// A named tensor to be saved.
public struct CheckpointTensor {
    public var name: String
    public var dtype: StoredDType
    public var shape: [Int]
    /// All elements, little-endian; must stay valid and unchanged until they are written.
    public var bytes: UnsafeRawBufferPointer

    public init(name: String, dtype: StoredDType = .f32, shape: [Int], bytes: UnsafeRawBufferPointer) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
        precondition(
            bytes.count == stored.byteCount,
            "\(bytes.count) bytes for `\(name)` \(shape), which has \(stored.byteCount)")
    }

    /// What a file says about it.
    public var stored: StoredTensor { StoredTensor(name: name, dtype: dtype, shape: shape) }
}

/// One kind of optimizer state, by the name its tensors carry.
public enum OptimizerSlot: String, Sendable, CaseIterable {
    /// The weights in fp32, where the model computes with others.
    case master
    /// The running mean of gradients.
    case expAvg = "exp_avg"
    /// The running mean of squared gradients.
    case expAvgSq = "exp_avg_sq"
}

/// Everything numeric in a checkpoint.
public struct CheckpointContents {
    public var weights: [CheckpointTensor]
    /// Tensors named like the weights they belong to.
    public var optimizer: [OptimizerSlot: [CheckpointTensor]]

    public init(weights: [CheckpointTensor], optimizer: [OptimizerSlot: [CheckpointTensor]] = [:]) {
        self.weights = weights
        self.optimizer = optimizer
    }

    /// The optimizer's tensors in the order in which they are stored: by slot, then as given.
    var slots: [(slot: OptimizerSlot, tensor: CheckpointTensor)] {
        OptimizerSlot.allCases.flatMap { slot in (optimizer[slot] ?? []).map { (slot, $0) } }
    }
}

/// Where a tensor, or a range of its elements, is to be restored to.
public struct RestoreTarget {
    public var name: String
    public var dtype: StoredDType
    /// Of the whole tensor.
    public var shape: [Int]
    /// The elements that the buffer holds.
    public var elements: Range<Int>
    public var bytes: UnsafeMutableRawBufferPointer

    /// - Parameter elements: all when nil.
    public init(
        name: String, dtype: StoredDType = .f32, shape: [Int], elements: Range<Int>? = nil,
        bytes: UnsafeMutableRawBufferPointer
    ) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.elements = elements ?? 0..<shape.reduce(1, *)
        self.bytes = bytes
        precondition(
            bytes.count == self.elements.count * dtype.byteCount,
            "\(bytes.count) bytes for \(self.elements.count) elements of `\(name)` \(shape)")
    }
}
