extension OperationTable {
    /// The grounded dictionary.
    static let dictionary: [OperationCase] = [
        OperationCase(
            "lookUp",
            [
                .parameter("table", [13, 37], [2048, C]),
                .integers("rows") { $0 == .small ? [3, 11, 0, 3, 12] : scattered(G * B, below: 2048) },
            ],
            work: .memory(forward: bytes(2 * B * G * C), backward: bytes(3 * B * G * C))
        ) { tape, inputs in
            .rows(tape.lookUp(inputs.parameter("table"), inputs.integers("rows")))
        },
        OperationCase(
            "dictionaryLoss",
            [
                .variable("patches", [10, 7], [B * 197, C]), .variable("tokens", [11, 7], [B * 20, C]),
                .variable("chosen", [12, 7], [B * G, C], deviation: 0.5),
                .parameter("sharpness", [1], [1], deviation: 0, mean: 1.3),
                .integers("patch_bounds") { $0 == .small ? [1, 5, 5, 5, 6, 10] : bounds(197) },
                .integers("token_bounds") { $0 == .small ? [1, 3, 4, 9, 10, 10] : bounds(20) },
            ],
            work: .arithmetic(forward: 8 * product(B * 215, G, C), backward: 0),
            numbers: { _ in ["reconstruction": 0.125, "commitment": 0.0625] }
        ) { tape, inputs in
            let (patches, tokens) = (inputs.integers("patch_bounds"), inputs.integers("token_bounds"))
            let samples = (0..<patches.count / 2).map { sample in
                DictionaryRows(patches: range(patches, sample), tokens: range(tokens, sample))
            }
            let parts = tape.dictionaryLoss(
                patches: inputs.variable("patches"), tokens: inputs.variable("tokens"), samples,
                chosen: inputs.variable("chosen"), sharpness: inputs.parameter("sharpness"),
                DictionaryScales(
                    reconstruction: Float(inputs.number("reconstruction")),
                    commitment: Float(inputs.number("commitment"))))
            return .loss(parts.reconstruction + parts.commitment)
        },
    ]

    /// Samples and grounded tokens of the large shapes.
    private static let (B, G) = (8, 100)

    private static func range(_ bounds: [Int32], _ sample: Int) -> Range<Int> {
        Int(bounds[2 * sample])..<Int(bounds[2 * sample + 1])
    }

    /// First and one past the last row of every sample of `rows` rows, without its class row.
    private static func bounds(_ rows: Int) -> [Int32] {
        (0..<B).flatMap { [Int32($0 * rows + 1), Int32(($0 + 1) * rows)] }
    }
}
