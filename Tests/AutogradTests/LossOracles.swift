import Glibc

extension Oracles {
    static let losses = [
        Oracle(name: "linearCrossEntropy") { inputs in
            let logits = inputs.matrix("h").timesTransposed(inputs.matrix("weight")).adding(row: inputs.vector("bias"))
            return [crossEntropy(logits, inputs.rows("labels")) * inputs.number("scale")]
        },
        Oracle(name: "squaredDistance") { inputs in
            let distances = zip(inputs.vector("y"), inputs.fixed["targets"]!).map { ($0 - $1) * ($0 - $1) }
            return [distances.reduce(0, +) * inputs.number("scale")]
        },
        Oracle(name: "softCrossEntropy") { inputs in
            let y = inputs.matrix("y")
            let targets = inputs.constant("targets", columns: y.columns)
            return [
                (0..<y.rows).reduce(0) { sum, row in
                    sum
                        + (0..<y.columns).reduce(0) {
                            $0 + targets[row, $1] * (log(targets[row, $1]) + crossEntropy(y, row, $1))
                        }
                } * inputs.number("scale")
            ]
        },
        Oracle(name: "candidateContrast") { inputs in
            let (u, v, offsets) = (inputs.matrix("u"), inputs.matrix("v"), inputs.rows("offsets"))
            let scores = zip(inputs.rows("images"), inputs.rows("texts")).map { image, text in
                exp(zip(u[row: image], v[row: text]).reduce(0) { $0 + $1.0 * $1.1 } / inputs.vector("temperature")[0])
            }
            let positives = zip(scores, inputs.rows("positive")).map { $1 == 1 ? $0 : 0 }
            let losses = zip(offsets, offsets.dropFirst()).map {
                -log(positives[$0..<$1].reduce(0, +) / scores[$0..<$1].reduce(0, +))
            }
            return [losses.reduce(0, +) * inputs.number("scale")]
        },
        Oracle(name: "imageTextContrastive") { inputs in
            let (u, v) = (inputs.matrix("u"), inputs.matrix("v"))
            let scale = 1 / inputs.vector("temperature")[0]
            let scores = u.timesTransposed(v).map { $0 * scale }
            let reverse = v.timesTransposed(u).map { $0 * scale }
            let diagonal = Array(0..<u.rows)
            return [(crossEntropy(scores, diagonal) + crossEntropy(reverse, diagonal)) / Double(2 * u.rows)]
        },
        Oracle(name: "imageContrastive") { inputs in
            let z = inputs.matrix("z")
            var scores = z.timesTransposed(z).map { $0 / inputs.number("temperature") }
            for row in 0..<z.rows { scores[row, row] = -.infinity }
            let other = (0..<z.rows).map { ($0 + z.rows / 2) % z.rows }
            return [crossEntropy(scores, other) / Double(z.rows)]
        },
    ]

    /// Σ −log softmax(row)[label].
    private static func crossEntropy(_ logits: Matrix, _ labels: [Int]) -> Double {
        labels.enumerated().reduce(0) { $0 + crossEntropy(logits, $1.offset, $1.element) }
    }

    /// −log softmax(row)[label].
    private static func crossEntropy(_ logits: Matrix, _ row: Int, _ label: Int) -> Double {
        let row = logits[row: row]
        let largest = row.max()!
        return largest + log(row.reduce(0) { $0 + exp($1 - largest) }) - row[label]
    }
}
