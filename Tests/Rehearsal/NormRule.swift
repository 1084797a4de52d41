/// How far gradients may be from a reference: ‖g − r‖ ≤ tolerance · max(‖r‖, 1e-6 · ‖all of r‖) for every tensor.
public struct NormRule {
    /// The tensor that is furthest from its reference.
    public let worst: String
    /// Its ‖g − r‖ / max(‖r‖, 1e-6 · ‖all of r‖); infinite when a number is not finite or a tensor is missing.
    public let ratio: Double

    public init(_ found: [String: [Double]], reference: [String: [Double]]) {
        let all = reference.values.reduce(0) { $0 + NormRule.squares($1) }.squareRoot()
        var worst = (name: "", ratio: 0.0)
        for (name, expected) in reference.sorted(by: { $0.key < $1.key }) {
            let ratio = NormRule.ratio(found[name], expected, floor: 1e-6 * all)
            if !(ratio <= worst.ratio) { worst = (name, ratio) }
        }
        self.worst = worst.name
        ratio = worst.ratio.isNaN ? .infinity : worst.ratio
    }

    public init(_ found: [String: [Float]], reference: [String: [Float]]) {
        self.init(found.mapValues { $0.map(Double.init) }, reference: reference.mapValues { $0.map(Double.init) })
    }

    private static func squares(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }

    private static func ratio(_ found: [Double]?, _ expected: [Double], floor: Double) -> Double {
        guard let found, found.count == expected.count else { return .infinity }
        let difference = squares(zip(found, expected).map { $0 - $1 }).squareRoot()
        let scale = max(squares(expected).squareRoot(), floor)
        return difference == 0 ? 0 : difference / scale
    }
}
