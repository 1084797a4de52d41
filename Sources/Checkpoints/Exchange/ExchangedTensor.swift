/// A weight of ours and the tensors of another program that are its bytes, one after the other.
public struct ExchangedTensor: Sendable, Equatable {
    public struct Part: Sendable, Equatable {
        public let name: String
        public let shape: [Int]

        public init(_ name: String, _ shape: [Int]) {
            self.name = name
            self.shape = shape
        }

        /// Elements.
        public var count: Int { shape.reduce(1, *) }
    }

    public let name: String
    public let parts: [Part]

    public init(_ name: String, _ parts: [Part]) {
        self.name = name
        self.parts = parts
    }

    /// Elements.
    public var count: Int { parts.reduce(0) { $0 + $1.count } }
}
