/// The sizes that a model may have, wherever they are said: in a recipe, in a checkpoint's `config.json`, in that of another
/// program, on the command line. Nothing is computed from a size before it was held against these.
public enum ModelLimits {
    /// L.
    public static let layers = 0...1000
    /// C.
    public static let width = 8...65_536
    /// H.
    public static let heads = 1...1024
    /// F.
    public static let feedForward = 1...1_000_000
    /// V; 0 until the tokenizer of a recipe is known.
    public static let vocabulary = 0...1 << 24
    public static let maxTokens = 4...65_536
    public static let imageSize = 1...4096
    public static let patchSize = 1...1024
    public static let projection = 1...65_536
    public static let maxRegions = 1...65_536
    public static let regionWidth = 1...65_536
    public static let regionClasses = 0...65_536
    /// K.
    public static let codes = 1...1_000_000
    /// G.
    public static let chosen = 1...10_000
    /// Added to the variance in a layer norm.
    public static let epsilon: ClosedRange<Float> = .leastNormalMagnitude...1
    public static let dropout: Range<Float> = 0..<1
    /// Deviation of what weights are drawn from.
    public static let initializerRange: ClosedRange<Float> = .leastNormalMagnitude...100

    /// A size by its name in `config.json`.
    typealias Size = (name: String, value: Int, range: ClosedRange<Int>)

    /// The first size that is out of its range, in a sentence; nil when there is none.
    static func fault(_ sizes: [Size]) -> String? {
        sizes.first { !$0.range.contains($0.value) }
            .map { "\($0.name) \($0.value) is not in \($0.range.lowerBound)...\($0.range.upperBound)" }
    }

    /// The same of a dropout rate and of deviations.
    static func fault(dropout: Float, _ deviations: [(name: String, value: Float?)]) -> String? {
        guard self.dropout.contains(dropout) else { return "dropout \(dropout) is not at least 0 and below 1" }
        for (name, value) in deviations {
            if let value, !initializerRange.contains(value) { return "\(name) \(value) is not above 0 and at most 100" }
        }
        return nil
    }
}

extension EncoderConfig {
    /// What is wrong with a stack by itself, in a sentence; nil when nothing is.
    func contradiction(_ name: String) -> String? {
        let sizes: [ModelLimits.Size] = [
            ("\(name).layers", layers, ModelLimits.layers), ("\(name).width", width, ModelLimits.width),
            ("\(name).heads", heads, ModelLimits.heads),
            ("\(name).feed_forward", feedForward, ModelLimits.feedForward),
        ]
        if let fault = ModelLimits.fault(sizes) { return fault }
        if width % heads != 0 { return "\(name): width \(width) is not a multiple of \(heads) heads" }
        guard ModelLimits.epsilon.contains(epsilon) else {
            return "\(name): epsilon \(epsilon) is not above 0 and at most 1"
        }
        return nil
    }
}
