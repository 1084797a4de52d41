import Storage

/// Irregular forms of each word class, as `noun.exc` and its like list them.
struct ExceptionLists {
    private var lists: [[String: [String]]] = []

    /// Lines of `form lemma [lemma …]`.
    init(directory: String) throws(StorageError) {
        for partOfSpeech in PartOfSpeech.allCases {
            lists.append(try Self.read(DictionaryFile(path: "\(directory)/\(partOfSpeech.fileSuffix).exc")))
        }
    }

    func lemmas(of form: String, as partOfSpeech: PartOfSpeech) -> [String] {
        lists[Int(partOfSpeech.rawValue)][form] ?? []
    }

    private static func read(_ source: consuming DictionaryFile) throws(StorageError) -> [String: [String]] {
        var file = source
        var list: [String: [String]] = [:]
        while !file.isAtEnd {
            guard !file.isAtLineEnd else {
                file.skipLine()
                continue
            }
            let form = file.text(try file.field("a form"))
            repeat {
                list[form, default: []].append(file.text(try file.field("a lemma")))
            } while !file.isAtLineEnd
            file.skipLine()
        }
        return list
    }
}

/// WordNet's rules of detachment (morphy(7WN)): a suffix and what takes its place.
private let detachments: [[(suffix: String, ending: String)]] = [
    [
        ("s", ""), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("men", "man"),
        ("ies", "y"),
    ],
    [
        ("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", ""),
    ],
    [("er", ""), ("est", ""), ("er", "e"), ("est", "e")],
    [],
]

/// The last letters of the suffixes.
private let endings = ["sn", "sdg", "rt", ""].map { Array($0.utf8) }

extension Lexicon {
    /// The lemmas that a lower-case form may belong to: irregular ones first, then the form itself, then what the rules of
    /// detachment give; only lemmas that the lexicon has. Source: morphy(7WN).
    public func lemmas(of form: String, as partOfSpeech: PartOfSpeech) -> [String] {
        var found = exceptions.lemmas(of: form, as: partOfSpeech)
        func add(_ lemma: String) {
            if !found.contains(lemma), lexemes.find(lemma.utf8, as: partOfSpeech) != nil { found.append(lemma) }
        }
        add(form)
        // "ss" is no ending of nouns: "grass".
        guard form.utf8.count > 2, let last = form.utf8.last, endings[Int(partOfSpeech.rawValue)].contains(last),
            !(partOfSpeech == .noun && form.hasSuffix("ss"))
        else { return found }
        for rule in detachments[Int(partOfSpeech.rawValue)] where form.hasSuffix(rule.suffix) {
            let stem = form.dropLast(rule.suffix.count)
            if !stem.isEmpty { add(stem + rule.ending) }
        }
        return found
    }
}
