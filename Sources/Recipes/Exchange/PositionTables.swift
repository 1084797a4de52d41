import Glibc

/// Position tables of a model that was made for other lengths or image sizes, brought to this one's.
enum PositionTables {
    /// - Parameters:
    ///   - name: of the parameter; only tables of positions are ever changed.
    ///   - found, wanted: shapes `(positions, C)` in the checkpoint and in the model.
    /// - Returns: how to change the checkpoint's numbers and what to call that; nil when nothing sensible can be done.
    static func change(
        _ name: String, from found: [Int], to wanted: [Int]
    ) -> (apply: ([Float]) -> [Float], note: String)? {
        guard found.count == 2, wanted.count == 2, found[1] == wanted[1] else { return nil }
        switch name {
        case "text.position" where found[0] > wanted[0]:
            return ({ Array($0.prefix(wanted[0] * wanted[1])) }, "the first \(wanted[0]) of \(found[0]) positions")
        case "vision.position":
            guard let a = side(found[0]), let b = side(wanted[0]) else { return nil }
            return (
                { $0.prefix(found[1]) + bicubic(Array($0.dropFirst(found[1])), side: a, to: b, columns: found[1]) },
                "\(a) × \(a) positions resampled to \(b) × \(b), bicubic"
            )
        default: return nil
        }
    }

    /// Side of the square grid of patches behind the class row.
    private static func side(_ rows: Int) -> Int? {
        let side = Int(Double(max(rows - 1, 0)).squareRoot().rounded())
        return side > 0 && side * side == rows - 1 ? side : nil
    }

    /// Resamples a grid by cubic convolution (Keys 1981, a = −3/4), pixel centres aligned and edges repeated: what
    /// `transformers` does with the positions of a ViT.
    /// - Parameter grid: `(side · side, columns)`.
    /// - Returns: `(target · target, columns)`.
    static func bicubic(_ grid: [Float], side: Int, to target: Int, columns: Int) -> [Float] {
        precondition(grid.count == side * side * columns, "\(grid.count) numbers for a grid of \(side) × \(side)")
        let taps = (0..<target).map { self.taps(of: $0, side: side, target: target) }
        var result = [Float](repeating: 0, count: target * target * columns)
        for y in 0..<target {
            for x in 0..<target {
                let start = (y * target + x) * columns
                for vertical in taps[y] {
                    for horizontal in taps[x] {
                        let weight = vertical.weight * horizontal.weight
                        let source = (vertical.place * side + horizontal.place) * columns
                        for column in 0..<columns { result[start + column] += weight * grid[source + column] }
                    }
                }
            }
        }
        return result
    }

    /// The four places of a line of `side` from which place `index` of `target` is made, and their weights.
    private static func taps(of index: Int, side: Int, target: Int) -> [(place: Int, weight: Float)] {
        let centre = (Double(index) + 0.5) * Double(side) / Double(target) - 0.5
        let first = Int(centre.rounded(.down))
        let fraction = centre - Double(first)
        return (-1...2).map { offset in
            (min(max(first + offset, 0), side - 1), Float(kernel(abs(Double(offset) - fraction))))
        }
    }

    private static func kernel(_ x: Double) -> Double {
        let a = -0.75
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
    }
}
