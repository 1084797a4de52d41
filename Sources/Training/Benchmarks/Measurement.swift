/// One measured figure of a benchmark.
public struct Measurement: Sendable {
    public var name: String
    public var value: Double
    public var unit: String
    /// What the machine could do at most, in the same unit, where that is known.
    public var peak: Double?
    /// Figures beside it, by name; times in seconds, memory in bytes.
    public var extra: [String: Double]

    public init(name: String, value: Double, unit: String, peak: Double? = nil, extra: [String: Double] = [:]) {
        self.name = name
        self.value = value
        self.unit = unit
        self.peak = peak
        self.extra = extra
    }
}
