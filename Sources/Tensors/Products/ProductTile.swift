import CBaseline

/// The innermost block of a product: 14 × 32 sums, which with two vectors of b and a broadcast fill the 32 registers of
/// AVX-512. Per step along k it reads 46 numbers and does 448 multiply-adds.
struct ProductTile {
    static let rows = 14
    static let columns = 32

    /// What becomes of the sums: `c = scale · sums + keep · c`; c is not read when `keep` is 0.
    struct Blend {
        let scale: Float
        let keep: Float
    }

    /// Steps, added up in order.
    let k: Int
    /// k × 14 numbers, one column of the tile's rows after the other.
    let a: UnsafePointer<Float>
    /// k × 32 numbers, row after row.
    let b: UnsafePointer<Float>
    let blend: Blend
    /// What to bring near meanwhile.
    let next: Prefetch

    /// - Parameter c: the tile's first number, `stride` numbers from row to row.
    func run(into c: UnsafeMutablePointer<Float>, stride: Int) {
        for row in 0..<Self.rows {
            unimo_prefetch_to_write(c + row * stride)
            unimo_prefetch_to_write(c + row * stride + 16)
        }
        var sums = TileSums(a: a, b: b)
        let groups = k / (Prefetch.pace * Prefetch.rows)
        for row in 0..<Prefetch.rows {
            var line = next.start + row * next.rowStride
            for _ in 0..<groups {
                unimo_prefetch(line)
                line += next.lineStride
                for _ in 0..<Prefetch.pace { sums.step() }
            }
        }
        for _ in 0..<k - Prefetch.pace * Prefetch.rows * groups { sums.step() }
        sums.write(c, stride: stride, blend)
    }

    /// Only the first rows and columns are part of c: by way of `room` (14 × 32), so that every number of c comes from the
    /// same additions in the same order wherever its tile lies.
    func run(
        rows: Int, columns: Int, into c: UnsafeMutablePointer<Float>, stride: Int, by room: UnsafeMutablePointer<Float>
    ) {
        ProductTile(k: k, a: a, b: b, blend: Blend(scale: 1, keep: 0), next: next).run(into: room, stride: Self.columns)
        for row in 0..<rows {
            let (sums, target) = (room + row * Self.columns, c + row * stride)
            for column in 0..<columns {
                let sum = blend.scale * sums[column]
                target[column] = blend.keep == 0 ? sum : sum.addingProduct(blend.keep, target[column])
            }
        }
    }
}

/// Cache lines of which a tile asks for one in every four steps along k, in two rows.
struct Prefetch {
    static let rows = 2
    /// Steps along k from one line to the next.
    static let pace = 4

    let start: UnsafePointer<Float>
    /// Numbers from one line to the next, and from one row of lines to the next.
    let lineStride: Int
    let rowStride: Int

    /// Asks again and again for what is there.
    static func nothing(at here: UnsafePointer<Float>) -> Prefetch {
        Prefetch(start: here, lineStride: 0, rowStride: 0)
    }
}

/// The sums of a tile, in registers, and where its next step reads.
private struct TileSums {
    var a: UnsafePointer<Float>
    var b: UnsafePointer<Float>
    private var r0 = Sums(), r1 = Sums(), r2 = Sums(), r3 = Sums(), r4 = Sums(), r5 = Sums(), r6 = Sums()
    private var r7 = Sums(), r8 = Sums(), r9 = Sums(), r10 = Sums(), r11 = Sums(), r12 = Sums(), r13 = Sums()

    @inline(__always) init(a: UnsafePointer<Float>, b: UnsafePointer<Float>) {
        self.a = a
        self.b = b
    }

    @inline(__always) mutating func step() {
        let (low, high) = (Lanes.load(b), Lanes.load(b + 16))
        r0.add(a[0], low, high)
        r1.add(a[1], low, high)
        r2.add(a[2], low, high)
        r3.add(a[3], low, high)
        r4.add(a[4], low, high)
        r5.add(a[5], low, high)
        r6.add(a[6], low, high)
        r7.add(a[7], low, high)
        r8.add(a[8], low, high)
        r9.add(a[9], low, high)
        r10.add(a[10], low, high)
        r11.add(a[11], low, high)
        r12.add(a[12], low, high)
        r13.add(a[13], low, high)
        a += ProductTile.rows
        b += ProductTile.columns
    }

    @inline(__always) func write(_ c: UnsafeMutablePointer<Float>, stride: Int, _ blend: ProductTile.Blend) {
        r0.write(c, blend)
        r1.write(c + stride, blend)
        r2.write(c + 2 * stride, blend)
        r3.write(c + 3 * stride, blend)
        r4.write(c + 4 * stride, blend)
        r5.write(c + 5 * stride, blend)
        r6.write(c + 6 * stride, blend)
        r7.write(c + 7 * stride, blend)
        r8.write(c + 8 * stride, blend)
        r9.write(c + 9 * stride, blend)
        r10.write(c + 10 * stride, blend)
        r11.write(c + 11 * stride, blend)
        r12.write(c + 12 * stride, blend)
        r13.write(c + 13 * stride, blend)
    }
}

/// One row's sums of a tile.
private struct Sums {
    var low = Lanes.zero
    var high = Lanes.zero

    @inline(__always) mutating func add(_ a: Float, _ low: Lanes, _ high: Lanes) {
        let a = Lanes(repeating: a)
        self.low.addProduct(a, low)
        self.high.addProduct(a, high)
    }

    @inline(__always) func write(_ c: UnsafeMutablePointer<Float>, _ blend: ProductTile.Blend) {
        let (scale, keep) = (Lanes(repeating: blend.scale), Lanes(repeating: blend.keep))
        if blend.keep == 0 {
            (scale * low).store(c)
            (scale * high).store(c + 16)
        } else {
            (scale * low).addingProduct(keep, .load(c)).store(c)
            (scale * high).addingProduct(keep, .load(c + 16)).store(c + 16)
        }
    }
}
