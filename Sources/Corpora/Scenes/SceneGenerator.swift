import Runtime

/// Draws scenes: a pure function of (seed, part, index).
struct SceneGenerator: Sendable {
    /// Free space at the image's edges and between objects, in units of the side.
    private static let margin = 0.03
    private static let gap = 0.04

    let seed: UInt64
    let part: ScenePart
    /// Objects in a scene.
    let objects: ClosedRange<Int>
    /// Scenes in a row that show the same objects.
    let alike: Int

    init(seed: UInt64, part: ScenePart, objects: ClosedRange<Int>, alike: Int = 1) {
        precondition(objects.lowerBound >= 1 && objects.upperBound <= 3, "a scene has 1 to 3 objects, asked \(objects)")
        self.seed = seed
        self.part = part
        self.objects = objects
        self.alike = alike
    }

    func scene(_ index: Int) -> Scene {
        var random = stream(index / alike * alike)
        let count = objects.lowerBound + random.integer(below: objects.count)
        var objects = drawObjects(count, &random)
        if alike > 1 {
            random = stream(index, pass: 1)
            objects.swapAt(0, random.integer(below: objects.count))
        }
        let relations = drawRelations(count - 1, &random)
        place(&objects, relations, &random)
        let background = SceneBackground.allCases[random.integer(below: SceneBackground.allCases.count)]
        let wording = random.integer(below: SceneGrammar.openings)
        let tints = (0...count).map { _ in
            SIMD3(random.integer(below: 17), random.integer(below: 17), random.integer(below: 17)) &- 8
        }
        return Scene(background: background, objects: objects, relations: relations, wording: wording, tints: tints)
    }

    private func stream(_ index: Int, pass: Int = 0) -> RandomStream {
        RandomKey(seed: seed, batch: index, position: part == .train ? 0 : 1, pass: pass, purpose: .scenes).stream
    }

    /// Objects that differ in shape or colour, not yet placed.
    private func drawObjects(_ count: Int, _ random: inout RandomStream) -> [SceneObject] {
        let special = part == .heldOut ? random.integer(below: count) : nil
        var objects: [SceneObject] = []
        while objects.count < count {
            let pairs =
                switch part {
                case .train: ScenePart.trainPairs
                case .heldOut: objects.count == special ? ScenePart.heldOutPairs : ScenePart.allPairs
                }
            let (shape, colour) = pairs[random.integer(below: pairs.count)]
            let size = SceneSize.allCases[random.integer(below: SceneSize.allCases.count)]
            guard !objects.contains(where: { $0.shape == shape && $0.colour == colour }) else { continue }
            objects.append(SceneObject(shape: shape, colour: colour, size: size, x: 0, y: 0))
        }
        return objects
    }

    /// At most one relation along each axis, so that two never compete for the same side.
    private func drawRelations(_ count: Int, _ random: inout RandomStream) -> [SceneRelation] {
        guard count > 0 else { return [] }
        let first = SceneRelation.allCases[random.integer(below: 4)]
        guard count > 1 else { return [first] }
        let across: [SceneRelation] = first.isHorizontal ? [.above, .below] : [.left, .right]
        return [first, across[random.integer(below: 2)]]
    }

    /// Puts the others beside the first object, then moves the group to a random place inside the image.
    private func place(_ objects: inout [SceneObject], _ relations: [SceneRelation], _ random: inout RandomStream) {
        let sway = relations.count > 1 ? 0.05 : 0.1
        for (index, relation) in relations.enumerated() {
            let reach = objects[0].radius + objects[index + 1].radius
            let breadth = objects.map(\.radius).max()! + sway
            let nearest = reach + Self.gap
            let farthest = 1 - 2 * Self.margin - objects[index + 1].radius - breadth
            let distance = nearest + max(0, farthest - nearest) * Double(random.uniform())
            let aside = sway * (2 * Double(random.uniform()) - 1)
            let direction = relation.isReversed ? -distance : distance
            objects[index + 1].x = relation.isHorizontal ? direction : aside
            objects[index + 1].y = relation.isHorizontal ? aside : direction
        }
        let x = shift(objects.map { ($0.x, $0.radius) }, &random)
        let y = shift(objects.map { ($0.y, $0.radius) }, &random)
        for index in objects.indices {
            objects[index].x += x
            objects[index].y += y
        }
    }

    /// A shift along one axis that keeps all intervals (centre, radius) inside the image.
    private func shift(_ intervals: [(centre: Double, radius: Double)], _ random: inout RandomStream) -> Double {
        let low = intervals.map { $0.centre - $0.radius }.min()!
        let high = intervals.map { $0.centre + $0.radius }.max()!
        let room = 1 - 2 * Self.margin - (high - low)
        return Self.margin - low + max(0, room) * Double(random.uniform())
    }
}

extension SceneRelation {
    var isHorizontal: Bool { self == .left || self == .right }
    /// True where the second object has the smaller coordinate: the first is right of it, or below it.
    var isReversed: Bool { self == .right || self == .below }
}
