import Runtime

/// Random changes of brightness, contrast, saturation and hue, in a random order (torchvision's `ColorJitter`).
public struct ColourJitter: Sendable, Equatable {
    /// Probability that colours change at all.
    public var probability: Float
    /// Factors are drawn from 1 − strength … 1 + strength, not below 0.
    public var brightness: Float
    public var contrast: Float
    public var saturation: Float
    /// Turns are drawn from −hue … +hue; 1 is the whole circle.
    public var hue: Float
    /// Probability of a grey image.
    public var grey: Float

    public init(
        probability: Float, brightness: Float, contrast: Float, saturation: Float, hue: Float, grey: Float
    ) {
        self.probability = probability
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation
        self.hue = hue
        self.grey = grey
    }

    /// Colours keep their names.
    public static let light = ColourJitter(
        probability: 0.8, brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.02, grey: 0)
    /// SimCLR's, at strength 0.5.
    public static let strong = ColourJitter(
        probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, grey: 0.2)

    /// Draws the change of one image; nil leaves it as it is.
    func draw(_ stream: inout RandomStream) -> ColourChange? {
        func factor(_ strength: Float, _ stream: inout RandomStream) -> Float {
            let low = max(0, 1 - strength)
            return low + (1 + strength - low) * stream.uniform()
        }
        let changes = stream.uniform() < probability
        var operations: [ColourOperation] = [
            .brightness(factor(brightness, &stream)), .contrast(factor(contrast, &stream)),
            .saturation(factor(saturation, &stream)), .hue(hue * (2 * stream.uniform() - 1)),
        ]
        for last in stride(from: operations.count - 1, to: 0, by: -1) {
            operations.swapAt(last, stream.integer(below: last + 1))
        }
        let isGrey = stream.uniform() < grey
        if !changes { operations = [] }
        if isGrey { operations.append(.saturation(0)) }
        return operations.isEmpty ? nil : ColourChange(operations: operations)
    }
}
