/// The patches of one image as rows: bytes `(size, size, 3)` → `(P, 3·p·p)` with the order (channel, y, x) in a row and
/// value (byte/255 − 0.5)/0.5 (UNIMO-2 `image_utils.py`).
public func patches(_ pixels: UnsafePointer<UInt8>, size: Int, patch: Int, into rows: UnsafeMutablePointer<Float>) {
    let side = size / patch
    let width = 3 * patch * patch
    for patchRow in 0..<side {
        for patchColumn in 0..<side {
            let row = rows + (patchRow * side + patchColumn) * width
            for y in 0..<patch {
                let line = pixels + 3 * ((patchRow * patch + y) * size + patchColumn * patch)
                for channel in 0..<3 {
                    let target = row + (channel * patch + y) * patch
                    for x in 0..<patch { target[x] = Float(line[3 * x + channel]) * (2 / 255) - 1 }
                }
            }
        }
    }
}
