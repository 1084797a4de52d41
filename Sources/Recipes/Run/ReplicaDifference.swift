/// Replicas that are not the same: which of them, and in what.
struct ReplicaDifference: CustomStringConvertible {
    let step: Int
    /// What each hash is of.
    let names: [String]
    /// By rank.
    let hashes: [[UInt64]]
    let hosts: [String]

    /// Numbers of the hashes that not all ranks share.
    private var differing: [Int] { names.indices.filter { index in hashes.contains { $0[index] != hashes[0][index] } } }

    /// Ranks that differ from most in hash `index`; nil where no value is more frequent than all others.
    private func minority(_ index: Int) -> [Int]? {
        let groups = Dictionary(grouping: hashes.indices) { hashes[$0][index] }.values.sorted { $0.count > $1.count }
        guard groups.count > 1, groups[0].count > groups[1].count else { return nil }
        return groups.dropFirst().flatMap { $0 }.sorted()
    }

    var description: String {
        let differing = differing
        var parts: [Int: [Int]] = [:]
        var undecided: [Int] = []
        for index in differing {
            guard let ranks = minority(index) else {
                undecided.append(index)
                continue
            }
            for rank in ranks { parts[rank, default: []].append(index) }
        }
        var sentences = parts.sorted { $0.key < $1.key }.map { rank, indices in
            "rank \(rank) on \(hosts[rank]) has other bits than most in \(listed(indices))"
        }
        if let first = undecided.first {
            let groups = Dictionary(grouping: hashes.indices) { hashes[$0][first] }.values.sorted { $0[0] < $1[0] }
            let sides = groups.map { ranks in
                "\(rankList(ranks)) on \(Set(ranks.map { hosts[$0] }).sorted().joined(separator: ", "))"
            }
            sentences.append(
                "\(sides.joined(separator: " and ")) differ in \(listed(undecided)); with no majority "
                    + "nothing tells which is right")
        }
        return "after step \(step) the replicas differ: \(sentences.joined(separator: "; ")). Memory or a processor "
            + "changed bits, or builds differ; nothing was saved since they were last the same: test that host's memory, "
            + "leave it out, and start again to resume from the last checkpoint"
    }

    private func listed(_ indices: [Int]) -> String {
        let shown = 4
        let more = indices.count > shown ? " and \(indices.count - shown) more" : ""
        return indices.prefix(shown).map { names[$0] }.joined(separator: ", ") + more
    }
}
