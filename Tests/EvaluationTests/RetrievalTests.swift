import Evaluation
import Runtime
import Testing

@Suite struct RetrievalTests {
    private func report(images: [[Float]], texts: [[Float]]) throws -> RetrievalReport {
        var embeddings = PairEmbeddings(width: images[0].count)
        embeddings.append(
            images: images.flatMap { $0 }, texts: texts.flatMap { $0 }, keys: images.indices.map(String.init))
        return try RetrievalReport(embeddings, pool: WorkerPool(threads: 1))
    }

    @Test("a perfect model finds everything, and chance is k over candidates")
    func perfect() throws {
        let axes = (0..<20).map { row in (0..<20).map { Float($0 == row ? 1 : 0) } }
        let found = try report(images: axes, texts: axes)
        #expect(found.imageToText == Recall(r1: 1, r5: 1, r10: 1))
        #expect(found.textToImage == Recall(r1: 1, r5: 1, r10: 1))
        #expect(found.chance == Recall(r1: 0.05, r5: 0.25, r10: 0.5))
    }

    @Test("ties count against the model: one constant vector retrieves nothing")
    func tiesLose() throws {
        let same = (0..<20).map { _ in [Float(0.6), 0.8] }
        let found = try report(images: same, texts: same)
        #expect(found.imageToText == Recall(r1: 0, r5: 0, r10: 0))
        #expect(found.textToImage == Recall(r1: 0, r5: 0, r10: 0))
    }

    @Test("vectors that are not numbers retrieve nothing")
    func notANumberLoses() throws {
        let broken = (0..<12).map { _ in [Float.nan, 0] }
        let found = try report(images: broken, texts: broken)
        #expect(found.imageToText.r10 == 0 && found.textToImage.r10 == 0)
    }

    @Test("the two directions are measured apart")
    func directions() throws {
        // The first image is every text's nearest; each image's nearest text is its own.
        let images: [[Float]] = [[2, 2], [1, 0], [0, 1]]
        let texts: [[Float]] = [[1, 1], [1, 0], [0, 1]]
        let found = try report(images: images, texts: texts)
        #expect(found.textToImage.r1 == 1.0 / 3)
        #expect(found.imageToText.r1 > found.textToImage.r1 - 1e-9)
    }

    @Test("more candidates than a block are ranked as one set")
    func blocks() throws {
        let count = 600
        let images = (0..<count).map { [Float($0), 1] }
        let texts = (0..<count).map { [Float($0), -0.5 * Float($0) * Float($0)] }
        // score(i, j) = i·j − j²/2 is largest at j = i.
        let found = try report(images: images, texts: texts)
        #expect(found.imageToText.r1 == 1)
        #expect(found.candidates == count)
    }
}
