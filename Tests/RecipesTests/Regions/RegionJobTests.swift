import Checkpoints
import Corpora
import Curation
import Models
import Rehearsal
import Runtime
import Storage
import Testing

@testable import Recipes

/// Corpora of regions that an encoder makes of images.
@Suite struct RegionJobTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try writeCheckpoint(.tinyUNIMO2, to: directory("encoder"))
    }

    private func options(_ images: String, out: String) -> RegionOptions {
        var options = RegionOptions(images: images, encoder: directory("encoder"), output: directory(out))
        options.grid = 3
        options.classes = 5
        return options
    }

    private func make(_ images: String, out: String, _ change: (inout RegionOptions) -> Void = { _ in }) throws
        -> RegionReport
    {
        var options = options(images, out: out)
        change(&options)
        return try RegionJob(options).run()
    }

    @Test("a sample has a region for each cell, boxes as fractions, classes that add up to one, and its captions")
    func contents() throws {
        let report = try make("scenes:70:3:2:train", out: "regions")
        #expect(report.samples == 70 && report.regions == 630 && report.width == 32 && report.resumed == 0)
        let corpus = try ShardCorpus(directory: directory("regions"))
        let scenes = try #require(try SceneCorpus(named: "scenes:70:3:2:train", kind: .pairs, side: 24))
        #expect(corpus.kind == .regions && corpus.index.madeFrom == ["source": scenes.fingerprint])
        var usage = ClassUsage(classes: 5)
        let boxes = try PatchGrid(side: 6, cells: 3).boxes
        for index in 0..<70 {
            let (sample, scene) = (try corpus.read(index), try scenes.read(index))
            #expect(sample.key == scene.key && sample.key.hasPrefix("train-"))
            #expect(sample.text == scene.text && sample.image == nil)
            let regions = try RegionSet(sample)
            #expect(regions.width == 1 && regions.height == 1 && regions.features.shape == [9, 32])
            #expect(regions.features.element == .float32 && regions.boxes.floats == boxes)
            let classes = try #require(regions.classes).floats
            for row in 0..<9 { #expect(abs(classes[5 * row..<5 * row + 5].reduce(0, +) - 1) < 1e-5) }
            usage.add(classes)
        }
        let found = try #require(report.usage)
        #expect(found.used == usage.used && found.perplexity == usage.perplexity && found.used > 1)
        let verified = try CorpusVerifier(directory: directory("regions"), contents: ContentLimits()).run()
        #expect(verified.isSound && verified.samples == 70)
        #expect(try RegionClassFile(path: try #require(report.classFile)).classes.count == 5)
    }

    @Test("features are the encoder's, whatever else goes along; half precision is near")
    func features() throws {
        _ = try make("scenes:9:3", out: "whole")
        let half = try make("scenes:9:3", out: "half") {
            $0.halvesFeatures = true
            $0.keepsImages = true
        }
        #expect(half.samples == 9)
        let (whole, other) = (
            try ShardCorpus(directory: directory("whole")), try ShardCorpus(directory: directory("half"))
        )
        for index in 0..<9 {
            let (a, b) = (try RegionSet(whole.read(index)), try RegionSet(other.read(index)))
            #expect(b.features.element == .float16 && b.classes?.element == .float16)
            #expect(zip(a.features.floats, b.features.floats).allSatisfy { abs($0 - $1) < 2e-3 })
            #expect(try other.read(index).image?.name == "png")
        }
    }

    @Test("1 and 4 workers, and an attempt that is stopped anywhere and repeated, give the same bytes")
    func sameBytes() throws {
        let small: (inout RegionOptions) -> Void = {
            $0.frameSize = 64 << 10
            $0.shardSize = 100 << 10
        }
        let whole = try make("scenes:600:5", out: "one", small)
        let four = try make("scenes:600:5", out: "four") {
            small(&$0)
            $0.workers = 4
        }
        #expect(whole.fingerprint == four.fingerprint)
        #expect(
            try directory.bytes("one.classes.safetensors") == directory.bytes("four.classes.safetensors"))
        #expect(try ShardCorpus(directory: directory("one")).index.shards.count > 5)
        struct Stop: Error {}
        var resumed: Set<Int> = []
        for (what, stop) in [
            ("passes", 2), ("samples", 1), ("samples", 3), ("samples", 4), ("samples", 5), ("samples", 6),
        ] {
            var calls = 0
            let cut = "cut-\(what)-\(stop)"
            var options = options("scenes:600:5", out: cut)
            small(&options)
            options.workers = stop % 2 + 1
            #expect(throws: Stop.self) {
                _ = try RegionJob(options).run(progress: { counted, _, _ in
                    guard counted.hasPrefix(what) else { return }
                    calls += 1
                    if calls == stop { throw Stop() }
                })
            }
            #expect(!Directory.exists(directory(cut)))
            let report = try make("scenes:600:5", out: cut, small)
            #expect(report.fingerprint == whole.fingerprint)
            resumed.insert(report.resumed)
        }
        #expect(resumed.count > 2, "attempts were gone on with after \(resumed)")
    }

    @Test("ranges that begin and end anywhere give the samples that the whole gives")
    func ranges() throws {
        let pool = WorkerPool(threads: 2)
        let encoder = try RegionEncoder(path: directory("encoder"), cells: 2, pool: pool)
        let source = RegionSource(try #require(try SceneCorpus(named: "scenes:130:5", kind: .pairs, side: 24)), encoder)
        let maker = RegionMaker(source: source, classes: nil, options: options("", out: "x"))
        let whole = try maker.samples(0..<130)
        for range in [0..<1, 54..<57, 3..<125, 129..<130] {
            #expect(try maker.samples(range) == Array(whole[range]))
        }
    }

    @Test("another corpus gets the same classes from the file, whatever its own would be")
    func classesFrom() throws {
        let first = try make("scenes:60:5:1-3:train", out: "train")
        let file = try #require(first.classFile)
        let second = try make("scenes:60:5:1-3:train", out: "again") { $0.classesFrom = file }
        #expect(second.fingerprint == first.fingerprint && second.classFile == file)
        let other = try make("scenes:20:9", out: "held-out") { $0.classesFrom = file }
        #expect(other.classes == 5 && !Directory.exists(directory("held-out.classes.safetensors")))
        let classes = try RegionClassFile(path: file).classes
        let regions = try RegionSet(ShardCorpus(directory: directory("held-out")).read(7))
        let pool = WorkerPool(threads: 1)
        let expected = try classes.distributions(of: regions.features.floats, pool: pool)
        let found = try #require(regions.classes).floats
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 })
        try writeCheckpoint(.tinyUNIMO2, seed: 2, to: directory("other-encoder"))
        #expect(throws: RegionError.self) {
            try make("scenes:20:9", out: "refused") {
                $0.classesFrom = file
                $0.encoder = directory("other-encoder")
            }
        }
    }

    @Test("classes that lie there for other images are not taken, and not overwritten")
    func staleClasses() throws {
        _ = try make("scenes:60:5", out: "regions")
        try Directory.remove(directory("regions"))
        let before = try directory.bytes("regions.classes.safetensors")
        #expect(throws: RegionError.self) { try make("scenes:60:6", out: "regions") }
        #expect(try directory.bytes("regions.classes.safetensors") == before)
        #expect(try make("scenes:60:5", out: "regions").samples == 60)
    }

    @Test("regions come without classes too")
    func withoutClasses() throws {
        let report = try make("scenes:20:5", out: "regions") { $0.classes = 0 }
        #expect(report.usage == nil && report.classFile == nil)
        #expect(!Directory.exists(directory("regions.classes.safetensors")))
        #expect(try RegionSet(ShardCorpus(directory: directory("regions")).read(3)).classes == nil)
    }

    @Test(
        "a model without a visual encoder, a grid that cuts patches, other kinds and a place that is taken are refused")
    func refused() throws {
        try writeCheckpoint(.tinyUNIMO, to: directory("unimo"))
        do {
            _ = try make("scenes:20:5", out: "regions") { $0.encoder = directory("unimo") }
            Issue.record("a UNIMO was taken")
        } catch let error as CheckpointError {
            #expect(error.description.contains("expected a model with a visual encoder, found UNIMO"))
        }
        #expect(throws: RegionError.grid(4, patches: 6)) { try make("scenes:20:5", out: "regions") { $0.grid = 4 } }
        #expect(throws: RegionError.tooFew(regions: 18, classes: 40)) {
            try make("scenes:2:5", out: "regions") { $0.classes = 40 }
        }
        #expect(throws: RecipeContradiction.self) { try make("scenes:20:5:4", out: "regions") }
        _ = try make("scenes:20:5", out: "regions")
        #expect(throws: RecipeContradiction.self) { try make(directory("regions"), out: "more") }
        #expect(throws: CorpusError.exists(path: directory("regions"))) { try make("scenes:20:5", out: "regions") }
        #expect(!Directory.exists(directory("more.tmp")) && !Directory.exists(directory("regions.tmp")))
    }
}
