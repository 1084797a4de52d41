import Rehearsal
import Runtime
import Storage
import Testing

@testable import Corpora

/// Annotations: a corpus made from another's samples, and its members.
@Suite struct AnnotationTests {
    private let directory: TemporaryDirectory
    private let texts: MemoryCorpus

    init() throws {
        directory = try TemporaryDirectory()
        texts = Self.corpus(count: 300)
    }

    private static func corpus(count: Int) -> MemoryCorpus {
        MemoryCorpus(
            name: "texts", kind: .texts,
            samples: (0..<count).map {
                StoredSample(key: "text-\($0)", members: [.init(name: "txt", bytes: Array("text \($0)".utf8))])
            })
    }

    private func job(_ name: String, _ source: MemoryCorpus? = nil) -> DerivedCorpusJob {
        var job = DerivedCorpusJob(
            output: directory(name), kind: .annotations, source: source ?? texts, others: ["texts": texts],
            record: ["one"], round: 32)
        job.layout.frameSize = 4 << 10
        job.layout.shardSize = 1 << 10
        return job
    }

    private static func annotated(_ range: Range<Int>) -> [StoredSample] {
        range.map { number in
            let list = RewriteList(
                paraphrases: ["the \(number)th"],
                rewritten: [
                    .init(text: "text \(number + 1)", level: .sentence),
                    .init(text: "word \(number)", level: .word, kind: .object, replaced: "text", replacement: "word"),
                ])
            let neighbours = NeighbourList(texts: [
                .init(sample: number, key: "text-\(number)", score: 0.1 * Float(number))
            ])
            return StoredSample(key: "text-\(number)", members: [list.member, neighbours.member])
        }
    }

    @Test("members come back as they were written, scores to the last bit")
    func roundTrip() throws {
        try job("out").run(pool: WorkerPool(threads: 2), make: Self.annotated)
        let stored = try ShardCorpus(directory: directory("out"))
        #expect(stored.kind == .annotations && stored.count == texts.count && stored.index.shards.count > 2)
        for (number, made) in Self.annotated(0..<300).enumerated() {
            let sample = try stored.read(number)
            #expect(sample.key == made.key && sample.members == made.members)
            #expect(try RewriteList(sample) == RewriteList(made) && NeighbourList(sample) == NeighbourList(made))
            #expect(try NeighbourList(sample).texts[0].score == 0.1 * Float(number))
        }
    }

    @Test(
        "a stop after any round is gone on from with the same bytes; what differs is not mixed, and a whole corpus not touched"
    )
    func resumes() throws {
        struct Stop: Error {}
        let pool = WorkerPool(threads: 1)
        let whole = try job("whole").run(pool: pool, make: Self.annotated).fingerprint
        for stop in 1...9 {
            let job = job("cut\(stop)")
            var rounds = 0
            #expect(throws: Stop.self) {
                try job.run(
                    pool: pool,
                    progress: { _, _ in
                        rounds += 1
                        if rounds == stop { throw Stop() }
                    }, make: Self.annotated)
            }
            var (start, made): (DerivedCorpusJob.Start?, Int) = (nil, 0)
            let found = try job.run(
                pool: pool, starting: { start = $0 },
                make: {
                    made += $0.count
                    return Self.annotated($0)
                })
            let expected: DerivedCorpusJob.Start = made == 300 ? .afresh : .after(samples: 300 - made)
            #expect(found.fingerprint == whole && found.samples == 300)
            #expect(start == expected)
            #expect(stop < 5 || made < 300, "nothing was kept of \(stop) rounds")
        }
        #expect(throws: CorpusError.exists(path: directory("whole"))) {
            try job("whole").run(pool: pool, make: Self.annotated)
        }
    }

    @Test("annotations of another corpus, or of an older one, are refused")
    func stale() throws {
        let other = Self.corpus(count: 299)
        try job("out").run(pool: WorkerPool(threads: 1), make: Self.annotated)
        let stored = try ShardCorpus(directory: directory("out"))
        try DerivedCorpus.check(stored, madeFrom: texts, remedy: "make it anew")
        try DerivedCorpus.check(stored, madeFrom: texts, as: "texts", remedy: "make it anew")
        for name in [DerivedCorpus.source, "texts", "images"] {
            do {
                try DerivedCorpus.check(stored, madeFrom: other, as: name, remedy: "make it anew")
                Issue.record("annotations of something else were taken as \(name)")
            } catch let error as CorpusError {
                guard case .stale(let fault) = error else { throw error }
                #expect(fault.path == directory("out/index.json") && fault.remedy == "make it anew")
            }
        }
    }

    @Test(
        "damaged members are typed errors, and findings of verify",
        arguments: [
            (RewriteList.memberName, "[]", "lists of texts"), (RewriteList.memberName, "{", "lists of texts"),
            (RewriteList.memberName, "{\"paraphrases\":[],\"rewritten\":[{\"text\":\"a\"}]}", "lists of texts"),
            (
                RewriteList.memberName, "{\"paraphrases\":[],\"rewritten\":[{\"level\":\"x\",\"text\":\"a\"}]}",
                "lists of texts"
            ),
            (RewriteList.memberName, "{\"paraphrases\":[\" \"],\"rewritten\":[]}", "texts"),
            (NeighbourList.memberName, "{\"images\":[]}", "lists of samples"),
            (
                NeighbourList.memberName, "{\"images\":[{\"key\":\"a\",\"sample\":-1,\"score\":1}],\"texts\":[]}",
                "numbers of samples with finite scores"
            ),
            (NeighbourList.memberName, "{\"images\":[{\"key\":\"a\",\"sample\":1,\"score\":1e99}],\"texts\":[]}", ""),
        ])
    func damagedMembers(name: String, text: String, expected: String) throws {
        let sample = StoredSample(key: "text-0", members: [.init(name: name, bytes: Array(text.utf8))])
        do {
            if name == RewriteList.memberName { _ = try RewriteList(sample) } else { _ = try NeighbourList(sample) }
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.member == name && (error.expected == expected || expected == ""), "\(error)")
        }
        try job("out", Self.corpus(count: 1)).run(pool: WorkerPool(threads: 1)) { _ in [sample] }
        let found = try CorpusVerifier(directory: directory("out"), contents: ContentLimits()).run()
        #expect(found.findings.count(.brokenMember) == 1 && !found.isSound)
    }

    @Test("a sample without the member asked for says so; verify and inspect take annotations")
    func missingMembers() throws {
        let nothing = StoredSample(key: "a", members: [.init(name: "txt", bytes: [97])])
        #expect(throws: MemberError.self) { _ = try RewriteList(nothing) }
        #expect(throws: MemberError.self) { _ = try NeighbourList(nothing) }
        try job("out").run(pool: WorkerPool(threads: 1), make: Self.annotated)
        let found = try CorpusVerifier(directory: directory("out"), contents: ContentLimits()).run()
        #expect(found.isSound && found.samples == 300 && found.findings.warnings == 0)
        let summary = try CorpusInspector(ShardCorpus(directory: directory("out"))).summary()
        #expect(summary.kind == .annotations && summary.members == ["rewrites.json": 300, "neighbours.json": 300])
        #expect(summary.madeFrom == ["source": texts.fingerprint, "texts": texts.fingerprint])
    }
}
