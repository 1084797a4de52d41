import Corpora
import Rehearsal
import Runtime
import Storage
import Testing

@testable import Curation

/// Rewriting a stored corpus, from samples to samples.
@Suite struct RewriteJobTests {
    private let directory: TemporaryDirectory
    private let corpus: MemoryCorpus
    private let lexicon: Lexicon
    /// Of each image.
    private let captions: [[String]]

    init() throws {
        directory = try TemporaryDirectory()
        lexicon = try InstalledLexicon.opened.get()
        let all = try LabelledCaption.all().map(\.caption)
        // One, two and three captions to an image, and an image without.
        var captions: [[String]] = []
        var place = 0
        while place < all.count {
            let count = captions.count % 3 + 1
            captions.append(Array(all[place..<min(place + count, all.count)]))
            place += count
        }
        self.captions = captions + [[]]
        corpus = MemoryCorpus(
            name: "captioned", kind: .regions,
            samples: self.captions.enumerated().map { number, captions in
                var members: [StoredSample.Member] = []
                if let first = captions.first { members.append(.init(name: "txt", bytes: Array(first.utf8))) }
                if captions.count > 1 {
                    let list = captions.map { "\"\($0.replacing("\"", with: "\\\""))\"" }.joined(separator: ",")
                    members.append(.init(name: CaptionList.memberName, bytes: Array("[\(list)]".utf8)))
                }
                return StoredSample(key: "image-\(number)", members: members)
            })
    }

    private func job(_ name: String, paraphrases: ParaphraseFile? = nil) throws -> RewriteJob {
        var settings = RewriteSettings()
        (settings.words, settings.phrases, settings.sentences) = (12, 8, 5)
        var job = try RewriteJob(
            corpus, output: directory(name), lexicon: lexicon, paraphrases: paraphrases, settings: settings)
        job.round = 40
        job.layout.frameSize = 8 << 10
        job.layout.shardSize = 4 << 10
        return job
    }

    private func lists(_ name: String) throws -> [RewriteList] {
        let stored = try ShardCorpus(directory: directory(name))
        return try (0..<stored.count).map { try RewriteList(stored.read($0)) }
    }

    @Test("1 and 4 workers, and a stop after any round that is gone on from, give the same bytes")
    func sameBytes() throws {
        struct Stop: Error {}
        let whole = try job("whole").run(pool: WorkerPool(threads: 1))
        #expect(try job("four").run(pool: WorkerPool(threads: 4)).fingerprint == whole.fingerprint)
        #expect(try ShardCorpus(directory: directory("whole")).index.shards.count > 4)
        let pool = WorkerPool(threads: 2)
        for stop in 1...2 {
            let job = try job("cut\(stop)")
            var rounds = 0
            #expect(throws: Stop.self) {
                _ = try job.run(pool: pool) { _ in
                } progress: { stage, _, _ in
                    rounds += stage == .rewriting ? 1 : 0
                    if rounds == stop { throw Stop() }
                }
            }
            #expect(!Directory.exists(job.output))
            var starts: [DerivedCorpusJob.Start] = []
            let report = try job.run(pool: pool) { if case .start(let start) = $0 { starts.append(start) } }
            #expect(report.fingerprint == whole.fingerprint && report.tally == whole.tally)
            guard case .after(let samples)? = starts.first else {
                Issue.record("began with \(starts)")
                continue
            }
            #expect(samples > 0)
        }
    }

    @Test("samples keep their keys and order, and no stored text shares a lemma or a synset with what it replaced")
    func storedTextsMeanSomethingElse() throws {
        let report = try job("out").run(pool: WorkerPool(threads: 2))
        let stored = try ShardCorpus(directory: directory("out"))
        #expect(stored.kind == .annotations && stored.count == corpus.count)
        var replaced = 0
        for (number, list) in try lists("out").enumerated() {
            #expect(try stored.key(number) == "image-\(number)")
            for rewrite in list.rewritten where rewrite.level != .sentence {
                let (old, new) = (try #require(rewrite.replaced), try #require(rewrite.replacement))
                #expect(sharedMeaning(of: old, and: new, lexicon).isEmpty, "\(rewrite)")
                let said = Set(captions[number].flatMap { TextStatistics.words(of: $0) })
                #expect(
                    said.subtracting(["a", "an", "the"]).isDisjoint(with: new.split(separator: " ").map(String.init)))
                #expect(rewrite.kind?.level == rewrite.level)
                replaced += 1
            }
            #expect(Set(list.rewritten.map(\.text)).count == list.rewritten.count)
        }
        #expect(replaced > 20 * corpus.count / 2)
        #expect(report.tally.levels.filter { $0.key != .sentence }.values.reduce(0, +) == replaced)
        #expect(report.tally.empty == 1 && report.tally.withoutPartsKeys.contains("image-\(captions.count - 1)"))
        #expect(report.survey?.captions == Set(captions.joined()).count)
    }

    @Test(
        "sentences are captions of other images, near to a caption but none of the image's own, and make up for the rest"
    )
    func sentencesAreOthers() throws {
        _ = try job("out").run(pool: WorkerPool(threads: 2))
        let texts = Set(captions.joined()).sorted()
        let index = try TextIndex(texts)
        var counted = 0
        for (own, list) in zip(captions, try lists("out")) where !own.isEmpty {
            let sentences = list.rewritten.filter { $0.level == .sentence }.map(\.text)
            #expect(Set(own).isDisjoint(with: list.rewritten.map(\.text)))
            #expect(Set(sentences).isSubset(of: texts))
            let vectors = own.map { index.statistics.vector(of: $0) }
            func nearness(_ text: String) -> Float {
                let vector = index.statistics.vector(of: text)
                return vectors.map { $0.cosine(vector.entries) }.max() ?? 0
            }
            #expect(sentences.allSatisfy { nearness($0) <= 0.9 })
            // None that was left out is nearer than the last one.
            let others = Set(texts).subtracting(list.rewritten.map(\.text)).subtracting(own)
            if list.rewritten.count == 25, let last = sentences.last.map(nearness) {
                #expect(others.map(nearness).filter { $0 <= 0.9 }.allSatisfy { $0 <= last + 1e-6 })
                counted += 1
            }
        }
        #expect(counted > 20)
    }

    @Test("paraphrases are the captions of an image that has several and those of the file; what replaces avoids them")
    func paraphrases() throws {
        try directory.put(
            "same.jsonl",
            """
            {"key": "image-0", "paraphrases": ["a thing of beauty", "a thing of beauty"]}

            {"key": "image-1", "paraphrases": []}
            """)
        let file = try ParaphraseFile(path: directory("same.jsonl")) { $0.hasPrefix("image-") }
        let report = try job("out", paraphrases: file).run(pool: WorkerPool(threads: 1))
        let lists = try lists("out")
        #expect(lists[0].paraphrases == ["a thing of beauty"])
        #expect(lists[1].paraphrases == captions[1] && lists[2].paraphrases == captions[2])
        #expect(lists[3].paraphrases.isEmpty)
        #expect(report.tally.paraphrases == lists.reduce(0) { $0 + $1.paraphrases.count })
        for rewrite in lists[0].rewritten { #expect(rewrite.replacement.map { !$0.contains("beauty") } ?? true) }
        #expect(throws: CorpusError.self, "another file is another corpus") {
            _ = try job("out").run(pool: WorkerPool(threads: 1))
        }
    }

    @Test(
        "a line that is no entry, an unknown key, a key again and an empty text are named with their line",
        arguments: [
            ("[1]", "an object"), ("{\"key\": \"image-1\"}", "an object"),
            ("{\"key\": 3, \"paraphrases\": []}", "an object"),
            ("{\"key\": \"other\", \"paraphrases\": []}", "the key of a sample"),
            ("{\"key\": \"image-0\", \"paraphrases\": []}", "each key once"),
            ("{\"key\": \"image-1\", \"paraphrases\": [\" \"]}", "texts"),
        ])
    func badParaphrases(line: String, expected: String) throws {
        try directory.put("bad.jsonl", "{\"key\": \"image-0\", \"paraphrases\": [\"a\"]}\n\(line)\n")
        do {
            _ = try ParaphraseFile(path: directory("bad.jsonl")) { $0.hasPrefix("image-") }
            Issue.record("\(line) was taken")
        } catch let error as CurationError {
            guard case .paraphrases(_, 2, let found, _) = error else { throw error }
            #expect(found.hasPrefix(expected), "\(error)")
            #expect(error.exitCode == .data)
        }
    }

    @Test("a missing lexicon names the package, a corpus without captions says so")
    func worldsFaults() throws {
        #expect(throws: CurationError.noLexicon(directory: directory.path, missing: "data.noun")) {
            _ = try Lexicon.installed(in: directory.path)
        }
        #expect("\(CurationError.noLexicon(directory: "d", missing: "f"))".contains("apt-get install wordnet-base"))
        let texts = MemoryCorpus(name: "texts", kind: .texts, samples: [])
        #expect(throws: CurationError.self) { _ = try RewriteJob(texts, output: directory("a"), lexicon: lexicon) }
        let silent = MemoryCorpus(name: "silent", kind: .regions, samples: [StoredSample(key: "a", members: [])])
        #expect(throws: CurationError.self) {
            _ = try RewriteJob(silent, output: directory("b"), lexicon: lexicon).run(pool: WorkerPool(threads: 1))
        }
        #expect(!Directory.exists(directory("b")) && !Directory.exists(directory("b.tmp")))
    }

    @Test("an interrupted attempt with other settings is not gone on with, unless to begin afresh")
    func otherSettings() throws {
        struct Stop: Error {}
        var job = try job("out")
        let pool = WorkerPool(threads: 2)
        #expect(throws: Stop.self) {
            _ = try job.run(pool: pool) { _ in
            } progress: { stage, _, _ in
                if stage == .rewriting { throw Stop() }
            }
        }
        job.settings.seed = 2
        #expect(throws: CorpusError.self) { _ = try job.run(pool: pool) }
        job.startsAfresh = true
        #expect(try job.run(pool: pool).samples == corpus.count)
    }
}
