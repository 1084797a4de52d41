import Yams

extension RecipeTree {
    /// Values in a recipe, and how deeply they nest: far above any real recipe, far below what aliases can multiply to.
    static let maximumValues = 100_000
    static let maximumDepth = 64

    /// - Parameters:
    ///   - yaml: one YAML document.
    ///   - place: where line n of it is.
    init(yaml: String, place: @escaping (_ line: Int) -> RecipeOrigin) throws {
        let root: Node?
        do {
            try Self.refuseAliasKeys(yaml, place: place)
            root = try Parser(yaml: yaml).singleRoot()
        } catch let error as YamlError {
            throw RecipeTree.fault(error, place: place)
        }
        guard let root else {
            self.init(content: .scalar("", isQuoted: false), origin: place(1))
            return
        }
        var conversion = Conversion(place: place)
        self = try conversion.tree(root, path: [], origin: place(root.mark?.line ?? 1))
    }

    /// The library compares all keys of a mapping with each other, whatever they are: a key that is an alias, or holds
    /// one, can stand for more values than any machine compares. Such a key means nothing in a recipe, so it is refused
    /// while it is still one word.
    private static func refuseAliasKeys(_ yaml: String, place: (Int) -> RecipeOrigin) throws {
        guard yaml.utf8.contains(UInt8(ascii: "&")), yaml.utf8.contains(UInt8(ascii: "*")) else { return }
        let mark: Character = "\u{F8FF}"
        var text = ""
        var previous: Character = " "
        for character in yaml {
            // Where an alias may begin. In quotes and comments nothing comes of it.
            let mayBegin = previous.isWhitespace || "[{,:?-".contains(previous)
            text.append(character == "*" && mayBegin ? mark : character)
            previous = character
        }
        guard let root = try Parser(yaml: text).singleRoot(), let line = aliasKey(in: root, mark: mark) else { return }
        throw RecipeError(
            origin: place(line), path: "", reason: .syntax, problem: "a key that is an alias or holds one",
            remedy: "write the key itself")
    }

    /// The line of the first key that holds a word beginning with `mark`.
    private static func aliasKey(in node: Node, mark: Character, isKey: Bool = false) -> Int? {
        switch node {
        case .scalar(let scalar):
            return isKey && scalar.style == .plain && scalar.string.first == mark ? scalar.mark?.line ?? 1 : nil
        case .sequence(let elements):
            return elements.lazy.compactMap { aliasKey(in: $0, mark: mark, isKey: isKey) }.first
        case .mapping(let pairs):
            return pairs.lazy.compactMap {
                aliasKey(in: $0.key, mark: mark, isKey: true) ?? aliasKey(in: $0.value, mark: mark, isKey: isKey)
            }.first
        case .alias: return nil
        }
    }

    private static func fault(_ error: YamlError, place: (Int) -> RecipeOrigin) -> RecipeError {
        func fault(_ line: Int, _ reason: RecipeError.Reason, _ problem: String, _ remedy: String) -> RecipeError {
            RecipeError(origin: place(line), path: "", reason: reason, problem: problem, remedy: remedy)
        }
        switch error {
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.sorted().joined(separator: ", ")
            return fault(context.mark.line, .duplicateKey, "key \(names) is written twice", "keep one of them")
        case .composer(let context?, _, let mark, _) where context.text.contains("single document"):
            return fault(
                mark.line, .syntax, "a second YAML document begins",
                "a recipe is one document: remove this line, or keep "
                    + "the documents in files of their own")
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let reading = context.map { " \($0.text)" } ?? ""
            return fault(
                mark.line, .syntax, "not YAML: \(problem)\(reading) (column \(mark.column))",
                "check indentation, colons and quotes there and on the line above")
        case .reader(let problem, let offset, _, let yaml):
            let line = 1 + yaml.utf8.prefix(offset ?? 0).count { $0 == UInt8(ascii: "\n") }
            let isControl = problem.contains("control characters")
            return fault(
                line, .syntax, "not YAML: \(problem)",
                isControl ? "remove them, or write them as \"\\u001b\"" : "save the file as UTF-8 text")
        default:
            return fault(1, .syntax, "not YAML: \(error)", "check the file")
        }
    }

