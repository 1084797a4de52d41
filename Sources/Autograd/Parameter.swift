public import Tensors

/// A named, trained tensor: a view into the flat weight and gradient arenas of a `ParameterStore`.
public final class Parameter: @unchecked Sendable {
    // Safety: bound and frozen by its store before training; `uses` belongs to the training thread.

    /// Dotted, for example `text.layers.0.attention.qkv.weight`; the first component is the parameter group.
    public let name: String
    /// For example `[C]` or `[F, C]`.
    public let shape: [Int]
    public let initialization: Initialization
    /// True for a parameter that stays as it is: operations add nothing to its gradient.
    public internal(set) var isFrozen = false
    /// Elements of the flat arenas that are this parameter's.
    public internal(set) var range = 0..<0
    var weights: UnsafeMutablePointer<Float>?
    var gradients: UnsafeMutablePointer<Float>?
    /// Recorded operations of the current tape whose backward has not run yet.
    var uses = 0

    public init(name: String, shape: [Int], initialization: Initialization) {
        self.name = name
        self.shape = shape
        self.initialization = initialization
    }

    /// Elements.
    public var count: Int { shape.reduce(1, *) }
    /// Weight decay applies to matrices, not to biases, norms and scalars.
    public var decays: Bool { shape.count >= 2 }
    public var group: String { String(name.prefix { $0 != "." }) }

    /// The weights as a matrix: `(first dimension, the rest)`, a vector as one row.
    public var value: Tensor { matrix(weights) }
    /// The gradient, laid out as `value`; operations add to it.
    public var gradient: Tensor { matrix(gradients) }

    private func matrix(_ base: UnsafeMutablePointer<Float>?) -> Tensor {
        guard let base else { preconditionFailure("\(name) is used before its store has memory") }
        let rows = shape.count > 1 ? shape[0] : 1
        return Tensor(base + range.lowerBound, rows: rows, columns: count / max(rows, 1))
    }
}

/// How a parameter starts.
public enum Initialization: Sendable, Equatable {
    case constant(Float)
    /// Normal, cut at two deviations and drawn again (BERT's truncated normal).
    case truncatedNormal(deviation: Float)
    /// Uniform in −magnitude … magnitude.
    case uniform(magnitude: Float)
}
