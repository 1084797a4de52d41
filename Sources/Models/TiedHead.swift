import Autograd

/// Tells the row of a table that stood in a place: FC + GELU + LN, then the softmax tied to the table.
struct TiedHead {
    let transform: Linear
    let norm: Norm
    let bias: Parameter

    init(_ list: inout ParameterList, _ name: String, width: Int, classes: Int, epsilon: Float) {
        transform = list.linear("\(name).transform", from: width, to: width)
        norm = list.norm("\(name).norm", width, epsilon: epsilon)
        bias = list.add("\(name).bias", [classes], .constant(0))
    }

    private func transformed(_ hidden: Variable, _ tape: Tape) -> Variable {
        norm(tape.gelu(transform(hidden, tape)), tape)
    }

    /// - Parameters: hidden `(M, C)`, table `(K, C)`.
    /// - Returns: `(M, K)`.
    func logits(_ hidden: Variable, table: Parameter, _ tape: Tape) -> Variable {
        tape.linear(transformed(hidden, tape), table, bias)
    }

    func loss(_ hidden: Variable, table: Parameter, labels: [Int32], scale: Float, _ tape: Tape) -> Double {
        tape.linearCrossEntropy(transformed(hidden, tape), table, bias, labels: labels, scale: scale)
    }
}
