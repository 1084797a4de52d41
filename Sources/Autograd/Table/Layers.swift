import Tensors

extension OperationTable {
    /// Linear layers and norms.
    static let layers: [OperationCase] = [
        OperationCase(
            "linear",
            [
                .variable("x", [7, 19], [N, C]), .parameter("weight", [83, 19], [3 * C, C]),
                .parameter("bias", [83], [3 * C]),
            ],
            work: .arithmetic(forward: product(N, 3 * C, C), backward: 2 * product(N, 3 * C, C))
        ) { tape, inputs in
            .rows(tape.linear(inputs.variable("x"), inputs.parameter("weight"), inputs.parameter("bias")))
        },
        OperationCase(
            "feedForward",
            [
                .variable("x", [5, 19], [N, C]), .parameter("up.weight", [45, 19], [F, C]),
                .parameter("up.bias", [45], [F]), .parameter("down.weight", [21, 45], [C, F]),
                .parameter("down.bias", [21], [C]),
            ],
            work: .arithmetic(forward: 2 * product(N, F, C), backward: 4 * product(N, F, C))
        ) { tape, inputs in
            .rows(
                tape.feedForward(
                    inputs.variable("x"), up: inputs.parameter("up.weight"), upBias: inputs.parameter("up.bias"),
                    down: inputs.parameter("down.weight"), downBias: inputs.parameter("down.bias")))
        },
        OperationCase(
            "layerNorm",
            [
                .variable("x", [5, 37], [N, C], deviation: 2, mean: 0.5),
                .parameter("weight", [37], [C], mean: 1), .parameter("bias", [37], [C]),
            ],
            work: .memory(forward: bytes(2 * N * C), backward: bytes(3 * N * C)), numbers: { _ in ["epsilon": 1e-5] }
        ) { tape, inputs in
            .rows(
                tape.layerNorm(
                    inputs.variable("x"), inputs.parameter("weight"), inputs.parameter("bias"),
                    epsilon: Float(inputs.number("epsilon"))))
        },
        OperationCase(
            "addLayerNorm", residualNorm,
            work: .memory(forward: bytes(4 * N * C), backward: bytes(4 * N * C)), numbers: { _ in ["epsilon": 1e-5] }
        ) { tape, inputs in
            .rows(
                tape.addLayerNorm(
                    inputs.variable("x"), residual: inputs.variable("residual"), inputs.parameter("weight"),
                    inputs.parameter("bias"), epsilon: Float(inputs.number("epsilon"))))
        },
        OperationCase(
            "addLayerNormDropout", residualNorm,
            work: .memory(forward: bytes(4 * N * C), backward: bytes(4 * N * C)),
            numbers: { _ in dropoutNumbers.merging(["epsilon": 1e-5]) { $1 } }, layout: { dropoutRows($0) }
        ) { tape, inputs in
            .rows(
                tape.addLayerNorm(
                    inputs.variable("x"), residual: inputs.variable("residual"), inputs.parameter("weight"),
                    inputs.parameter("bias"), epsilon: Float(inputs.number("epsilon")), dropout: inputs.dropoutSite))
        },
    ]

    private static let residualNorm: [OperationInput] = [
        .variable("x", [5, 37], [N, C]), .variable("residual", [5, 37], [N, C], deviation: 2),
        .parameter("weight", [37], [C], mean: 1), .parameter("bias", [37], [C]),
    ]
}
