import Glibc

private typealias Lanes = SIMD16<Float>

/// `target[i] += source[i]` for `count` elements.
func add(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int) {
    let wide = count & ~15
    let from = UnsafeRawPointer(source)
    let into = UnsafeMutableRawPointer(target)
    var offset = 0
    while offset < wide * 4 {
        let sum =
            into.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
            + from.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
        into.storeBytes(of: sum, toByteOffset: offset, as: Lanes.self)
        offset += 64
    }
    for index in wide..<count { target[index] += source[index] }
}

/// `target[i] = a[i] + b[i]` for `count` elements.
func sum(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int
) {
    let wide = count & ~15
    let (left, right, into) = (UnsafeRawPointer(a), UnsafeRawPointer(b), UnsafeMutableRawPointer(target))
    var offset = 0
    while offset < wide * 4 {
        let sum =
            left.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
            + right.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
        into.storeBytes(of: sum, toByteOffset: offset, as: Lanes.self)
        offset += 64
    }
    for index in wide..<count { target[index] = a[index] + b[index] }
}

/// Both of two arrays become their sum: one pass over memory.
func sumBoth(_ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>, count: Int) {
    let wide = count & ~15
    let (left, right) = (UnsafeMutableRawPointer(a), UnsafeMutableRawPointer(b))
    var offset = 0
    while offset < wide * 4 {
        let sum =
            left.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
            + right.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
        left.storeBytes(of: sum, toByteOffset: offset, as: Lanes.self)
        right.storeBytes(of: sum, toByteOffset: offset, as: Lanes.self)
        offset += 64
    }
    for index in wide..<count {
        a[index] += b[index]
        b[index] = a[index]
    }
}
