/// `c = scale · a·b + beta · c`, with a `(m, k)`, b `(k, n)` and c `(m, n)`.
struct Product {
    let m: Int
    let n: Int
    let k: Int
    let a: Operand
    let b: Operand
    let c: UnsafeMutablePointer<Float>
    /// Numbers from one row of c to the next.
    let stride: Int
    let scale: Float
    let beta: Float

    /// By tiles, in blocks that fit the caches (Goto and van de Geijn 2008).
    ///
    /// Every number of c is a sum over k in ascending order, in stretches whose length depends on k alone; nothing in it
    /// depends on how many rows and columns are computed with it. So any cut, and any number of threads, gives the same
    /// bits.
    func runByTiles() {
        guard m > 0 else { return }
        let room = PackingRoom.current
        for index in 0..<(0..<n).pieces(of: PackingRoom.columns) {
            let columns = (0..<n).piece(index, of: PackingRoom.columns)
            var next: Block? = Block(rows: 0..<min(PackingRoom.rows, m), columns: columns, stretch: 0)
            while let block = next {
                next = following(block)
                if index == 0 || !rowsFitOneBlock { packRows(block, room) }
                addTiles(block, before: next, room)
            }
        }
    }

    /// What is computed between two packings: some rows and columns of c, over a stretch of k.
    private struct Block {
        let rows: Range<Int>
        let columns: Range<Int>
        let stretch: Int
        var packsColumns: Bool { rows.lowerBound == 0 }
    }

    /// Then they are packed once, for all columns.
    private var rowsFitOneBlock: Bool { m <= PackingRoom.rows && stretches == 1 }

    private var stretches: Int { max(1, (0..<k).pieces(of: PackingRoom.k)) }

    private func steps(_ block: Block) -> Range<Int> {
        k * block.stretch / stretches..<k * (block.stretch + 1) / stretches
    }

    /// The rows below it, or the first rows of the next stretch.
    private func following(_ block: Block) -> Block? {
        let end = block.rows.upperBound
        if end < m {
            return Block(rows: end..<min(end + PackingRoom.rows, m), columns: block.columns, stretch: block.stretch)
        }
        guard block.stretch + 1 < stretches else { return nil }
        return Block(rows: 0..<min(PackingRoom.rows, m), columns: block.columns, stretch: block.stretch + 1)
    }

    private func rowPanel(_ rows: Range<Int>, _ steps: Range<Int>) -> Panel {
        let (row, step) = (rows.lowerBound, steps.lowerBound)
        return Panel(
            start: a.pointer + (a.isTransposed ? step * a.stride + row : row * a.stride + step), stride: a.stride,
            runsAlongK: !a.isTransposed, lines: rows.count, k: steps.count)
    }

    private func columnPanel(_ columns: Range<Int>, _ steps: Range<Int>) -> Panel {
        let (column, step) = (columns.lowerBound, steps.lowerBound)
        return Panel(
            start: b.pointer + (b.isTransposed ? column * b.stride + step : step * b.stride + column), stride: b.stride,
            runsAlongK: b.isTransposed, lines: columns.count, k: steps.count)
    }

    private func packRows(_ block: Block, _ room: PackingRoom) {
        let steps = steps(block)
        for index in 0..<block.rows.pieces(of: ProductTile.rows) {
            rowPanel(block.rows.piece(index, of: ProductTile.rows), steps)
                .pack(width: ProductTile.rows, into: room.a + index * ProductTile.rows * steps.count)
        }
    }

    /// All tiles of a block. The first rows' pass packs each panel of b right before its tiles.
    private func addTiles(_ block: Block, before next: Block?, _ room: PackingRoom) {
        let steps = steps(block)
        let blend = ProductTile.Blend(scale: scale, keep: block.stretch == 0 ? beta : 1)
        let rows = next.map { rowPanel($0.rows, self.steps($0)) }
        let height = block.rows.pieces(of: ProductTile.rows)
        let width = block.columns.pieces(of: ProductTile.columns)
        for index in 0..<width {
            let packed = room.b + index * ProductTile.columns * steps.count
            let columns = block.columns.piece(index, of: ProductTile.columns)
            if block.packsColumns { columnPanel(columns, steps).pack(width: ProductTile.columns, into: packed) }
            let coming = Coming(
                rows: rows, columns: columnsBeside(columns, block, steps), height: height, width: width, index: index)
            for row in 0..<height {
                let tile = ProductTile(
                    k: steps.count, a: room.a + row * ProductTile.rows * steps.count, b: packed, blend: blend,
                    next: coming.prefetch(row) ?? .nothing(at: packed))
                add(tile, block.rows.piece(row, of: ProductTile.rows), columns, room)
            }
        }
    }

    /// The panel of b that is packed after this one, before any rows are.
    private func columnsBeside(_ columns: Range<Int>, _ block: Block, _ steps: Range<Int>) -> Panel? {
        let start = columns.upperBound
        guard block.packsColumns, start < n, start < block.columns.upperBound || rowsFitOneBlock else { return nil }
        return columnPanel(start..<min(start + ProductTile.columns, n), steps)
    }

    /// What is packed soon, which tiles bring near: the rows of the block that follows, during all of this block; and the
    /// panel of b beside, during this panel.
    private struct Coming {
        let rows: Panel?
        let columns: Panel?
        /// Tiles of a panel, and panels of b in the block.
        let height: Int
        let width: Int
        /// Of the panel in the block.
        let index: Int

        /// Of a panel's tiles one brings rows, if there are columns to bring.
        @inline(__always) func prefetch(_ row: Int) -> Prefetch? {
            guard let columns else {
                return rows?.prefetch(index * height + row, of: width * height)
            }
            guard let rows, row == height / 2 else { return columns.prefetch(row, of: height) }
            return rows.prefetch(index, of: width)
        }
    }

    @inline(__always) private func add(
        _ tile: ProductTile, _ rows: Range<Int>, _ columns: Range<Int>, _ room: PackingRoom
    ) {
        let target = c + rows.lowerBound * stride + columns.lowerBound
        if rows.count == ProductTile.rows && columns.count == ProductTile.columns {
            tile.run(into: target, stride: stride)
        } else {
            tile.run(rows: rows.count, columns: columns.count, into: target, stride: stride, by: room.tile)
        }
    }
}

extension Range<Int> {
    /// How many pieces of `size` numbers it has, the last of which may be shorter.
    fileprivate func pieces(of size: Int) -> Int { (count + size - 1) / size }

    fileprivate func piece(_ index: Int, of size: Int) -> Range<Int> {
        lowerBound + index * size..<Swift.min(lowerBound + (index + 1) * size, upperBound)
    }
}
