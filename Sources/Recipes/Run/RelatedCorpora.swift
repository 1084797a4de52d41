import Batches
import Corpora

extension OpenCorpora {
    /// What the pairs of a corpus are compared with. Annotations must have been made from these very pairs, and name samples
    /// of corpora that the recipe has.
    func related(_ candidates: Recipe.Candidates, to pairs: String) throws -> RelatedSource {
        var source = RelatedSource()
        if let name = candidates.rewrites {
            source.rewrites = try annotations(name, of: pairs, madeBy: "unimo corpus rewrite")
        }
        if let name = candidates.neighbours {
            let neighbours = try annotations(name, of: pairs, madeBy: "unimo corpus retrieve")
            source.neighbours = neighbours
            if candidates.counts.images > 0 { source.images = try corpus(NeighbourList.imagesName, of: neighbours) }
            if candidates.counts.texts > 0 { source.texts = try corpus(NeighbourList.textsName, of: neighbours) }
        }
        return source
    }

    private func annotations(_ name: String, of pairs: String, madeBy command: String) throws -> any StoredCorpus {
        let annotations = self[name]
        if let scenes = annotations as? SceneCorpus {
            guard let source = self[pairs] as? SceneCorpus, source.settings == scenes.settings else {
                throw RecipeContradiction(
                    "candidates: \(name) is of other scenes than \(pairs); give both the same settings")
            }
        } else if let packed = annotations as? ShardCorpus {
            try DerivedCorpus.check(
                packed, madeFrom: self[pairs], remedy: "make it anew from \(pairs) with `\(command)`")
        }
        return annotations
    }

    /// The corpus of the recipe in which neighbours were looked for.
    private func corpus(_ what: String, of neighbours: any StoredCorpus) throws -> any StoredCorpus {
        guard let fingerprint = (neighbours as? ShardCorpus)?.index.madeFrom?[what] else {
            throw RecipeContradiction(
                "candidates: \(neighbours.name) names no \(what); retrieve them (`unimo corpus retrieve --\(what)`), or say "
                    + "\(what): 0")
        }
        guard let corpus = byName.values.first(where: { $0.fingerprint == fingerprint }) else {
            throw RecipeContradiction(
                "candidates: \(neighbours.name) names \(what) of a corpus (fingerprint \(fingerprint.prefix(12))) that the "
                    + "recipe does not have; declare it under corpora")
        }
        return corpus
    }
}
