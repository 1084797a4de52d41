import Rehearsal
import Runtime
import Storage
import Testing

@testable import Corpora

/// Packing can go on after any event of any source, and bytes depend on nothing but sources and options.
@Suite struct SourceResumeTests {
    private func fill(_ directory: TemporaryDirectory) throws {
        let sentences = (0..<300).map { "Sentence \($0) says something, été or 犬." }
        try directory.put(
            "in/a-long.txt",
            sentences.joined(separator: " ") + "\n\nsecond\n\n" + sentences[5...90].joined(separator: " "))
        try directory.put("in/b.txt", "one\n\u{FEFF}two\n\n\nthree" + "\n" + String(repeating: "x", count: 500))
        try directory.put("in/c.txt", Array("fine\n".utf8) + [0xFF, 0xFE] + Array("\nfine again\n".utf8))
        try directory.put(
            "in/rows.jsonl", (0..<40).map { "{\"text\": \"row \($0). \(sentences[$0])\"}" }.joined(separator: "\n"))
        var archive: [UInt8] = []
        for number in 0..<30 {
            try Tar.append(name: "s/\(number).cls", contents: [3], to: &archive)
            try Tar.append(name: "s/\(number).txt", contents: Array(sentences[number].utf8), to: &archive)
        }
        try directory.put("in/t.tar", archive + Tar.end)
        try directory.put("in/u.tar", archive.prefix(9000) + [1, 2, 3])
        try directory.put("in/v.tar", FrameCompressor().compress(archive + Tar.end))
        try directory.put("more/w.csv", "text,key\n\"a \"\"b\"\"\nc\",k1\nplain,k2\nbad\n,k3\nlast,k4\n")
    }

    private func options(_ directory: TemporaryDirectory, out: String) -> PackOptions {
        var options = PackOptions(
            kind: .texts, sources: [directory("in"), directory("more/w.csv")], output: directory(out))
        options.maxTextBytes = 100
        options.skipBad = true
        options.layout.frameSize = 4096
        options.layout.shardSize = 2048
        return options
    }

    private func describe(_ event: PackEvent) -> String {
        switch event {
        case .item(let item): "\(item.key) \(item.text)"
        case .rejected(let source): "rejected \(source)"
        case .leftOut(let reason, let path): "left out \(reason) \(path)"
        case .unpaired(let path): "unpaired \(path)"
        }
    }

    @Test("from the position after any event, the same events follow")
    func everyPosition() throws {
        let directory = try TemporaryDirectory()
        try fill(directory)
        let plan = try PackPlan(options(directory, out: "out"))
        var stream = SourceStream(plan.sources, sizes: plan.sizes)
        var events: [(text: String, position: PackPosition)] = []
        while let (event, position) = try stream.next() { events.append((describe(event), position)) }
        #expect(events.count > 250 && events.contains { $0.text.hasPrefix("rejected") })
        for start in stride(from: 0, to: events.count, by: 7) {
            var again = SourceStream(plan.sources, sizes: plan.sizes, from: events[start].position)
            for follower in events[(start + 1)...].prefix(12) {
                #expect(try again.next().map { describe($0.event) } == follower.text, "after event \(start)")
            }
        }
        var last = SourceStream(plan.sources, sizes: plan.sizes, from: events.last!.position)
        #expect(try last.next() == nil)
    }

