/// Some rows of a, or some columns of b, over a stretch of k: what is laid side by side before tiles read it.
struct Panel {
    /// The panel's first number.
    let start: UnsafePointer<Float>
    /// Numbers from one stored row of the operand to the next.
    let stride: Int
    /// True where numbers that follow each other in memory follow each other along k.
    let runsAlongK: Bool
    /// Rows of a, or columns of b.
    let lines: Int
    let k: Int

    /// Writes `k` groups of `width` numbers, one of each line, zero for lines that aren't there. `room` holds `k · width`
    /// numbers and 16 more.
    @inline(__always) func pack(width: Int, into room: UnsafeMutablePointer<Float>) {
        if runsAlongK { packAcross(width: width, into: room) } else { packAlong(width: width, into: room) }
    }

    /// Each group is a piece of a stored row.
    @inline(__always) private func packAlong(width: Int, into room: UnsafeMutablePointer<Float>) {
        // A whole vector may read past the operand's end where it is the last one.
        let whole = lines == width ? (width % 16 == 0 ? k : max(0, k - 1)) : 0
        for step in 0..<whole {
            for lane in Swift.stride(from: 0, to: width, by: 16) {
                Lanes.load(start + step * stride + lane).store(room + step * width + lane)
            }
        }
        for step in whole..<k {
            for line in 0..<width { room[step * width + line] = line < lines ? start[step * stride + line] : 0 }
        }
    }

    /// Each group is gathered from `lines` stored rows: 16 steps at a time by transposing.
    @inline(__always) private func packAcross(width: Int, into room: UnsafeMutablePointer<Float>) {
        let whole = lines == width ? k / 16 * 16 : 0
        for step in Swift.stride(from: 0, to: whole, by: 16) {
            for line in Swift.stride(from: 0, to: width, by: 16) {
                var square = Square(start + line * stride + step, stride: stride, count: min(width - line, 16))
                square.transpose()
                square.store(room + step * width + line, stride: width)
            }
        }
        for step in whole..<k {
            for line in 0..<width { room[step * width + line] = line < lines ? start[line * stride + step] : 0 }
        }
    }

    /// Part `part` of `parts` of what `pack` reads, for one that comes soon.
    func prefetch(_ part: Int, of parts: Int) -> Prefetch {
        if runsAlongK {
            return Prefetch(start: start + lines * part / parts * stride, lineStride: 16, rowStride: stride)
        }
        // A tile asks for bands of as many lines as it has rows of them; a wide panel has several bands.
        let band = 16 * Prefetch.rows
        let bands = (lines + band - 1) / band
        let step = k * (part / bands) / max(1, parts / bands)
        return Prefetch(start: start + step * stride + part % bands * band, lineStride: stride, rowStride: 16)
    }
}
