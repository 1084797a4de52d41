import Glibc

extension Oracles {
    static let dictionary = [
        oracle("lookUp") { inputs in
            let (table, rows) = (inputs.matrix("table"), inputs.rows("rows"))
            return Matrix(rows.count, table.columns) { table[rows[$0], $1] }
        },
        Oracle(name: "dictionaryLoss") { inputs in
            let (patches, tokens) = (inputs.rows("patch_bounds"), inputs.rows("token_bounds"))
            let samples = patches.count / 2
            let G = inputs.matrix("chosen").rows / samples
            var loss = 0.0
            for sample in 0..<samples {
                func inputRows(_ x: Matrix, _ y: Matrix) -> Matrix {
                    stack(
                        rows(patches[2 * sample]..<patches[2 * sample + 1], of: x),
                        rows(tokens[2 * sample]..<tokens[2 * sample + 1], of: y))
                }
                let codes = sample * G..<(sample + 1) * G
                loss += dictionaryLoss(
                    inputRows(inputs.matrix("patches"), inputs.matrix("tokens")),
                    target: inputRows(inputs.stoppedMatrix("patches"), inputs.stoppedMatrix("tokens")),
                    rows(codes, of: inputs.matrix("chosen")),
                    codeTarget: rows(codes, of: inputs.stoppedMatrix("chosen")),
                    inputs)
            }
            return [loss]
        },
    ]

    /// Both parts of one sample, times their scales.
    private static func dictionaryLoss(
        _ x: Matrix, target: Matrix, _ g: Matrix, codeTarget: Matrix, _ inputs: OracleInputs
    ) -> Double {
        let sharpness = inputs.vector("sharpness")[0]
        let s = x.timesTransposed(g).map { 1 / (1 + exp(-sharpness * $0)) }
        var (reconstruction, commitment) = (0.0, 0.0)
        for i in 0..<x.rows {
            let total = s[row: i].reduce(0, +)
            for c in 0..<x.columns {
                let mixture = (0..<g.rows).reduce(0.0) { $0 + s[i, $1] * g[$1, c] } / total
                reconstruction += (mixture - target[i, c]) * (mixture - target[i, c])
            }
        }
        for k in 0..<g.rows {
            let total = (0..<x.rows).reduce(0.0) { $0 + s[$1, k] }
            for c in 0..<x.columns {
                let mixture = (0..<x.rows).reduce(0.0) { $0 + s[$1, k] * x[$1, c] } / total
                commitment += (mixture - codeTarget[k, c]) * (mixture - codeTarget[k, c])
            }
        }
        return reconstruction * inputs.number("reconstruction") + commitment * inputs.number("commitment")
    }

    private static func rows(_ range: Range<Int>, of x: Matrix) -> Matrix {
        Matrix(range.count, x.columns) { x[range.lowerBound + $0, $1] }
    }

    private static func stack(_ x: Matrix, _ y: Matrix) -> Matrix {
        Matrix(x.rows + y.rows, x.columns, x.elements + y.elements)
    }
}
