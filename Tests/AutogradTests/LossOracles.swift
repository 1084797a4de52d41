import Glibc

extension Oracles {
    static let losses = [
        Oracle(name: "linearCrossEntropy") { inputs in
            let logits = inputs.matrix("h").timesTransposed(inputs.matrix("weight")).adding(row: inputs.vector("bias"))
            return [crossEntropy(logits, inputs.rows("labels")) * inputs.number("scale")]
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
        labels.enumerated().reduce(0) { sum, item in
            let row = logits[row: item.offset]
            let largest = row.max()!
            return sum + largest + log(row.reduce(0) { $0 + exp($1 - largest) }) - row[item.element]
        }
    }
}
