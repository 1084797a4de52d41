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
        let room = PackingRoom.current
        let stretches = max(1, (k + PackingRoom.k - 1) / PackingRoom.k)
        for column in Swift.stride(from: 0, to: n, by: PackingRoom.columns) {
            for stretch in 0..<stretches {
                let steps = k * stretch / stretches..<k * (stretch + 1) / stretches
                let blend = ProductTile.Blend(scale: scale, keep: stretch == 0 ? beta : 1)
                for row in Swift.stride(from: 0, to: m, by: PackingRoom.rows) {
                    let block = Block(
                        rows: row..<min(row + PackingRoom.rows, m),
                        columns: column..<min(column + PackingRoom.columns, n),
                        steps: steps)
                    packRows(block, room)
                    addTiles(block, blend, room)
                }
            }
        }
    }

    /// What is computed between two packings: some rows and columns of c, over a stretch of k.
    private struct Block {
        let rows: Range<Int>
        let columns: Range<Int>
        let steps: Range<Int>
    }

    private func packRows(_ block: Block, _ room: PackingRoom) {
        for row in Swift.stride(from: block.rows.lowerBound, to: block.rows.upperBound, by: ProductTile.rows) {
            let panel = Panel(
                start: a.pointer
                    + (a.isTransposed
                        ? block.steps.lowerBound * a.stride + row : row * a.stride + block.steps.lowerBound),
                stride: a.stride, runsAlongK: !a.isTransposed,
                lines: min(ProductTile.rows, block.rows.upperBound - row), k: block.steps.count)
            panel.pack(width: ProductTile.rows, into: room.a + (row - block.rows.lowerBound) * block.steps.count)
        }
    }

    /// The columns of b that tiles of column `column` read.
    private func columnPanel(_ column: Int, _ steps: Range<Int>) -> Panel {
        Panel(
            start: b.pointer
                + (b.isTransposed ? column * b.stride + steps.lowerBound : steps.lowerBound * b.stride + column),
            stride: b.stride, runsAlongK: b.isTransposed, lines: min(ProductTile.columns, n - column), k: steps.count)
    }

    /// All tiles of a block. The first rows' pass packs each panel of b right before its tiles, while these bring the
    /// next one near.
    private func addTiles(_ block: Block, _ blend: ProductTile.Blend, _ room: PackingRoom) {
        let tiles = (block.rows.count + ProductTile.rows - 1) / ProductTile.rows
        let isFirst = block.rows.lowerBound == 0
        for column in Swift.stride(
            from: block.columns.lowerBound, to: block.columns.upperBound, by: ProductTile.columns)
        {
            let packed = room.b + (column - block.columns.lowerBound) * block.steps.count
            if isFirst { columnPanel(column, block.steps).pack(width: ProductTile.columns, into: packed) }
            let following = column + ProductTile.columns
            let next = isFirst && following < n ? columnPanel(following, block.steps) : nil
            for index in 0..<tiles {
                let tile = ProductTile(
                    k: block.steps.count, a: room.a + index * ProductTile.rows * block.steps.count, b: packed,
                    blend: blend,
                    next: next?.prefetch(index, of: tiles) ?? .nothing(at: packed))
                let row = block.rows.lowerBound + index * ProductTile.rows
                let (height, width) = (
                    min(ProductTile.rows, block.rows.upperBound - row), min(ProductTile.columns, n - column)
                )
                let target = c + row * stride + column
                if height == ProductTile.rows && width == ProductTile.columns {
                    tile.run(into: target, stride: stride)
                } else {
                    tile.run(rows: height, columns: width, into: target, stride: stride, by: room.tile)
                }
            }
        }
    }
}
