import Rehearsal
import Runtime
import Testing
import Vision

@testable import Corpora

@Suite struct SceneExportTests {
    @Test("exported corpora hold what is rendered on demand, for any number of workers, and share no scene")
    func export() throws {
        let directory = try TemporaryDirectory()
        var fingerprints: [[String]] = []
        for (name, threads) in [("one", 1), ("two", 3)] {
            let export = SceneExport(directory: directory(name), seed: 6, count: 300, heldOut: 20, side: 16)
            let pool = WorkerPool(threads: threads)
            defer { pool.stop() }
            var seen: [Int] = []
            try export.run(pool: pool) { done, total in
                seen.append(done)
                #expect(total == 920)
            }
            #expect(seen.last == 920)
            fingerprints.append(
                try export.parts.map { try ShardCorpus(directory: directory("\(name)/\($0.name)")).fingerprint })
        }
        #expect(fingerprints[0] == fingerprints[1])
        let pairs = try ShardCorpus(directory: directory("one/pairs"))
        let scenes = SceneCorpus(name: "pairs", kind: .pairs, settings: SceneSettings(seed: 6, count: 300, side: 16))
        #expect(pairs.count == 300)
        for index in [0, 1, 299] {
            let sample = try pairs.read(index)
            #expect(sample.key == scenes.key(index))
            #expect(try sample.text == scenes.read(index).text)
            #expect(try decodeImage(try #require(sample.image).bytes) == scenes.image(index))
        }
        let images = try ShardCorpus(directory: directory("one/images"))
        #expect(try images.key(0) == "train-00000300")
        #expect(try ShardCorpus(directory: directory("one/held-out")).key(19) == "held-out-00000019")
    }
}
