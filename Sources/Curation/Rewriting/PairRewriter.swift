import Corpora
import Runtime

/// Writes what may be said of an image instead of its captions: words and phrases replaced, captions of other images, and
/// what says the same (UNIMO, arXiv 2012.15409). One for each thread.
struct PairRewriter {
    private let survey: CaptionSurvey
    private let parser: SceneGraphParser
    private let settings: RewriteSettings
    private var rewriter: CaptionRewriter
    private var scratch: TextIndex.Scratch

    init(_ survey: CaptionSurvey, parser: SceneGraphParser, lexicon: Lexicon, settings: RewriteSettings) {
        self.survey = survey
        self.parser = parser
        self.settings = settings
        rewriter = CaptionRewriter(vocabulary: survey.vocabulary, lexicon: lexicon)
        scratch = TextIndex.Scratch(survey.index)
    }

    /// - Parameters:
    ///   - captions: of the image, all different. - paraphrases: what is known to say the same besides.
    ///   - sample: number in the corpus: random numbers depend on it, on the seed, and on nothing else.
    mutating func rewrite(_ captions: [String], paraphrases: [String], sample: Int) -> RewriteList {
        guard !captions.isEmpty else { return RewriteList() }
        var seen: Set<String> = []
        let alike = ((captions.count > 1 ? captions : []) + paraphrases).filter { seen.insert($0).inserted }
        let own = Set(captions + paraphrases)
        var list = RewriteList(paraphrases: alike)
        var taken = own
        for (place, caption) in captions.enumerated() {
            let found = rewriter.rewrite(
                caption, parts: CaptionPart.parts(of: Array(caption.utf8), parser.parse(caption)),
                siblings: own.filter { $0 != caption },
                wanted: (share(of: settings.words, place, captions), share(of: settings.phrases, place, captions)),
                random: RandomKey(seed: settings.seed, batch: sample, position: place, purpose: .rewriting))
            for one in found where taken.insert(one.text).inserted {
                list.rewritten.append(
                    .init(
                        text: one.text, level: one.kind.level, kind: one.kind, replaced: one.replaced,
                        replacement: one.replacement))
            }
        }
        let missing = settings.words + settings.phrases - list.rewritten.count
        list.rewritten += sentences(settings.sentences + missing, unlike: captions, taken: taken).map {
            .init(text: $0, level: .sentence)
        }
        return list
    }

    /// How many of `count` texts are made from the caption at `place`.
    private func share(of count: Int, _ place: Int, _ captions: [String]) -> Int {
        count * (place + 1) / captions.count - count * place / captions.count
    }

    /// Captions of other images that say nearly the same as one of these, but not quite, best first.
    private mutating func sentences(_ wanted: Int, unlike captions: [String], taken: Set<String>) -> [String] {
        guard wanted > 0 else { return [] }
        let queries = captions.map { survey.index.statistics.vector(of: $0) }
        var limit = wanted + 16
        while true {
            let found = queries.map { survey.index.matches(for: $0, limit: limit, &scratch) }
            let kept = kept(found.joined(), taken: taken).prefix(wanted)
            // What a full list leaves out scores at most as much as its last.
            let left = found.filter { $0.count == limit }.compactMap(\.last?.score).max() ?? 0
            let isComplete = kept.count == wanted && left <= RewriteSettings.nearest && left <= kept[wanted - 1].score
            if left == 0 || isComplete { return kept.map { survey.texts[$0.number] } }
            limit *= 4
        }
    }

    /// Matches in order, each once with its best score: none that is taken, and none that is too near to a caption.
    private func kept(_ matches: some Sequence<Match>, taken: Set<String>) -> [Match] {
        var scores: [Int: Float] = [:]
        for match in matches { scores[match.number] = max(scores[match.number] ?? 0, match.score) }
        return scores.filter { $0.value <= RewriteSettings.nearest && !taken.contains(survey.texts[$0.key]) }
            .map { Match(number: $0.key, score: $0.value) }.sorted(by: Match.precedes)
    }
}
