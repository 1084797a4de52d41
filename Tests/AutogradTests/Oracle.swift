import Autograd
import Glibc

/// An operation in double precision, written down without regard to speed: the output's elements from the inputs.
struct Oracle: Sendable {
    let name: String
    let output: @Sendable (OracleInputs) -> [Double]
}

/// The inputs of an operation as its oracle sees them.
struct OracleInputs {
    var values: [String: [Double]]
    /// The values as they were before any was moved: what a stopped gradient does not see moving.
    let stopped: [String: [Double]]
    let shapes: [String: [Int]]
    /// Numbers without a gradient.
    let fixed: [String: [Double]]
    let integers: [String: [Int32]]
    let bytes: [String: [UInt8]]
    let numbers: [String: Double]
    let layout: OperationLayout

    init(_ instance: OperationInstance) {
        values = Dictionary(
            uniqueKeysWithValues: instance.values.map { ($0.name, $0.elements.map(Double.init)) })
        stopped = values
        shapes = Dictionary(uniqueKeysWithValues: instance.values.map { ($0.name, instance.shape($0.name)) })
        fixed = instance.fixed.mapValues { $0.map(Double.init) }
        integers = instance.integers
        bytes = instance.bytes
        numbers = instance.numbers
        layout = instance.layout
    }

    func matrix(_ name: String) -> Matrix { Matrix(shapes[name]![0], shapes[name]![1], values[name]!) }
    func stoppedMatrix(_ name: String) -> Matrix { Matrix(shapes[name]![0], shapes[name]![1], stopped[name]!) }
    /// A constant in rows of `columns`.
    func constant(_ name: String, columns: Int) -> Matrix {
        Matrix(fixed[name]!.count / columns, columns, fixed[name]!)
    }
    func vector(_ name: String) -> [Double] { values[name]! }
    func number(_ name: String) -> Double { numbers[name]! }
    func rows(_ name: String) -> [Int] { integers[name]!.map(Int.init) }
}

enum Oracles {
    static let all: [String: Oracle] = Dictionary(
        uniqueKeysWithValues: (rows + layers + losses + dictionary + [
            embedding, patchEmbedding, regionEmbedding, attention, attentionDropout,
        ]).map {
            ($0.name, $0)
        })

    static func oracle(_ name: String, _ output: @escaping @Sendable (OracleInputs) -> Matrix) -> Oracle {
        Oracle(name: name) { output($0).elements }
    }

    private static let rows = [
        oracle("add") { $0.matrix("a") + $0.matrix("b") },
        oracle("addDropout") { MaskOracle($0).rows($0.matrix("a")) + $0.matrix("b") },
        oracle("dropout") { MaskOracle($0).rows($0.matrix("x")) },
        oracle("gelu") { $0.matrix("x").map { gelu($0) } },
        // Gated by where x was: a difference across zero is no derivative.
        oracle("relu") { $0.matrix("x") * $0.stoppedMatrix("x").map { $0 > 0 ? 1 : 0 } },
        oracle("product") { $0.matrix("x") * $0.matrix("y") },
        oracle("normalize") { inputs in
            let x = inputs.matrix("x")
            return Matrix(x.rows, x.columns) { row, column in
                x[row, column] / (x[row: row].reduce(1e-12) { $0 + $1 * $1 }).squareRoot()
            }
        },
        oracle("gatherRows") { inputs in
            let (x, rows) = (inputs.matrix("x"), inputs.rows("rows"))
            return Matrix(rows.count, x.columns) { x[rows[$0], $1] }
        },
        oracle("hideRows") { inputs in
            let (x, rows) = (inputs.matrix("x"), Set(inputs.rows("rows")))
            return Matrix(x.rows, x.columns) { rows.contains($0) ? 0 : x[$0, $1] }
        },
        oracle("stackRows") { inputs in
            let (a, b) = (inputs.matrix("a"), inputs.matrix("b"))
            return Matrix(a.rows + b.rows, a.columns, a.elements + b.elements)
        },
        oracle("slice") { inputs in
            let (x, lower) = (inputs.matrix("x"), Int(inputs.number("lower")))
            return Matrix(Int(inputs.number("upper")) - lower, x.columns) { x[lower + $0, $1] }
        },
    ]

