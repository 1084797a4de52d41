/// What a pronoun points at.
extension Clauses {
    mutating func resolve(_ index: Int) -> [Int] {
        let text = mentions[index].lemma
        switch text {
        case "each other", "one another": return frames[top].subjects
        case "he", "him":
            return first {
                self.mentions[$0].isPerson && !WordLists.females.contains(self.mentions[$0].head)
                    && !self.mentions[$0].isPlural
            }
        case "she", "her":
            return first {
                self.mentions[$0].isPerson && !WordLists.males.contains(self.mentions[$0].head)
                    && !self.mentions[$0].isPlural
            }
        case "it", "this", "that": return first { !self.mentions[$0].isPerson && !self.mentions[$0].isPlural }
        case "they", "them", "these", "those", "both", "all", "some", "each": return group()
        case "one", "another", "others", "other": return group(isPart: true)
        default: return []
        }
    }

    /// Subjects of the clause that is being built are not meant, what the nearest thing belongs to is meant first.
    private func first(_ matches: (Int) -> Bool) -> [Int] {
        candidates().first { matches($0) }.map { [$0] } ?? []
    }

    private func candidates() -> [Int] {
        let isHolder = ["have", "contain", "feature", "show", "wear"].contains(frames[top].verb?.lemma ?? "")
        if isHolder, pending != nil { return frames[top].subjects }
        let excluded = Set(frames[top].verb == nil ? [] : frames[top].subjects)
        var found: [Int] = []
        if pending != nil { found += chain().dropFirst() }
        for frame in frames.reversed() { found += frame.subjects }
        found += mentions.indices.reversed().filter { slots[$0] != nil }
        return found.filter {
            !excluded.contains($0) && mentions[$0].kind == .thing && !(pending != nil && nearest == [$0])
        }
    }

    /// Several coordinated things, or one in the plural.
    private func group(isPart: Bool = false) -> [Int] {
        let excluded = Set(isPart || frames[top].verb == nil ? [] : frames[top].subjects)
        for frame in frames.reversed() where frame.subjects.count > 1 || frame.subjects.contains(where: isMany) {
            if excluded.isDisjoint(with: frame.subjects) { return frame.subjects }
        }
        return mentions.indices.last { slots[$0] != nil && isMany($0) && !excluded.contains($0) }.map { [$0] } ?? []
    }

    private func isMany(_ mention: Int) -> Bool {
        mentions[mention].isPlural
            || ["couple", "family", "team", "group", "sheep", "police"].contains(mentions[mention].head)
    }
}
