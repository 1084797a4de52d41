public import Autograd

/// What training needs to know of a model; all else is between a model and the objectives made for it.
public protocol Model: AnyObject {
    /// Names of the parameter groups that a model of this kind may have.
    static var groups: [String] { get }
    /// In forward order, those of a group adjacent.
    var parameters: [Parameter] { get }
    /// Scalars whose stored value is kept in a range, so that their moments never push from outside.
    var clippedScalars: [(Parameter, ClosedRange<Float>)] { get }
    /// K, codes of its dictionary; 0 without one.
    var codeCount: Int { get }
}

/// Images or texts that were encoded by themselves.
public struct EncodedAlone {
    /// `(N, C)`: the last layer's, those of a sample one after another.
    public let rows: Variable
    /// `(B + 1)`.
    public let offsets: [Int32]
    /// What retrieval compares: unit vectors, one per sample.
    public let vectors: Variable
}
