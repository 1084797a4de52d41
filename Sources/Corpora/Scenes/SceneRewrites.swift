import Runtime

/// What may be said of a scene instead of its caption, as `corpus rewrite` finds it for captions that people wrote: the same
/// told the other way round, and captions of which a word, a phrase or everything is untrue.
enum SceneRewrites {
    /// Texts of each level, at most.
    private static let count = 12

    /// - Parameter caption: of the scene so many places further on in the corpus.
    static func list(_ scene: Scene, random: RandomKey, others caption: (Int) -> String) -> RewriteList {
        var stream = random.stream
        let own = SceneGrammar.caption(scene)
        var said: Set<String> = [own]
        var rewritten: [RewriteList.Rewrite] = []
        for level in [RewriteList.Level.word, .phrase] {
            for _ in 0..<count {
                let text = SceneGrammar.caption(level == .word ? word(scene, &stream) : phrase(scene, &stream))
                if said.insert(text).inserted { rewritten.append(.init(text: text, level: level)) }
            }
        }
        for text in (1...count).map(caption) where said.insert(text).inserted {
            rewritten.append(.init(text: text, level: .sentence))
        }
        return RewriteList(
            paraphrases: paraphrase(scene).map { [SceneGrammar.caption($0)] } ?? [], rewritten: rewritten)
    }

    /// The same scene told from its second object, or with its others the other way round; nil for an object alone.
    private static func paraphrase(_ scene: Scene) -> Scene? {
        guard scene.objects.count > 1 else { return nil }
        var other = scene
        if scene.objects.count == 2 {
            other.objects.reverse()
            other.relations = scene.relations.map(\.opposite)
        } else {
            other.objects[1...].reverse()
            other.relations.reverse()
        }
        return other
    }

    /// One size, colour, shape or relation is another.
    private static func word(_ scene: Scene, _ stream: inout RandomStream) -> Scene {
        var other = scene
        let object = stream.integer(below: scene.objects.count)
        switch stream.integer(below: 4) {
        case 0: other.objects[object].size = another(scene.objects[object].size, &stream)
        case 1: other.objects[object].colour = another(scene.objects[object].colour, &stream)
        case 2: other.objects[object].shape = another(scene.objects[object].shape, &stream)
        default: turn(&other, &stream)
        }
        return other
    }

    /// A colour with its shape is another, or a relation with its object.
    private static func phrase(_ scene: Scene, _ stream: inout RandomStream) -> Scene {
        var other = scene
        let object = stream.integer(below: scene.objects.count)
        other.objects[object].shape = another(scene.objects[object].shape, &stream)
        if stream.integer(below: 2) == 0 || scene.relations.isEmpty {
            other.objects[object].colour = another(scene.objects[object].colour, &stream)
        } else {
            turn(&other, &stream)
        }
        return other
    }

    /// The other side: an object left of another may be above it too, but never right of it.
    private static func turn(_ scene: inout Scene, _ stream: inout RandomStream) {
        guard !scene.relations.isEmpty else { return }
        let place = stream.integer(below: scene.relations.count)
        scene.relations[place] = scene.relations[place].opposite
    }

    private static func another<Value: CaseIterable & Equatable>(
        _ value: Value, _ stream: inout RandomStream
    ) -> Value where Value.AllCases == [Value] {
        let others = Value.allCases.filter { $0 != value }
        return others[stream.integer(below: others.count)]
    }
}

extension SceneRelation {
    /// The first object as seen from the second, told of the second as seen from the first.
    fileprivate var opposite: SceneRelation {
        switch self {
        case .left: .right
        case .right: .left
        case .above: .below
        case .below: .above
        }
    }
}