    private struct Conversion {
        let place: (Int) -> RecipeOrigin
        var values = 0

        mutating func tree(_ node: Node, path: [String], origin: RecipeOrigin) throws -> RecipeTree {
            values += 1
            guard values <= maximumValues, path.count <= maximumDepth else {
                throw RecipeError(
                    origin: origin, path: path.prefix(8).joined(separator: "."), reason: .syntax,
                    problem: "more than \(maximumValues) values or \(maximumDepth) levels",
                    remedy: "a recipe is a page or two; look for anchors that multiply")
            }
            try refuseTag(node, path: path, origin: origin)
            switch node {
            case .scalar(let scalar):
                return RecipeTree(content: .scalar(scalar.string, isQuoted: scalar.style != .plain), origin: origin)
            case .sequence(let sequence):
                let elements = try sequence.enumerated().map { index, element in
                    try tree(element, path: path + ["\(index)"], origin: lineOf(element, else: origin))
                }
                return RecipeTree(content: .list(elements), origin: origin)
            case .mapping(let mapping):
                return RecipeTree(content: .mapping(try entries(mapping, path: path, origin: origin)), origin: origin)
            case .alias:
                throw RecipeError(
                    origin: origin, path: path.joined(separator: "."), reason: .syntax,
                    problem: "an alias without its anchor", remedy: "define the anchor above it")
            }
        }

        /// A tag says another type than the value looks like; types are the reader's to know.
        private func refuseTag(_ node: Node, path: [String], origin: RecipeOrigin) throws {
            let tag: Tag? =
                switch node {
                case .scalar(let scalar): scalar.style == .plain ? scalar.tag : nil
                case .sequence(let sequence): sequence.tag
                case .mapping(let mapping): mapping.tag
                case .alias: nil
                }
            guard let name = tag?.description, !name.isEmpty, name != "!" else { return }
            let short = name.hasPrefix("tag:yaml.org,2002:") ? "!!\(name.dropFirst(18))" : name
            throw RecipeError(
                origin: origin, path: path.joined(separator: "."), reason: .syntax, problem: "a tag, \(short)",
                remedy: "leave it out; a string that looks like a number is written in quotes")
        }

        private mutating func entries(
            _ mapping: Node.Mapping, path: [String], origin: RecipeOrigin
        ) throws -> [Entry] {
            var entries: [Entry] = []
            var seen: [String: RecipeOrigin] = [:]
            for (keyNode, valueNode) in mapping {
                let keyOrigin = lineOf(keyNode, else: origin)
                guard let key = keyNode.scalar?.string else {
                    throw RecipeError(
                        origin: keyOrigin, path: path.joined(separator: "."), reason: .syntax,
                        problem: "a key must be a name, found a list or mapping", remedy: "quote it if it is a name")
                }
                guard key != "<<" || keyNode.scalar?.style != .plain else {
                    throw RecipeError(
                        origin: keyOrigin, path: path.joined(separator: "."), reason: .syntax,
                        problem: "a merge key, <<, which recipes do not have",
                        remedy: "write the keys themselves, or lay this recipe over another with extends")
                }
                if let first = seen.updateValue(keyOrigin, forKey: key) {
                    throw RecipeError(
                        origin: keyOrigin, path: (path + [key]).joined(separator: "."), reason: .duplicateKey,
                        problem: "key \(key) is written twice, first at \(first)", remedy: "keep one of them")
                }
                // A nested mapping is better found by its key than by its first entry.
                let valueOrigin = valueNode.scalar == nil ? keyOrigin : lineOf(valueNode, else: keyOrigin)
                let value = try tree(valueNode, path: path + [key], origin: valueOrigin)
                entries.append(Entry(key: key, origin: keyOrigin, value: value))
            }
            return entries
        }

        private func lineOf(_ node: Node, else origin: RecipeOrigin) -> RecipeOrigin {
            node.mark.map { place($0.line) } ?? origin
        }
    }
}