    @Test("1, 2, 3 and 5 workers, and an attempt that ends after any shard and is repeated, give the same bytes")
    func sameBytes() throws {
        let directory = try TemporaryDirectory()
        try fill(directory)
        struct Stop: Error {}
        var fingerprints: Set<String> = []
        var reports: [PackReport] = []
        for workers in [1, 2, 3, 5] {
            var options = options(directory, out: "whole\(workers)")
            options.workers = workers
            reports.append(try PackJob(options).run())
            fingerprints.insert(reports.last!.fingerprint)
        }
        #expect(reports[0].shards > 6 && reports[0].rejectedCount == 4, "\(reports[0])")
        for stop in 1..<reports[0].shards {
            let options = options(directory, out: "cut\(stop)")
            let plan = try PackPlan(options)
            // Ends as a kill would: whatever was begun after the shard stays where it is.
            let header = PackJournal.Header(options: options.record, sources: plan.digest)
            do {
                let attempt = try PackAttempt(options.output, header)
                var shards = 0
                let writer = CorpusWriter(
                    place: attempt.place, kind: .texts, layout: options.layout, pool: .init(threads: 1)
                ) {
                    try attempt.journal.append($0)
                    shards += 1
                    if shards == stop { throw Stop() }
                }
                var run = PackRun(
                    options: options, plan: plan, pool: .init(threads: 1), writer: writer, attempt: attempt)
                #expect(throws: Stop.self) {
                    while try run.round() {}
                    _ = try run.finish()
                }
            }
            #expect(!Directory.exists(options.output))
            var notices: [PackNotice] = []
            let report = try PackJob(options).run(notice: { notices.append($0) })
            fingerprints.insert(report.fingerprint)
            #expect(report.resumedShards == stop && report.samples == reports[0].samples)
            #expect(report.rejected == reports[0].rejected && report.rejectedCount == 4)
            #expect(notices.contains { if case .resuming(stop, _) = $0 { true } else { false } })
            #expect(!Directory.exists(options.output + ".tmp"))
        }
        #expect(fingerprints.count == 1)
    }

    @Test("a journal that was cut anywhere is gone on with, or begun again, to the same bytes")
    func cutJournal() throws {
        let directory = try TemporaryDirectory()
        try fill(directory)
        let whole = try PackJob(options(directory, out: "whole")).run()
        struct Stop: Error {}
        for cut in [0, 1, 40, 900, 1500, 4000] {
            var options = options(directory, out: "out\(cut)")
            options.workers = 1
            var rounds = 0
            let staging = options.output + ".tmp"
            #expect(throws: Stop.self) {
                _ = try PackJob(options).run { _ in
                    rounds += 1
                    throw Stop()
                }
            }
            if Directory.exists(staging) {
                let journal = try InputFile.contents(of: staging + "/journal.jsonl", limit: 1 << 20)
                try AtomicFile.write(Array(journal.prefix(cut)), to: staging + "/journal.jsonl")
            }
            #expect(try PackJob(options).run().fingerprint == whole.fingerprint)
        }
    }

    @Test("a journal that was damaged anywhere is gone on with, or begun again, to the same bytes")
    func damagedJournal() throws {
        let directory = try TemporaryDirectory()
        try fill(directory)
        let whole = try PackJob(options(directory, out: "whole")).run()
        struct Stop: Error {}
        let options = options(directory, out: "out")
        let staging = options.output + ".tmp"
        let kept = try TemporaryDirectory()
        do {
            let header = PackJournal.Header(options: options.record, sources: try PackPlan(options).digest)
            let attempt = try PackAttempt(options.output, header)
            var shards = 0
            let writer = CorpusWriter(
                place: attempt.place, kind: .texts, layout: options.layout, pool: .init(threads: 1)
            ) {
                try attempt.journal.append($0)
                shards += 1
                if shards == 3 { throw Stop() }
            }
            let pool = WorkerPool(threads: 1)
            defer { pool.stop() }
            var run = PackRun(
                options: options, plan: try PackPlan(options), pool: pool, writer: writer, attempt: attempt)
            do { while try run.round() {} } catch is Stop {}
            for name in try Directory.files(below: staging) where name != ".lock" {
                try kept.put(name, InputFile.contents(of: staging + "/" + name, limit: 1 << 24))
            }
        }
        let journal = try InputFile.contents(of: kept("journal.jsonl"), limit: 1 << 24)
        #expect(journal.count { $0 == 10 } == 4)
        var resumed: Set<Int> = []
        for seed in 0..<60 {
            try Directory.remove(options.output)
            for name in try Directory.files(below: kept.path) {
                try directory.put("out.tmp/" + name, InputFile.contents(of: kept(name), limit: 1 << 24))
            }
            try directory.put("out.tmp/journal.jsonl", Corruption.corrupted(journal, seed: seed))
            let report = try PackJob(options).run()
            #expect(report.fingerprint == whole.fingerprint && report.samples == whole.samples, "seed \(seed)")
            resumed.insert(report.resumedShards)
        }
        #expect(resumed.isSuperset(of: [0, 1, 2]), "\(resumed)")
    }

    @Test("a journal line whose numbers no packing could have counted ends the journal")
    func absurdNumbers() throws {
        let directory = try TemporaryDirectory()
        func lines(_ change: (inout PackJournal.Shard) -> Void) throws -> Int? {
            let path = directory("journal.jsonl")
            var shard = PackJournal.Shard(
                row: .init(
                    name: "shard-000000.tar.zst", size: 1, rawSize: 1, sha256: "", frameSamples: [1]),
                table: FileDigest(name: "table-000000.json", sha256: "", size: 1), mark: PackMark())
            change(&shard)
            let journal = try PackJournal(
                path: path, contents: .init(header: .init(options: [], sources: ""), shards: [shard]))
            try journal.append(PackJournal.End(counts: PackCounts(), fingerprint: "f"))
            return try PackJournal.read(path)?.shards.count
        }
        #expect(try lines { _ in } == 1)
        #expect(try lines { $0.mark.position.source = -1 } == 0)
        #expect(try lines { $0.mark.counts.seen = .max } == 0)
        #expect(try lines { $0.row.frameSamples = [.max, .max] } == 0)
        #expect(try lines { $0.row.name = "../shard-000000.tar.zst" } == 0)
        #expect(try lines { $0.mark.totals.members["txt"] = -1 } == 0)
    }
}
