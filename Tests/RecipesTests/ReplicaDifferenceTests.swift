import Testing

@testable import Recipes

@Suite struct ReplicaDifferenceTests {
    private func text(_ hashes: [[UInt64]]) -> String {
        ReplicaDifference(
            step: 200, names: ["weights of a", "exp_avg of a", "the next batch"], hashes: hashes,
            hosts: hashes.indices.map { "node\($0)" }
        ).description
    }

    @Test("the rank that differs from most is named with its host and the tensors")
    func minority() {
        let text = text([[1, 2, 3], [1, 2, 3], [1, 7, 9], [1, 2, 3]])
        #expect(text.contains("after step 200 the replicas differ"))
        #expect(text.contains("rank 2 on node2 has other bits than most in exp_avg of a, the next batch."))
        #expect(!text.contains("rank 0 ") && !text.contains("weights of a"))
    }

    @Test("several ranks that differ, each in something of its own, are all named")
    func several() {
        let text = text([[1, 2, 3], [5, 2, 3], [1, 7, 3], [1, 2, 3], [1, 2, 3]])
        #expect(text.contains("rank 1 on node1 has other bits than most in weights of a;"))
        #expect(text.contains("rank 2 on node2 has other bits than most in exp_avg of a."))
    }

    @Test("without a majority both sides are named, and it is said that nothing tells which is right")
    func undecided() {
        let pair = text([[1, 2, 3], [4, 2, 3]])
        #expect(pair.contains("rank 0 on node0 and rank 1 on node1 differ in weights of a; with no majority"))
        let halves = text([[1, 2, 3], [1, 2, 3], [9, 2, 3], [9, 2, 3]])
        #expect(halves.contains("ranks 0 and 1 on node0, node1 and ranks 2 and 3 on node2, node3 differ in"))
        #expect(text([[1, 2, 3], [4, 2, 3], [5, 2, 3]]).contains("no majority"))
    }
}
