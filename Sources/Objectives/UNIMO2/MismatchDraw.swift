import Autograd
import Batches
import Glibc
import Runtime
import Tensors

/// The captions of a global batch as numbers that ranks can gather: per sample the length, then the token ids (exact in
/// Float32 below 2²⁴).
struct OfferedCaptions {
    /// `(B, 1 + longest)`.
    private let numbers: Tensor

    init(_ numbers: Tensor) { self.numbers = numbers }

    static func tensor(_ text: TextRows, longest: Int, _ tape: Tape) -> Tensor {
        let tensor = tape.arena.push(rows: text.offsets.count - 1, columns: 1 + longest)
        tape.compute { fill(tensor, with: text, longest: longest) }
        return tensor
    }

    private static func fill(_ tensor: Tensor, with text: TextRows, longest: Int) {
        let count = tensor.rows
        tensor.fill(0)
        for sample in 0..<count {
            let tokens = text.tokens[Int(text.offsets[sample])..<Int(text.offsets[sample + 1])]
            precondition(tokens.count <= longest, "a caption of \(tokens.count) tokens, at most \(longest)")
            let row = tensor.floats + sample * tensor.columns
            row[0] = Float(tokens.count)
            for (column, token) in tokens.enumerated() { row[1 + column] = Float(token) }
        }
    }

    var count: Int { numbers.rows }

    subscript(sample: Int) -> [Int32] {
        let row = numbers.floats + sample * numbers.columns
        return (0..<Int(row[0])).map { Int32(row[1 + $0]) }
    }

    func areEqual(_ a: Int, _ b: Int) -> Bool {
        let (x, y) = (numbers.floats + a * numbers.columns, numbers.floats + b * numbers.columns)
        return x[0] == y[0] && (0..<Int(x[0])).allSatisfy { x[1 + $0] == y[1 + $0] }
    }
}

/// Which sample's caption stands beside an image: a function of the batch and the position, whatever the rank.
struct MismatchDraw {
    let captions: OfferedCaptions
    let share: Float
    let random: RandomKey
    /// Embeddings of images and texts, `(B, C)` unit rows, and τ.
    let similarity: (images: Tensor, texts: Tensor, temperature: Float)?

    /// `position` itself for a match. A caption equal to the image's own is no mismatch: the next sample's is taken, and
    /// where all captions are equal the image keeps its own.
    func donor(of position: Int) -> Int {
        var key = random
        key.position = UInt32(position)
        var stream = key.stream
        guard stream.uniform() < share, captions.count > 1 else { return position }
        let drawn = similarity == nil ? uniform(position, &stream) : similar(position, &stream)
        return (0..<captions.count).map { (drawn + $0) % captions.count }
            .first { $0 != position && !captions.areEqual($0, position) } ?? position
    }

    private func uniform(_ position: Int, _ stream: inout RandomStream) -> Int {
        (position + 1 + stream.integer(below: captions.count - 1)) % captions.count
    }

    private func similar(_ position: Int, _ stream: inout RandomStream) -> Int {
        guard let (images, texts, temperature) = similarity else { return position }
        let C = images.columns
        let scores = (0..<captions.count).map { other in
            dot(images.floats + position * C, texts.floats + other * C, count: C) / temperature
        }
        let others = scores.indices.filter { $0 != position && !captions.areEqual($0, position) }
        guard let largest = others.map({ scores[$0] }).max() else { return position }
        let weights = others.map { exp(Double(scores[$0] - largest)) }
        var u = Double(stream.uniform()) * weights.reduce(0, +)
        for (other, weight) in zip(others, weights) {
            u -= weight
            if u < 0 { return other }
        }
        return others[others.count - 1]
    }
}