    private static let layers = [
        oracle("linear") { inputs in
            inputs.matrix("x").timesTransposed(inputs.matrix("weight")).adding(row: inputs.vector("bias"))
        },
        oracle("feedForward") { inputs in
            let hidden = inputs.matrix("x").timesTransposed(inputs.matrix("up.weight"))
                .adding(row: inputs.vector("up.bias"))
            return hidden.map { gelu($0) }.timesTransposed(inputs.matrix("down.weight"))
                .adding(row: inputs.vector("down.bias"))
        },
        oracle("layerNorm") { norm($0.matrix("x"), $0) },
        oracle("addLayerNorm") { norm($0.matrix("x") + $0.matrix("residual"), $0) },
        oracle("addLayerNormDropout") { norm(MaskOracle($0).rows($0.matrix("x")) + $0.matrix("residual"), $0) },
    ]

    private static let embedding = oracle("embedding") { inputs in
        let (word, position) = (inputs.matrix("word"), inputs.matrix("position"))
        let (tokens, offsets) = (inputs.rows("tokens"), inputs.rows("offsets"))
        return Matrix(tokens.count, word.columns) { row, column in
            let start = offsets.last { $0 <= row }!
            return word[tokens[row], column] + position[2 + row - start, column] + inputs.vector("type")[column]
        }
    }

    private static let regionEmbedding = oracle("regionEmbedding") { inputs in
        let (feature, location) = (inputs.matrix("feature.weight"), inputs.matrix("location.weight"))
        return inputs.constant("features", columns: feature.columns).timesTransposed(feature)
            .adding(row: inputs.vector("feature.bias"))
            + inputs.constant("locations", columns: location.columns).timesTransposed(location)
            .adding(row: inputs.vector("location.bias"))
    }

    private static let patchEmbedding = oracle("patchEmbedding") { inputs in
        let (size, patch) = (Int(inputs.number("image_size")), Int(inputs.number("patch_size")))
        let (weight, position) = (inputs.matrix("weight"), inputs.matrix("position"))
        let (bias, cls, pixels) = (inputs.vector("bias"), inputs.vector("cls"), inputs.bytes["pixels"]!)
        let side = size / patch
        let perImage = side * side + 1
        return Matrix(pixels.count / (3 * size * size) * perImage, weight.rows) { row, channel in
            let (image, place) = (row / perImage, row % perImage)
            guard place > 0 else { return cls[channel] + position[0, channel] }
            let (top, left) = ((place - 1) / side * patch, (place - 1) % side * patch)
            let sum = (0..<3 * patch * patch).reduce(bias[channel]) { sum, i in
                let (color, y, x) = (i / (patch * patch), i / patch % patch, i % patch)
                let byte = pixels[3 * ((image * size + top + y) * size + left + x) + color]
                return sum + weight[channel, i] * (Double(byte) / 255 - 0.5) / 0.5
            }
            return sum + position[place, channel]
        }
    }

    static func gelu(_ x: Double) -> Double { 0.5 * x * erfc(-x / 2.0.squareRoot()) }

    private static func norm(_ x: Matrix, _ inputs: OracleInputs) -> Matrix {
        let (weight, bias, epsilon) = (inputs.vector("weight"), inputs.vector("bias"), inputs.number("epsilon"))
        var y = x
        for row in 0..<x.rows {
            let mean = x[row: row].reduce(0, +) / Double(x.columns)
            let variance = x[row: row].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.columns)
            for column in 0..<x.columns {
                let hat = (x[row, column] - mean) / (variance + epsilon).squareRoot()
                y[row, column] = hat * weight[column] + bias[column]
            }
        }
        return y
    }
}
