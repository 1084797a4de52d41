import Tensors

extension OperationTable {
    /// Losses: a number, whose gradients are there when forward is done.
    static let losses: [OperationCase] = [
        OperationCase(
            "linearCrossEntropy",
            [
                .variable("h", [5, 7], [M, C]), .parameter("weight", [83, 7], [V, C], deviation: 0.5),
                .parameter("bias", [83], [V]),
                .integers("labels") { scattered($0 == .small ? 5 : M, below: $0 == .small ? 83 : V) },
            ],
            work: .arithmetic(forward: 3 * product(M, V, C), backward: 0), numbers: { _ in ["scale": 0.125] }
        ) { tape, inputs in
            .loss(
                tape.linearCrossEntropy(
                    inputs.variable("h"), inputs.parameter("weight"), inputs.parameter("bias"),
                    labels: inputs.integers("labels"), scale: Float(inputs.number("scale"))))
        },
        OperationCase(
            "squaredDistance", [.variable("y", [5, 37], [M, 2048]), .constant("targets", [5, 37], [M, 2048])],
            work: .memory(forward: bytes(3 * M * 2048), backward: 0), numbers: { _ in ["scale": 0.125] }
        ) { tape, inputs in
            .loss(
                tape.squaredDistance(
                    inputs.variable("y"), targets: inputs.constant("targets"), scale: Float(inputs.number("scale"))))
        },
        OperationCase(
            "softCrossEntropy", [.variable("y", [5, 37], [M, 1601]), .constant("targets", [5, 37], [M, 1601])],
            work: .memory(forward: bytes(3 * M * 1601), backward: 0), numbers: { _ in ["scale": 0.125] }
        ) { tape, inputs in
            .loss(
                tape.softCrossEntropy(
                    inputs.variable("y"), targets: inputs.constant("targets"), scale: Float(inputs.number("scale"))))
        },
        OperationCase(
            "candidateContrast",
            [
                .variable("u", [6, 7], [512, 256], deviation: 0.3),
                .variable("v", [6, 7], [512, 256], deviation: 0.3),
                .integers("images") { $0 == .small ? [0, 2, 3, 4, 0, 1, 5] : (0..<512).map { $0 } },
                .integers("texts") { $0 == .small ? [0, 2, 3, 0, 4, 1, 5] : (0..<512).map { $0 } },
                .integers("positive") {
                    $0 == .small ? [1, 1, 0, 1, 0, 1, 0] : (0..<512).map { $0 % 16 == 0 ? 1 : 0 }
                },
                .integers("offsets") { $0 == .small ? [0, 5, 7] : (0...32).map { $0 * 16 } },
                .parameter("temperature", [1], [1], deviation: 0, mean: 0.09),
            ],
            work: .memory(forward: bytes(6 * 512 * 256), backward: 0), numbers: { _ in ["scale": 0.125] }
        ) { tape, inputs in
            let (images, texts) = (inputs.integers("images"), inputs.integers("texts"))
            let candidates = zip(zip(images, texts), inputs.integers("positive")).map {
                ContrastCandidate(image: $0.0, text: $0.1, isPositive: $1 == 1)
            }
            return .loss(
                tape.candidateContrast(
                    images: inputs.variable("u"), texts: inputs.variable("v"), candidates,
                    offsets: inputs.integers("offsets").map(Int.init), temperature: inputs.parameter("temperature"),
                    scale: Float(inputs.number("scale"))))
        },
        OperationCase(
            "imageTextContrastive",
            [
                .variable("u", [5, 7], [256, C], deviation: 0.3), .variable("v", [5, 7], [256, C], deviation: 0.3),
                .parameter("temperature", [1], [1], deviation: 0, mean: 0.09),
            ],
            work: .arithmetic(forward: 6 * product(256, 256, C), backward: 0)
        ) { tape, inputs in
            let (u, v) = (inputs.variable("u"), inputs.variable("v"))
            let temperature = inputs.parameter("temperature")
            let operations = ContrastiveLoss(tape)
            let (loss, slope) = operations.pairs(
                u: u.value, v: v.value, temperature: operations.value(of: temperature), own: 0..<u.rows,
                du: tape.contribution(to: u).gradient, dv: tape.contribution(to: v).gradient)
            operations.add(Float(slope), toGradientOf: temperature)
            return .loss(loss)
        },
        OperationCase(
            "imageContrastive", [.variable("z", [10, 7], [256, C], deviation: 0.3)],
            work: .arithmetic(forward: 3 * product(256, 256, C), backward: 0), numbers: { _ in ["temperature": 0.1] }
        ) { tape, inputs in
            let z = inputs.variable("z")
            let gradient = tape.contribution(to: z).gradient
            let B = z.rows / 2
            return .loss(
                ContrastiveLoss(tape).views(
                    first: z.value.rows(0..<B), second: z.value.rows(B..<2 * B),
                    temperature: Float(inputs.number("temperature")), own: 0..<B, dFirst: gradient.rows(0..<B),
                    dSecond: gradient.rows(B..<2 * B)))
        },
    ]
}
