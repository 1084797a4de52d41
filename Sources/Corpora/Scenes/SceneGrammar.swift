/// The one grammar of scenes: a short caption for pairs, a longer description for texts.
enum SceneGrammar {
    /// Ways a description may begin.
    static let openings = 3

    /// For example `a small red circle left of a large blue square and above a small green star`.
    static func caption(_ scene: Scene) -> String {
        let others = zip(scene.relations, scene.objects.dropFirst()).map { "\($0.rawValue) \(phrase($1))" }
        guard !others.isEmpty else { return "\(phrase(scene.objects[0])) on \(scene.background.rawValue)" }
        return "\(phrase(scene.objects[0])) \(others.joined(separator: " and "))"
    }

    /// Two to four sentences that name the number of objects, the background, each object and each relation.
    static func description(_ scene: Scene) -> String {
        var sentences = [opening(scene), "There is \(phrase(scene.objects[0]))."]
        for (index, (relation, other)) in zip(scene.relations, scene.objects.dropFirst()).enumerated() {
            let adverb = index == 0 ? "" : "also "
            let place = relation.isHorizontal ? "to the \(relation.rawValue)" : relation.rawValue
            sentences.append("It is \(adverb)\(place) \(phrase(other)).")
        }
        return sentences.joined(separator: " ")
    }

    static func phrase(_ object: SceneObject) -> String {
        "a \(object.size.rawValue) \(object.colour.rawValue) \(object.shape.rawValue)"
    }

    private static func opening(_ scene: Scene) -> String {
        let number = ["one", "two", "three"][scene.objects.count - 1]
        let noun = scene.objects.count == 1 ? "shape" : "shapes"
        let background = scene.background.rawValue
        switch scene.wording {
        case 0: return "The picture shows \(number) \(noun) on a \(background) background."
        case 1: return "On a \(background) background we see \(number) \(noun)."
        default: return "The background is \(background), with \(number) \(noun) on it."
        }
    }
}
