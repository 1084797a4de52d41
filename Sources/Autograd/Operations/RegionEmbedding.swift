import Runtime
import Tensors

extension Tape {
    /// The sum that stands for a region (UNIMO §3.1): y = f·W_fᵀ + b_f + l·W_lᵀ + b_l.
    /// - Parameters:
    ///   - features: f, `(N, F)`. - locations: l, `(N, S)`. - feature: `(C, F)` and `(C)`. - location: `(C, S)` and `(C)`.
    /// - Returns: `(N, C)`. Saves f and l, which have no gradient.
    public func regionEmbedding(
        features: [Float], locations: [Float], feature: (weight: Parameter, bias: Parameter),
        location: (weight: Parameter, bias: Parameter)
    ) -> Variable {
        let f = constant(features, columns: feature.weight.value.columns)
        let l = constant(locations, columns: location.weight.value.columns)
        precondition(
            f.rows == l.rows && feature.weight.value.rows == location.weight.value.rows,
            "regionEmbedding: features \(f.shape), locations \(l.shape)")
        let y = variable(rows: f.rows, columns: feature.weight.value.rows)
        product(f, feature.weight, feature.bias, into: y.value)
        let places = arena.borrow(rows: l.rows, columns: y.columns)
        product(l, location.weight, location.bias, into: places)
        forBlocks(of: y.rows) { rows in
            let (part, place) = (y.value.rows(rows), places.rows(rows))
            Tensors.add(UnsafePointer(place.floats), into: part.floats, count: part.count)
        }
        arena.recycle(places)
        if !records { [f, l].forEach(arena.recycle) }
        record(y, parameters: [feature.weight, feature.bias, location.weight, location.bias]) { [self] dy in
            addWeightGradients(x: f, dy: dy, feature.weight, feature.bias)
            addWeightGradients(x: l, dy: dy, location.weight, location.bias)
        }
        return y
    }

    /// Values from outside the tape, in the arena.
    func constant(_ elements: [Float], columns: Int) -> Tensor {
        precondition(elements.count % columns == 0, "\(elements.count) values in rows of \(columns)")
        let tensor = constant(rows: elements.count / columns, columns: columns)
        compute {
            elements.withUnsafeBufferPointer { source in
                if let base = source.baseAddress { tensor.floats.update(from: base, count: elements.count) }
            }
        }
        return tensor
    }

    /// Memory for values from outside the tape: kept where backward needs them, else to be given back.
    func constant(rows: Int, columns: Int) -> Tensor {
        records ? arena.push(rows: rows, columns: columns) : arena.borrow(rows: rows, columns: columns)
    }
}
