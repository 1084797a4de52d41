import Rehearsal

/// Bytes that begin like a PNG file.
func fakePNG(_ count: Int, seed: UInt64) -> [UInt8] {
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + noise(count, seed: seed)
}
