import Runtime
import Tensors

/// The rows from which one sample draws its grounded tokens: patch rows of the visual encoder's output and token rows of the
/// text encoder's, without their class rows. One of the two may be empty.
public struct DictionaryRows: Sendable, Equatable {
    public let patches: Range<Int>
    public let tokens: Range<Int>

    public init(patches: Range<Int>, tokens: Range<Int>) {
        self.patches = patches
        self.tokens = tokens
    }

    /// L, inputs of the dictionary.
    public var count: Int { patches.count + tokens.count }
}

/// How a code's score is accumulated over a sample's inputs.
public enum DictionaryScores: String, Sendable, Equatable, Codable, CaseIterable {
    /// ½ (mean over patches + mean over tokens) where there are both: each modality has half the say.
    case balanced
    /// The sum over all inputs, as released: the many patches outvote the few tokens.
    case summed
}

extension Tape {
    /// The codes that stand for each sample (UNIMO-2 §3.2): of sigmoid(γ · x_i · e_j), accumulated over a sample's inputs i,
    /// the G largest. A sample's choice depends on its own rows alone, and has no gradient.
    /// - Parameters:
    ///   - patches: `(·, C)` or nil. - tokens: `(·, C)` or nil. - codes: `(K, C)`. - sharpness: γ, one number.
    /// - Returns: `(B · G)` rows of `codes`, ascending within a sample; of equal scores the lower row wins.
    public func chooseCodes(
        patches: Variable?, tokens: Variable?, _ samples: [DictionaryRows], codes: Parameter, sharpness: Parameter,
        count G: Int, scores: DictionaryScores
    ) -> [Int32] {
        let (K, C) = (codes.value.rows, codes.value.columns)
        precondition(G > 0 && G <= K, "\(G) of \(K) codes cannot be chosen")
        precondition(
            (patches?.columns ?? C) == C && (tokens?.columns ?? C) == C,
            "inputs \(patches?.value.shape ?? "-"), \(tokens?.value.shape ?? "-") for codes \(codes.value.shape)")
        let longest = samples.map { max($0.patches.count, $0.tokens.count) }.max() ?? 0
        let products = arena.borrow(rows: pool.threads * longest, columns: K)
        let sums = arena.borrow(rows: pool.threads * 2, columns: K)
        var chosen = [Int32](repeating: 0, count: samples.count * G)
        compute {
            let choice = CodeChoice(codes: codes.value, sharpness: sharpness.value.floats[0], scores: scores)
            chosen.withUnsafeMutableBufferPointer { chosen in
                nonisolated(unsafe) let chosen = chosen
                pool.run(samples.count) { sample, worker in
                    choice.choose(
                        samples[sample], patches?.value, tokens?.value,
                        products: products.floats + worker * longest * K, sums: sums.floats + worker * 2 * K,
                        into: UnsafeMutableBufferPointer(rebasing: chosen[sample * G..<(sample + 1) * G]))
                }
            }
        }
        arena.recycle(sums)
        arena.recycle(products)
        onChoice?("codes", chosen)
        return chosen
    }

    /// y[i] = table[rows[i]]; rows may repeat.
    /// - Parameters: table `(K, C)`, rows `(M)`.
    /// - Returns: `(M, C)`.
    public func lookUp(_ table: Parameter, _ rows: [Int32]) -> Variable {
        let C = table.value.columns
        let y = variable(rows: rows.count, columns: C)
        compute {
            for (i, row) in rows.enumerated() {
                precondition(row >= 0 && Int(row) < table.value.rows, "row \(row) of \(table.value.shape)")
                (y.value.floats + i * C).update(from: table.value.floats + Int(row) * C, count: C)
            }
        }
        record(y, parameters: [table]) { [self] dy in
            guard !table.isFrozen else { return }
            let d = table.gradient.floats
            // Tasks own columns, so that rows are added in one order whatever the threads.
            forColumnBlocks(of: C) { columns in
                for (i, row) in rows.enumerated() {
                    Tensors.add(
                        dy.floats + i * C + columns.lowerBound, into: d + Int(row) * C + columns.lowerBound,
                        count: columns.count)
                }
            }
        }
        return y
    }
}

/// The choice of one sample's codes.
private struct CodeChoice {
    let codes: Tensor
    let sharpness: Float
    let scores: DictionaryScores

    /// - Parameters: products, sums: scratch of the longest part's rows and of two rows, K columns each.
    func choose(
        _ rows: DictionaryRows, _ patches: Tensor?, _ tokens: Tensor?, products: UnsafeMutablePointer<Float>,
        sums: UnsafeMutablePointer<Float>, into chosen: UnsafeMutableBufferPointer<Int32>
    ) {
        let K = codes.rows
        sums.update(repeating: 0, count: 2 * K)
        accumulate(patches, rows.patches, products, into: sums)
        accumulate(tokens, rows.tokens, products, into: sums + K)
        if scores == .balanced {
            scale(sums, by: 1 / Float(max(rows.patches.count, 1)), count: K)
            scale(sums + K, by: 1 / Float(max(rows.tokens.count, 1)), count: K)
        }
        add(sums + K, into: sums, count: K)
        selectLargest(UnsafeBufferPointer(start: sums, count: K), into: chosen)
    }

    private func accumulate(
        _ x: Tensor?, _ rows: Range<Int>, _ products: UnsafeMutablePointer<Float>,
        into sums: UnsafeMutablePointer<Float>
    ) {
        guard let x, !rows.isEmpty else { return }
        let K = codes.rows
        multiply(
            m: rows.count, n: K, k: codes.columns, Operand(x.rows(rows)), Operand(codes, transposed: true), beta: 0,
            into: products, cStride: K)
        for row in 0..<rows.count { accumulateSigmoid(products + row * K, sharpness: sharpness, into: sums, count: K) }
    }
}

/// The places of the largest values, ascending; of equal values the earlier place wins. A not-a-number counts as smallest.
package func selectLargest(_ values: UnsafeBufferPointer<Float>, into places: UnsafeMutableBufferPointer<Int32>) {
    var places = places
    // A heap of the best so far with the worst of them on top.
    func isWorse(_ a: Int32, _ b: Int32) -> Bool {
        let (x, y) = (ordered(values[Int(a)]), ordered(values[Int(b)]))
        return x < y || (x == y && a > b)
    }
    func ordered(_ x: Float) -> Float { x == x ? x : -.infinity }
    func sink(_ start: Int, _ count: Int) {
        var parent = start
        while 2 * parent + 1 < count {
            var child = 2 * parent + 1
            if child + 1 < count && isWorse(places[child + 1], places[child]) { child += 1 }
            guard isWorse(places[child], places[parent]) else { return }
            places.swapAt(parent, child)
            parent = child
        }
    }
    let count = places.count
    for place in 0..<count { places[place] = Int32(place) }
    for start in stride(from: count / 2 - 1, through: 0, by: -1) { sink(start, count) }
    for place in count..<values.count where isWorse(places[0], Int32(place)) {
        places[0] = Int32(place)
        sink(0, count)
    }
    places.sort()
}
