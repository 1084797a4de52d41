import Batches
import Corpora
import Models

/// A corpus as a model sees it.
struct EvaluatedCorpus {
    let corpus: any StoredCorpus
    let hasImages: Bool
    let hasTexts: Bool

    var isPairs: Bool { hasImages && hasTexts }
}

extension EvaluatedModel {
    /// A packed corpus, or held-out procedural scenes as `scenes:COUNT`, `scenes:COUNT:SEED` or `scenes:COUNT:SEED:OBJECTS`
    /// with 1 to 3 objects, `2` or `2-3`, of 64 pixels where the model does not say. UNIMO-2 reads pixels, UNIMO regions.
    func corpus(_ name: String) throws -> EvaluatedCorpus {
        switch config {
        case .unimo2(let config):
            let scenes = try SceneCorpus(named: name, kind: .pairs, side: config.imageSize)
            let corpus: any StoredCorpus = if let scenes { scenes } else { try ShardCorpus(directory: name) }
            guard [.images, .texts, .pairs].contains(corpus.kind) else {
                throw RecipeContradiction(
                    "\(name) holds \(corpus.kind.rawValue), and a unimo2 model reads images and texts")
            }
            return EvaluatedCorpus(
                corpus: corpus, hasImages: corpus.kind != .texts, hasTexts: corpus.kind != .images)
        case .unimo:
            if let scenes = try SceneCorpus(named: name, kind: .regions, side: 64) {
                return EvaluatedCorpus(corpus: scenes, hasImages: true, hasTexts: true)
            }
            let corpus = try ShardCorpus(directory: name)
            guard corpus.kind == .texts || corpus.kind == .regions else {
                throw RecipeContradiction(
                    "\(name) holds \(corpus.kind.rawValue), and a unimo model reads regions: make them with `unimo corpus "
                        + "regions`, or pack a detector's")
            }
            return EvaluatedCorpus(
                corpus: corpus, hasImages: corpus.kind == .regions,
                hasTexts: corpus.kind == .texts || corpus.index.members["txt"] == corpus.count)
        }
    }

    /// A corpus of images with captions.
    func pairs(_ name: String, for purpose: String) throws -> any StoredCorpus {
        let found = try corpus(name)
        guard found.isPairs else {
            throw RecipeContradiction(
                "\(name) holds \(found.corpus.kind.rawValue); \(purpose) needs images with captions")
        }
        return found.corpus
    }

    /// What the model reads of a sample, nothing changed.
    func needs(images: Bool, texts: Bool) -> SampleNeeds {
        let maxTokens = texts ? config.maxTokens : nil
        return switch config {
        case .unimo(let config): SampleNeeds(maxTokens: maxTokens, regions: images ? config.regionNeeds : nil)
        case .unimo2(let config):
            SampleNeeds(maxTokens: maxTokens, views: images ? [.none] : [], imageSize: config.imageSize)
        }
    }
}

extension SceneCorpus {
    /// Scenes by a name that begins with `scenes:`, `scenes:COUNT[:SEED[:OBJECTS[:PART]]]`; held out unless the part is `train`.
    /// Nil for other names.
    convenience init?(named name: String, kind: CorpusKind, side: Int, encoding: Encoding = .pixmap) throws {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.first == "scenes" else { return nil }
        func part(_ place: Int, else other: Substring) -> Substring { parts.count > place ? parts[place] : other }
        guard (2...5).contains(parts.count), let count = Int(parts[1]), SceneSettings.counts.contains(count),
            let seed = UInt64(part(2, else: "1")), let objects = SceneSettings.objects(part(3, else: "1-3")),
            let world = ScenePart(rawValue: String(part(4, else: "held-out")))
        else {
            throw RecipeContradiction(
                "\(name): scenes are given as scenes:COUNT, scenes:COUNT:SEED or scenes:COUNT:SEED:OBJECTS with objects "
                    + "from 1 to 3, for example scenes:1000:1:2-3, or with :train or :held-out behind that")
        }
        self.init(
            name: name, kind: kind,
            settings: SceneSettings(
                seed: seed, count: count, part: world, objects: objects, side: max(side, 8)),
            encoding: encoding)
    }
}
