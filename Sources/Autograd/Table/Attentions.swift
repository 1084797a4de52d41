extension OperationTable {
    /// Attention, with and without dropout of the probabilities.
    static let attentions: [OperationCase] = [
        OperationCase(
            "attention", [.variable("qkv", [30, 18], [N, 3 * C], deviation: 1.5)], work: attentionWork,
            numbers: { heads($0) }, layout: { OperationLayout(plan: attentionPlan($0)) }
        ) { tape, inputs in
            .rows(
                tape.attention(
                    inputs.variable("qkv"), heads: Int(inputs.number("heads")), plan: inputs.layout.plan))
        },
        OperationCase(
            "attentionDropout", [.variable("qkv", [30, 18], [N, 3 * C], deviation: 1.5)], work: attentionWork,
            numbers: { heads($0).merging(dropoutNumbers) { $1 } },
            layout: { OperationLayout(plan: attentionPlan($0)) }
        ) { tape, inputs in
            .rows(
                tape.attention(
                    inputs.variable("qkv"), heads: Int(inputs.number("heads")), plan: inputs.layout.plan,
                    dropout: inputs.dropout, site: inputs.site))
        },
    ]

    private static let sampleLength = 128

    private static func heads(_ size: OperationSize) -> [String: Double] { ["heads": size == .small ? 2 : 12] }

    /// Two products forward; the scores again and four more backward.
    private static let attentionWork = OperationWork.arithmetic(
        forward: 2 * product(N, sampleLength, C), backward: 5 * product(N, sampleLength, C))

    /// Small: a sample of two parts that see each other, one that sees a part of itself, a causal one, and rows that
    /// nobody asks for. Large: samples of 128 rows that see themselves.
    private static func attentionPlan(_ size: OperationSize) -> AttentionPlan {
        guard size == .small else {
            let parts = stride(from: 0, to: N, by: sampleLength).map { [$0..<$0 + sampleLength] }
            return .full(parts, positions: Array(2..<2 + parts.count))
        }
        return AttentionPlan([
            AttentionPlan.Sample(
                blocks: [
                    AttentionPlan.Block(queries: 0..<4, keys: [0..<4, 9..<24]),
                    AttentionPlan.Block(queries: 9..<24, keys: [0..<4, 9..<24]),
                ], position: 2),
            AttentionPlan.Sample(
                blocks: [AttentionPlan.Block(queries: 4..<9, keys: [4..<7])], position: 3),
            AttentionPlan.Sample(
                blocks: [AttentionPlan.Block(queries: 24..<29, keys: [24..<29], causal: true)], position: 5),
        ])
    }
}
