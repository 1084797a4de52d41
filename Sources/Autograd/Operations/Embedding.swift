import Runtime
import Tensors

extension Tape {
    /// The embedding sum of a text: y[t] = word[token t] + position[2 + index of t in its sample] + type (RoBERTa
    /// positions).
    /// - Parameters: tokens `(N)`, offsets `(B + 1)`, word `(V, C)`, position `(2 + longest, C)`, type `(1, C)`.
    /// - Returns: `(N, C)`.
    public func embedding(
        tokens: [Int32], offsets: [Int32], word: Parameter, position: Parameter, type: Parameter
    ) -> Variable {
        let C = word.value.columns
        precondition(
            position.value.columns == C && type.value.columns == C,
            "embedding: word \(word.value.shape), position \(position.value.shape), type \(type.value.shape)")
        let y = variable(rows: tokens.count, columns: C)
        let words = word.value
        let longest = zip(offsets, offsets.dropFirst()).map { Int($1 - $0) }.max() ?? 0
        precondition(
            longest + 2 <= position.value.rows, "a text of \(longest) tokens for \(position.value.rows) positions")
        // Position and type in one table, so that a token costs one sum.
        let places = arena.borrow(rows: longest, columns: C)
        compute {
            for place in 0..<longest {
                sum(
                    position.value.floats + (2 + place) * C, type.value.floats, into: places.floats + place * C,
                    count: C)
            }
        }
        run(offsets.count - 1) { sample, _ in
            let rows = Int(offsets[sample])..<Int(offsets[sample + 1])
            for row in rows {
                let token = Int(tokens[row])
                precondition(token >= 0 && token < words.rows, "token \(token) of a vocabulary of \(words.rows)")
                sum(
                    words.floats + token * C, places.floats + (row - rows.lowerBound) * C,
                    into: y.value.floats + row * C,
                    count: C)
            }
        }
        arena.recycle(places)
        record(y, parameters: [word, position, type]) { [self] dy in
            guard !word.isFrozen else { return }
            let (dWord, dPosition) = (word.gradient.floats, position.gradient.floats)
            addBiasGradient(dy, type)
            // Tasks own columns, so that rows are added in one order whatever the threads.
            forColumnBlocks(of: C) { columns in
                for sample in 0..<offsets.count - 1 {
                    for row in Int(offsets[sample])..<Int(offsets[sample + 1]) {
                        let d = dy.floats + row * C + columns.lowerBound
                        let place = 2 + row - Int(offsets[sample])
                        Tensors.add(d, into: dWord + Int(tokens[row]) * C + columns.lowerBound, count: columns.count)
                        Tensors.add(d, into: dPosition + place * C + columns.lowerBound, count: columns.count)
                    }
                }
            }
        }
        return y
    }

    /// The input of a vision Transformer (Dosovitskiy et al. 2021): per image a class row and P patch rows,
    /// y = [cls; patches·Wᵀ + b] + position.
    /// - Parameters: pixels `(B, S, S, 3)` bytes, weight `(C, 3·p·p)`, bias `(C)`, cls `(C)`, position `(1 + P, C)`.
    /// - Returns: `(B·(1 + P), C)`. Saves the patches `(B·P, 3·p·p)`.
    public func patchEmbedding(
        pixels: [UInt8], size: Int, patch: Int, weight: Parameter, bias: Parameter, cls: Parameter, position: Parameter
    ) -> Variable {
        let C = weight.value.rows
        let P = (size / patch) * (size / patch)
        let B = pixels.count / (3 * size * size)
        precondition(
            size % patch == 0 && weight.value.columns == 3 * patch * patch && position.value.rows == P + 1,
            "patchEmbedding: size \(size), patch \(patch), weight \(weight.value.shape), position \(position.value.shape)"
        )
        let rows = constant(rows: B * P, columns: 3 * patch * patch)
        pixels.withUnsafeBufferPointer { bytes in
            let base = bytes.baseAddress
            run(B) { image, _ in
                guard let base else { return }
                patches(
                    base + image * 3 * size * size, size: size, patch: patch,
                    into: rows.floats + image * P * rows.columns)
            }
        }
        let projected = arena.borrow(rows: B * P, columns: C)
        product(rows, weight, bias, into: projected)
        let y = variable(rows: B * (P + 1), columns: C)
        let (start, places) = (cls.value.floats, position.value.floats)
        run(B) { image, _ in
            let target = y.value.floats + image * (P + 1) * C
            sum(start, places, into: target, count: C)
            sum(projected.floats + image * P * C, places + C, into: target + C, count: P * C)
        }
        arena.recycle(projected)
        if !records { arena.recycle(rows) }
        record(y, parameters: [weight, bias, cls, position]) { [self] dy in
            guard !weight.isFrozen else { return }
            let d = arena.borrow(rows: B * P, columns: C)
            run(B) { image, _ in
                (d.floats + image * P * C).update(from: dy.floats + (image * (P + 1) + 1) * C, count: P * C)
            }
            addWeightGradients(x: rows, dy: d, weight, bias)
            arena.recycle(d)
            let (dCls, dPosition) = (cls.gradient.floats, position.gradient.floats)
            forColumnBlocks(of: C) { columns in
                for image in 0..<B {
                    let source = dy.floats + image * (P + 1) * C + columns.lowerBound
                    Tensors.add(source, into: dCls + columns.lowerBound, count: columns.count)
                    for row in 0...P {
                        Tensors.add(
                            source + row * C, into: dPosition + row * C + columns.lowerBound, count: columns.count)
                    }
                }
            }
        }
        return y
    }
}
