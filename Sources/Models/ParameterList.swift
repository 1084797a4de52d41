public import Autograd

/// Declares the parameters of a model in forward order.
public struct ParameterList {
    public private(set) var parameters: [Parameter] = []
    /// Of what matrices and tables are drawn from.
    let deviation: Float

    /// - Parameter deviation: of what matrices and tables are drawn from; nil for BERT's.
    public init(deviation: Float? = nil) { self.deviation = deviation ?? 0.02 }

    mutating func add(_ name: String, _ shape: [Int], _ initialization: Initialization) -> Parameter {
        let parameter = Parameter(name: name, shape: shape, initialization: initialization)
        parameters.append(parameter)
        return parameter
    }

    /// A matrix or table, drawn as BERT draws, with another deviation where one is given.
    mutating func matrix(_ name: String, _ shape: [Int], deviation: Float? = nil) -> Parameter {
        add(name, shape, .truncatedNormal(deviation: deviation ?? self.deviation))
    }

    mutating func linear(_ name: String, from input: Int, to output: Int) -> Linear {
        Linear(
            weight: matrix("\(name).weight", [output, input]), bias: add("\(name).bias", [output], .constant(0)))
    }

    mutating func norm(_ name: String, _ width: Int, epsilon: Float) -> Norm {
        Norm(
            weight: add("\(name).weight", [width], .constant(1)), bias: add("\(name).bias", [width], .constant(0)),
            epsilon: epsilon)
    }
}

/// y = x·Wᵀ + b.
struct Linear {
    let weight: Parameter
    let bias: Parameter

    func callAsFunction(_ x: Variable, _ tape: Tape) -> Variable { tape.linear(x, weight, bias) }
}

/// Layer normalisation with its parameters.
struct Norm {
    let weight: Parameter
    let bias: Parameter
    let epsilon: Float

    func callAsFunction(_ x: Variable, _ tape: Tape) -> Variable { tape.layerNorm(x, weight, bias, epsilon: epsilon) }
}
