/// A token with what it can be and, once decided, what it is.
struct CaptionWord {
    var token: CaptionToken
    var readings: Readings
    var closed: Tag?
    var tag = Tag.skipped
    /// A capital that spelling rules ask for in no other word: part of a name.
    var isName = false

    var text: String { token.text }
    var range: Range<Int> { token.range }
    /// Open for any class the lexicon gives it.
    var isOpen: Bool { closed == nil && (token.kind == .word) }
}

/// Cuts a caption into words, joins what is one word, mends spelling, looks everything up, and finds names.
struct CaptionReader {
    let lexicon: Lexicon
    let spelling: Spelling

    func words(of caption: String) -> [CaptionWord] {
        var tokens = joined(CaptionTokens.cut(caption))
        let capitalsMean = Self.capitalsMean(tokens)
        var words: [CaptionWord] = []
        words.reserveCapacity(tokens.count)
        for index in tokens.indices {
            words.append(word(&tokens[index], capitalsMean: capitalsMean))
        }
        if capitalsMean { markNames(&words) }
        return words
    }

    private func word(_ token: inout CaptionToken, capitalsMean: Bool) -> CaptionWord {
        switch token.kind {
        case .mark: return CaptionWord(token: token, readings: Readings(), closed: Self.tag(ofMark: token.text))
        case .quotation: return CaptionWord(token: token, readings: Readings(), closed: .skipped)
        case .possessive: return CaptionWord(token: token, readings: Readings(), closed: .possessive)
        case .number: return CaptionWord(token: token, readings: Readings(), closed: .number)
        case .word: break
        }
        if token.text.contains(" "), let last = token.text.split(separator: " ").last,
            Self.covers.contains(String(last))
        {
            return CaptionWord(token: token, readings: Readings(), closed: .adjective)
        }
        if let closed = ClosedClasses.tags[token.text] {
            let needsReadings = closed == .preposition || closed == .number || closed == .adverb || closed == .modal
            let readings = needsReadings ? Readings(token.text, lexicon) : Readings()
            return CaptionWord(token: token, readings: readings, closed: closed)
        }
        var readings = Readings(token.text, lexicon)
        if token.text.contains(" ") { readings.noun = token.text }
        if !readings.isKnown, !(capitalsMean && token.isCapitalised), let mended = spelling.mended(token.text) {
            token.text = mended
            if let closed = ClosedClasses.tags[mended] {
                return CaptionWord(token: token, readings: Readings(), closed: closed)
            }
            readings = Readings(mended, lexicon)
        }
        return CaptionWord(token: token, readings: readings)
    }

    private static func tag(ofMark mark: String) -> Tag {
        switch mark {
        case ",", "(", ")": .comma
        case "&", "+": .conjunction
        case "'", "*", "#", "\"", "`": .skipped
        default: .stop
        }
    }

    /// Whether capitals tell names: not in captions that are all capitals or capitalise nearly every word.
    private static func capitalsMean(_ tokens: [CaptionToken]) -> Bool {
        var words = 0
        var capitals = 0
        for token in tokens.dropFirst() where token.kind == .word && token.text.utf8.count > 3 {
            words += 1
            if token.isCapitalised { capitals += 1 }
        }
        let small = tokens.contains { $0.kind == .word && !$0.isCapitalised }
        return small && ((words - capitals) * 4 >= words || words <= 3)
    }

    private func markNames(_ words: inout [CaptionWord]) {
        for index in words.indices where words[index].token.isCapitalised && words[index].isOpen {
            let isFirst = index == 0 || words[index - 1].closed == .stop
            let isNextName = index + 1 < words.count && words[index + 1].token.isCapitalised && words[index + 1].isOpen
            if isFirst, isNextName, WordLists.colours.contains(words[index].text), !words[index + 1].readings.isKnown {
                continue
            }
            let isUnknown = !words[index].readings.isKnown && !words[index].text.contains("-")
            if !isFirst || isNextName || isUnknown { words[index].isName = true }
        }
    }

    /// Joins prepositions of several words and materials of two.
    private func joined(_ tokens: [CaptionToken]) -> [CaptionToken] {
        var result: [CaptionToken] = []
        result.reserveCapacity(tokens.count)
        var index = 0
        while index < tokens.count {
            let count = Self.joinedCount(tokens, index)
            var token = tokens[index]
            if count.words > 1 {
                token.range = token.range.lowerBound..<tokens[index + count.words - 1].range.upperBound
                token.text = count.text
            }
            result.append(token)
            index += max(count.words, 1)
        }
        return result
    }

    /// "a snow covered slope"
    private static let covers: Set<String> = [
        "covered", "capped", "filled", "lined", "shaped", "coloured", "colored", "sized",
    ]

    private static func isCovered(_ tokens: [CaptionToken], _ index: Int) -> Bool {
        guard index + 2 < tokens.count, tokens[index].kind == .word, covers.contains(tokens[index + 1].text) else {
            return false
        }
        return tokens[index + 2].kind == .word && ClosedClasses.tags[tokens[index].text] == nil
            && ClosedClasses.tags[tokens[index + 2].text] == nil
    }

    private static func joinedCount(_ tokens: [CaptionToken], _ index: Int) -> (words: Int, text: String) {
        let first = tokens[index].text
        if isCovered(tokens, index) { return (2, "\(first) \(tokens[index + 1].text)") }
        guard let phrases = joinable[first] else { return (1, first) }
        for phrase in phrases where index + phrase.words.count <= tokens.count {
            if phrase.words.indices.allSatisfy({ tokens[index + $0].text == phrase.words[$0] }) {
                return (phrase.words.count, phrase.words.joined(separator: " "))
            }
        }
        return (1, first)
    }

    /// Phrases by first word, longest first.
    private static let joinable: [String: [(words: [String], text: String)]] = {
        var table: [String: [(words: [String], text: String)]] = [:]
        let pairs = [
            "stainless steel", "stained glass", "cast iron", "polka dot", "close up", "clip art", "each other",
            "one another",
        ]
        let all = ClosedClasses.phrases.map(\.words) + pairs.map { $0.split(separator: " ").map(String.init) }
        for words in all {
            table[words[0], default: []].append((words, words.joined(separator: " ")))
        }
        return table.mapValues { $0.sorted { $0.words.count > $1.words.count } }
    }()
}
