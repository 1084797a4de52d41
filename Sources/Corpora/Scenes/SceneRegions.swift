import Vision

/// What a perfect detector would say of a scene: a box around every object, its pixels as features, its shape as class. With it
/// a model that reads regions learns from the procedural world as it is.
public enum SceneRegions {
    /// Pixels of a side to which a box's contents are brought.
    private static let side = 8
    /// F: the pixels' three channels, from −1 to 1.
    public static let featureWidth = 3 * side * side
    /// K: the shapes, and the background as detectors have it.
    public static let classCount = SceneShape.allCases.count + 1
    /// How sure it is of an object's shape; the rest is shared by all other classes.
    private static let certainty: Float = 0.92

    /// - Parameter image: the scene, rendered.
    static func describe(_ scene: Scene, _ image: DecodedImage) -> RegionSet {
        // From left to right: the order of the objects would tell which of them the caption begins with.
        let objects = scene.objects.sorted { $0.x < $1.x }
        let boxes = objects.map { box($0, image) }
        var regions = RegionSet(
            width: Float(image.width), height: Float(image.height),
            features: NumpyArray(
                boxes.flatMap { pixels(of: image, in: $0) }, shape: [objects.count, featureWidth]),
            boxes: NumpyArray(boxes.flatMap { $0 }, shape: [objects.count, 4]))
        regions.classes = NumpyArray(objects.flatMap { classes(of: $0.shape) }, shape: [objects.count, classCount])
        return regions
    }

    /// Left, top, right and bottom in pixels.
    private static func box(_ object: SceneObject, _ image: DecodedImage) -> [Float] {
        let (w, h) = (Double(image.width), Double(image.height))
        return [
            max(0, (object.x - object.radius) * w), max(0, (object.y - object.radius) * h),
            min(w, (object.x + object.radius) * w), min(h, (object.y + object.radius) * h),
        ].map(Float.init)
    }

    /// The nearest pixels of a grid over the box.
    private static func pixels(of image: DecodedImage, in box: [Float]) -> [Float] {
        var features: [Float] = []
        features.reserveCapacity(featureWidth)
        for row in 0..<side {
            let y = box[1] + (box[3] - box[1]) * (Float(row) + 0.5) / Float(side)
            for column in 0..<side {
                let x = box[0] + (box[2] - box[0]) * (Float(column) + 0.5) / Float(side)
                let pixel = min(Int(y), image.height - 1) * image.width + min(Int(x), image.width - 1)
                for channel in 0..<3 { features.append(Float(image.rgb[3 * pixel + channel]) / 127.5 - 1) }
            }
        }
        return features
    }

    private static func classes(of shape: SceneShape) -> [Float] {
        var classes = [Float](repeating: (1 - certainty) / Float(classCount - 1), count: classCount)
        classes[SceneShape.allCases.firstIndex(of: shape) ?? classCount - 1] = certainty
        return classes
    }
}
