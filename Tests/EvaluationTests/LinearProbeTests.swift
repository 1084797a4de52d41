import Evaluation
import Runtime
import Testing
import Tensors

@Suite("Linear probes") struct LinearProbeTests {
    init() { MatrixLibrary.configure() }

    /// Points around `classes` centres, features of very different sizes; and their classes.
    private func points(_ count: Int, classes: Int, width: Int, spread: Float, seed: Int) -> (
        rows: [Float], labels: [Int]
    ) {
        var centres = RandomKey(seed: 3, purpose: .test).stream
        let middle = (0..<classes * width).map { _ in 2 * centres.uniform() - 1 }
        var stream = RandomKey(seed: UInt64(seed), purpose: .test).stream
        var (rows, labels): ([Float], [Int]) = ([], [])
        for number in 0..<count {
            let label = number % classes
            for feature in 0..<width {
                let noise = spread * (stream.uniform() + stream.uniform() - 1)
                rows.append((middle[label * width + feature] + noise) * (feature % 2 == 0 ? 1000 : 0.001) + 7)
            }
            labels.append(label)
        }
        return (rows, labels)
    }

    @Test("what can be separated is, whatever the features' sizes, also one that never changes")
    func separates() throws {
        let pool = WorkerPool(threads: 2)
        defer { pool.stop() }
        var (fitted, asked) = (
            points(300, classes: 5, width: 12, spread: 0.2, seed: 1),
            points(100, classes: 5, width: 12, spread: 0.2, seed: 2)
        )
        for place in stride(from: 0, to: fitted.rows.count, by: 12) { fitted.rows[place] = 4 }
        for place in stride(from: 0, to: asked.rows.count, by: 12) { asked.rows[place] = 4 }
        let probe = try LinearProbe(fitted.rows, labels: fitted.labels, classes: 5, pool: pool)
        #expect(try probe.predictions(asked.rows, pool: pool) == asked.labels)
    }

    @Test("labels that have nothing to do with the features are guessed, not known")
    func knowsNothingOfNoise() throws {
        let pool = WorkerPool(threads: 1)
        defer { pool.stop() }
        var stream = RandomKey(seed: 9, purpose: .test).stream
        let fitted = points(1000, classes: 4, width: 8, spread: 1, seed: 1).rows
        let asked = points(1000, classes: 4, width: 8, spread: 1, seed: 2).rows
        let labels = (0..<1000).map { _ in stream.integer(below: 4) }
        let others = (0..<1000).map { _ in stream.integer(below: 4) }
        let probe = try LinearProbe(fitted, labels: labels, classes: 4, pool: pool)
        let hits = zip(try probe.predictions(asked, pool: pool), others).count { $0 == $1 }
        #expect((180...320).contains(hits), "\(hits) of 1000")
    }

    @Test("any number of threads finds the same classes")
    func threadsAgree() throws {
        let (one, four) = (WorkerPool(threads: 1), WorkerPool(threads: 4))
        defer {
            one.stop()
            four.stop()
        }
        let fitted = points(400, classes: 6, width: 40, spread: 1.5, seed: 1)
        let asked = points(200, classes: 6, width: 40, spread: 1.5, seed: 2)
        let a = try LinearProbe(fitted.rows, labels: fitted.labels, classes: 6, pool: one).predictions(
            asked.rows, pool: one)
        let b = try LinearProbe(fitted.rows, labels: fitted.labels, classes: 6, pool: four).predictions(
            asked.rows, pool: four)
        #expect(a == b)
    }
}
