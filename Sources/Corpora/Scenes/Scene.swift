/// Outlines of objects.
public enum SceneShape: String, Sendable, CaseIterable {
    case circle, square, triangle, diamond, star, cross, ring, heart
}

/// Colours of objects. Backgrounds use none of them.
public enum SceneColour: String, Sendable, CaseIterable {
    case red, green, blue, yellow, purple, orange, cyan, brown
}

public enum SceneSize: String, Sendable, CaseIterable {
    case small, large
}

public enum SceneBackground: String, Sendable, CaseIterable {
    case white, gray, black, beige
}

/// Where an object lies as seen from another one.
public enum SceneRelation: String, Sendable, CaseIterable {
    case left = "left of"
    case right = "right of"
    case above
    case below
}

/// One object of a scene. Lengths are in units of the image's side, the origin is the upper left corner.
public struct SceneObject: Sendable, Equatable {
    public var shape: SceneShape
    public var colour: SceneColour
    public var size: SceneSize
    /// Centre.
    public var x: Double
    public var y: Double

    /// Half the side of the square that the outline fits into.
    public var radius: Double { size == .large ? 0.17 : 0.1 }

    /// The colour and shape together are what a part of the procedural world may leave out.
    var isHeldOut: Bool { ScenePart.isHeldOut(shape, colour) }
}

/// Which half of the procedural world a scene belongs to.
public enum ScenePart: String, Sendable, CaseIterable, Codable {
    /// No object has a held-out combination of shape and colour.
    case train
    /// At least one object of every scene has a combination that never occurs in `train`.
    case heldOut = "held-out"

    /// One colour of each shape, and so one shape of each colour: 8 of the 64 combinations, for every seed the same.
    static func isHeldOut(_ shape: SceneShape, _ colour: SceneColour) -> Bool {
        heldOutPairs.contains { $0 == (shape, colour) }
    }

    static let heldOutPairs: [(SceneShape, SceneColour)] = {
        let colours = SceneColour.allCases
        return SceneShape.allCases.enumerated().map { index, shape in (shape, colours[(3 * index + 5) % colours.count])
        }
    }()
    static let allPairs = SceneShape.allCases.flatMap { shape in SceneColour.allCases.map { (shape, $0) } }
    static let trainPairs = allPairs.filter { !isHeldOut($0.0, $0.1) }
}

/// A small world of one to three objects, from which one grammar makes a caption and a description, and the renderer an
/// image.
public struct Scene: Sendable, Equatable {
    public var background: SceneBackground
    /// The first is the one that relations start from.
    public var objects: [SceneObject]
    /// Where the first object lies as seen from each of the others.
    public var relations: [SceneRelation]
    /// Which of the grammar's openings the description takes.
    var wording: Int
    /// Small shifts of the background's and the objects' colours, per channel.
    var tints: [SIMD3<Int>]
}
