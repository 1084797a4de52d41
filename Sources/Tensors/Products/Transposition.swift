/// Sixteen vectors, transposed by four rounds of a perfect shuffle.
struct Square {
    typealias Rows = (
        Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes
    )
    var rows: Rows

    /// 16 rows of 16 numbers, `stride` numbers from row to row; rows from `count` on repeat the last one.
    @inline(__always) init(_ p: UnsafePointer<Float>, stride: Int, count: Int) {
        @inline(__always) func row(_ index: Int) -> Lanes { .load(p + min(index, count - 1) * stride) }
        rows = (
            row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7), row(8), row(9), row(10), row(11), row(12),
            row(13), row(14), row(15)
        )
    }

    @inline(__always) mutating func transpose() {
        for _ in 0..<4 { shuffle() }
    }

    /// Row i and row i + 8 become, interleaved, rows 2i and 2i + 1.
    @inline(__always) private mutating func shuffle() {
        let r = rows
        rows = (
            interleaved(r.0.lowHalf, r.8.lowHalf), interleaved(r.0.highHalf, r.8.highHalf),
            interleaved(r.1.lowHalf, r.9.lowHalf), interleaved(r.1.highHalf, r.9.highHalf),
            interleaved(r.2.lowHalf, r.10.lowHalf), interleaved(r.2.highHalf, r.10.highHalf),
            interleaved(r.3.lowHalf, r.11.lowHalf), interleaved(r.3.highHalf, r.11.highHalf),
            interleaved(r.4.lowHalf, r.12.lowHalf), interleaved(r.4.highHalf, r.12.highHalf),
            interleaved(r.5.lowHalf, r.13.lowHalf), interleaved(r.5.highHalf, r.13.highHalf),
            interleaved(r.6.lowHalf, r.14.lowHalf), interleaved(r.6.highHalf, r.14.highHalf),
            interleaved(r.7.lowHalf, r.15.lowHalf), interleaved(r.7.highHalf, r.15.highHalf)
        )
    }

    @inline(__always) private func interleaved(_ even: SIMD8<Float>, _ odd: SIMD8<Float>) -> Lanes {
        var lanes = Lanes()
        lanes.evenHalf = even
        lanes.oddHalf = odd
        return lanes
    }

    /// Writes rows in ascending order, `stride` numbers from row to row: less than 16 lets each row cut off the one before.
    @inline(__always) func store(_ p: UnsafeMutablePointer<Float>, stride: Int) {
        let r = rows
        r.0.store(p)
        r.1.store(p + stride)
        r.2.store(p + 2 * stride)
        r.3.store(p + 3 * stride)
        r.4.store(p + 4 * stride)
        r.5.store(p + 5 * stride)
        r.6.store(p + 6 * stride)
        r.7.store(p + 7 * stride)
        r.8.store(p + 8 * stride)
        r.9.store(p + 9 * stride)
        r.10.store(p + 10 * stride)
        r.11.store(p + 11 * stride)
        r.12.store(p + 12 * stride)
        r.13.store(p + 13 * stride)
        r.14.store(p + 14 * stride)
        r.15.store(p + 15 * stride)
    }
}
