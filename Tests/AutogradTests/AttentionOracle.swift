import Autograd
import Glibc
import Runtime

extension Oracles {
    static let attention = Oracle(name: "attention") { attend($0, mask: nil).elements }
    static let attentionDropout = Oracle(name: "attentionDropout") {
        attend($0, mask: MaskOracle($0)).elements
    }

    private static func attend(_ inputs: OracleInputs, mask: MaskOracle?) -> Matrix {
        let (qkv, heads) = (inputs.matrix("qkv"), Int(inputs.number("heads")))
        var y = Matrix(qkv.rows, qkv.columns / 3) { _, _ in 0 }
        for sample in inputs.layout.plan.samples {
            var before = 0
            for block in sample.blocks {
                let keys = block.keys.flatMap { Array($0) }
                for head in 0..<heads {
                    for (index, query) in block.queries.enumerated() {
                        let visible = block.isCausal ? keys.count - block.queries.count + index + 1 : keys.count
                        let first = before + (head * block.queries.count + index) * MaskOracle.stride(keys.count)
                        attendRow(qkv, heads, head, query, Array(keys[..<visible]), into: &y) { key in
                            mask?.factor(position: sample.position, element: first + key) ?? 1
                        }
                    }
                }
                before += heads * block.queries.count * MaskOracle.stride(keys.count)
            }
        }
        return y
    }

    private static func attendRow(
        _ qkv: Matrix, _ heads: Int, _ head: Int, _ query: Int, _ keys: [Int], into y: inout Matrix,
        mask: (Int) -> Double
    ) {
        let C = qkv.columns / 3
        let D = C / heads
        let scores = keys.map { key in
            (0..<D).reduce(0) { $0 + qkv[query, head * D + $1] * qkv[key, C + head * D + $1] } / Double(D).squareRoot()
        }
        let total = scores.reduce(0) { $0 + exp($1) }
        for (index, key) in keys.enumerated() {
            let probability = exp(scores[index]) / total * mask(index)
            for d in 0..<D { y[query, head * D + d] += probability * qkv[key, 2 * C + head * D + d] }
        }
    }
}

/// Dropout's mask, one element at a time, by the words of the scalar generator.
struct MaskOracle {
    private let inputs: OracleInputs

    init(_ inputs: OracleInputs) { self.inputs = inputs }

    static func stride(_ columns: Int) -> Int { (columns + 63) / 64 * 64 }

    /// 0 or 1 / (1 − rate) for an element of the sample at `position`.
    func factor(position: Int, element: Int) -> Double {
        let key = RandomKey(
            seed: UInt64(inputs.number("seed")), batch: Int(inputs.number("batch")), position: position,
            purpose: .dropout(site: Int(inputs.number("site"))))
        let place = element % 64
        let lane = place % 16
        let block = key.block(UInt32(element / 64 * 8 + lane / 2))
        let word = block[place / 32 * 2 + lane % 2]
        let draw = place % 32 < 16 ? word & 0xffff : word >> 16
        let threshold = (inputs.number("rate") * 65536).rounded(.down)
        return Double(draw) < threshold ? 0 : 65536 / (65536 - threshold)
    }

    /// mask · x for rows of samples.
    func rows(_ x: Matrix) -> Matrix {
        var y = x
        for sample in inputs.layout.samples {
            for row in sample.rows {
                let first = (sample.first + row - sample.rows.lowerBound) * Self.stride(x.columns)
                for column in 0..<x.columns {
                    y[row, column] *= factor(position: sample.position, element: first + column)
                }
            }
        }
        return y
    }
}
