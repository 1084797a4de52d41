extension OperationTable {
    /// What turns tokens and pixels into rows.
    static let embeddings: [OperationCase] = [
        OperationCase(
            "embedding",
            [
                .integers("tokens") { scattered($0 == .small ? 11 : N, below: $0 == .small ? 13 : V) },
                .integers("offsets") { $0 == .small ? [0, 4, 5, 11] : (0...8).map { Int32($0 * 128) } },
                .parameter("word", [13, 37], [V, C]), .parameter("position", [9, 37], [514, C]),
                .parameter("type", [1, 37], [1, C]),
            ],
            work: .memory(forward: bytes(3 * N * C), backward: bytes(5 * N * C))
        ) { tape, inputs in
            .rows(
                tape.embedding(
                    tokens: inputs.integers("tokens"), offsets: inputs.integers("offsets"),
                    word: inputs.parameter("word"), position: inputs.parameter("position"),
                    type: inputs.parameter("type")))
        },
        OperationCase(
            "regionEmbedding",
            [
                .constant("features", [7, 19], [1010, 2048]), .constant("locations", [7, 5], [1010, 5]),
                .parameter("feature.weight", [11, 19], [C, 2048]), .parameter("feature.bias", [11], [C]),
                .parameter("location.weight", [11, 5], [C, 5]), .parameter("location.bias", [11], [C]),
            ],
            work: .arithmetic(forward: product(1010, C, 2053), backward: product(1010, C, 2053))
        ) { tape, inputs in
            .rows(
                tape.regionEmbedding(
                    features: inputs.constant("features"), locations: inputs.constant("locations"),
                    feature: (inputs.parameter("feature.weight"), inputs.parameter("feature.bias")),
                    location: (inputs.parameter("location.weight"), inputs.parameter("location.bias"))))
        },
        OperationCase(
            "patchEmbedding",
            [
                .bytes("pixels", [2, 6, 6, 3], [8, 224, 224, 3]), .parameter("weight", [21, 27], [C, C]),
                .parameter("bias", [21], [C]), .parameter("cls", [21], [C]),
                .parameter("position", [5, 21], [197, C]),
            ],
            work: .arithmetic(forward: product(8 * 196, C, C), backward: product(8 * 196, C, C)),
            numbers: {
                $0 == .small ? ["image_size": 6, "patch_size": 3] : ["image_size": 224, "patch_size": 16]
            }
        ) { tape, inputs in
            .rows(
                tape.patchEmbedding(
                    pixels: inputs.bytes("pixels"), size: Int(inputs.number("image_size")),
                    patch: Int(inputs.number("patch_size")), weight: inputs.parameter("weight"),
                    bias: inputs.parameter("bias"), cls: inputs.parameter("cls"),
                    position: inputs.parameter("position")))
        },
    ]
}
