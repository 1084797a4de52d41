import Autograd
import Runtime
import Testing

@testable import Training

@Suite struct ReplicaDigestTests {
    private struct Replica {
        let store: ParameterStore
        let optimizer: Optimizer

        /// Tensors that are cut into several tasks, and one of a single element.
        init() throws {
            let shapes: [(String, [Int])] = [("text.a", [700, 1000]), ("text.b", [1]), ("vision.c", [33])]
            store = try ParameterStore(
                shapes.map { Parameter(name: $0.0, shape: $0.1, initialization: .uniform(magnitude: 1)) }, alignment: 32
            )
            store.initialize(seed: 3)
            optimizer = try Optimizer(
                OptimizerConfig(beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.01, clipNorm: 1), store: store,
                pool: WorkerPool(threads: 1))
            for index in 0..<store.count {
                optimizer.firstMoments[index] = Float(index % 97)
                optimizer.secondMoments[index] = Float(index % 89)
            }
        }

        func digest(threads: Int = 1, batch: UInt64 = 7) -> ReplicaDigest {
            ReplicaDigest(
                optimizer, counters: [("the next batch", batch)], pool: WorkerPool(threads: threads))
        }

        /// What a digest of another state differs in.
        func changes(_ change: (Replica) -> Void) -> [String] {
            let before = digest()
            change(self)
            let after = digest()
            #expect(before.names == after.names && (before.whole == after.whole) == (before.hashes == after.hashes))
            return zip(before.names, zip(before.hashes, after.hashes)).filter { $0.1.0 != $0.1.1 }.map(\.0)
        }
    }

    @Test("equal replicas have equal digests, with any number of threads")
    func equal() throws {
        #expect(try Replica().digest() == Replica().digest(threads: 3))
    }

    @Test("a flipped bit anywhere shows in its tensor, its arena, and nowhere else")
    func flips() throws {
        let replica = try Replica()
        for (parameter, name) in zip(replica.store.parameters, ["text.a", "text.b", "vision.c"]) {
            for (arena, base) in replica.optimizer.arenas {
                for element in [parameter.range.lowerBound, parameter.range.upperBound - 1] {
                    let found = replica.changes { _ in
                        base[element] = Float(bitPattern: base[element].bitPattern ^ 1 << 31)
                    }
                    #expect(found == ["\(arena) of \(name)"])
                }
            }
        }
    }

    @Test("counters of updates and of the run are part of it")
    func counters() throws {
        let replica = try Replica()
        #expect(replica.changes { $0.optimizer.groupSteps[1] += 1 } == ["updates of group vision"])
        #expect(replica.digest(batch: 7).whole != replica.digest(batch: 8).whole)
    }
}
