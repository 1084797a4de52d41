extension OperationTable {
    /// Element by element and row by row, without parameters.
    static let rowOperations: [OperationCase] = [
        OperationCase(
            "add", [.variable("a", [5, 37], [N, C]), .variable("b", [5, 37], [N, C])],
            work: .memory(forward: bytes(3 * N * C), backward: bytes(2 * N * C))
        ) { tape, inputs in
            .rows(tape.add(inputs.variable("a"), residual: inputs.variable("b")))
        },
        OperationCase(
            "addDropout", [.variable("a", [5, 37], [N, C]), .variable("b", [5, 37], [N, C])],
            work: .memory(forward: bytes(5 * N * C), backward: bytes(2 * N * C)),
            numbers: { _ in dropoutNumbers }, layout: { dropoutRows($0) }
        ) { tape, inputs in
            .rows(tape.add(inputs.variable("a"), residual: inputs.variable("b"), dropout: inputs.dropoutSite))
        },
        OperationCase(
            "dropout", [.variable("x", [5, 37], [N, C])],
            work: .memory(forward: bytes(2 * N * C), backward: bytes(2 * N * C)),
            numbers: { _ in dropoutNumbers }, layout: { dropoutRows($0) }
        ) { tape, inputs in
            .rows(tape.dropout(inputs.variable("x"), inputs.dropoutSite))
        },
        OperationCase(
            "gelu", [.variable("x", [5, 37], [N, F], deviation: 2)],
            work: .memory(forward: bytes(2 * N * F), backward: bytes(3 * N * F))
        ) { tape, inputs in
            .rows(tape.gelu(inputs.variable("x")))
        },
        OperationCase(
            "normalize", [.variable("x", [5, 37], [N, C], deviation: 3)],
            work: .memory(forward: bytes(2 * N * C), backward: bytes(4 * N * C))
        ) { tape, inputs in
            .rows(tape.normalize(inputs.variable("x")))
        },
        OperationCase(
            "gatherRows",
            [
                .variable("x", [9, 37], [N, C]),
                .integers("rows") { $0 == .small ? [6, 0, 3, 3, 1] : scattered(M, below: N) },
            ],
            work: .memory(forward: bytes(2 * M * C), backward: bytes(N * C, 3 * M * C))
        ) { tape, inputs in
            .rows(tape.gatherRows(inputs.variable("x"), inputs.integers("rows")))
        },
        OperationCase(
            "hideRows",
            [
                .variable("x", [9, 37], [N, C]),
                .integers("rows") { $0 == .small ? [6, 0, 3] : (0..<Int32(N / 7)).map { 7 * $0 } },
            ],
            work: .memory(forward: bytes(2 * N * C), backward: bytes(N * C))
        ) { tape, inputs in
            .rows(tape.hideRows(inputs.variable("x"), inputs.integers("rows")))
        },
        OperationCase(
            "stackRows", [.variable("a", [3, 37], [N, C]), .variable("b", [5, 37], [N, C])],
            work: .memory(forward: bytes(4 * N * C), backward: bytes(4 * N * C))
        ) { tape, inputs in
            .rows(tape.stackRows([inputs.variable("a"), inputs.variable("b")]))
        },
        OperationCase(
            "product", [.variable("x", [5, 37], [N, C]), .variable("y", [5, 37], [N, C])],
            work: .memory(forward: bytes(3 * N * C), backward: bytes(6 * N * C))
        ) { tape, inputs in
            .rows(tape.product(inputs.variable("x"), inputs.variable("y")))
        },
        OperationCase(
            "relu", [.variable("x", [5, 37], [N, C])],
            work: .memory(forward: bytes(2 * N * C), backward: bytes(3 * N * C))
        ) { tape, inputs in
            .rows(tape.relu(inputs.variable("x")))
        },
        OperationCase(
            "slice", [.variable("x", [9, 37], [N, C])],
            work: .memory(forward: bytes(0), backward: bytes(N * C, 3 * N / 2 * C)),
            numbers: {
                $0 == .small ? ["lower": 2, "upper": 7] : ["lower": Double(N / 4), "upper": Double(3 * N / 4)]
            }
        ) { tape, inputs in
            .rows(tape.slice(inputs.variable("x"), Int(inputs.number("lower"))..<Int(inputs.number("upper"))))
        },
    ]

    static func dropoutRows(_ size: OperationSize) -> OperationLayout {
        OperationLayout(samples: size == .small ? samples(5, length: 3) : samples(N, length: 128))
    }
}
