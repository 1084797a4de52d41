/// Cuts text into the pieces that merges never cross, as GPT-2's pattern does:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
struct PreTokenizer: Sendable {
    private let classes = ScalarClasses.shared

    /// The end of the piece that starts at `start` (< `end`).
    @inline(__always)
    func pieceEnd(_ text: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
        let (kind, length) = scalar(text, start, end)
        switch kind {
        case ScalarClass.space:
            return spacesEnd(text, from: start, next: start + length, to: end)
        case ScalarClass.other:
            if text[start] == UInt8(ascii: "'"), let contraction = contractionEnd(text, from: start, to: end) {
                return contraction
            }
            return runEnd(of: kind, text, from: start + length, to: end)
        default:
            return runEnd(of: kind, text, from: start + length, to: end)
        }
    }

    @inline(__always)
    private func scalar(_ text: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> (kind: UInt8, length: Int) {
        text[at] < 0x80 ? (classes.of(ascii: text[at]), 1) : classes.decode(text + at, available: end - at)
    }

    @inline(__always)
    private func runEnd(of kind: UInt8, _ text: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
        var at = start
        while at < end {
            let next = scalar(text, at, end)
            guard next.kind == kind else { return at }
            at += next.length
        }
        return end
    }

    /// A blank before a run of one class belongs to the run. Otherwise white space is one piece, less its last scalar
    /// when something else follows.
    private func spacesEnd(_ text: UnsafePointer<UInt8>, from start: Int, next: Int, to end: Int) -> Int {
        guard next < end else { return end }
        let follower = scalar(text, next, end)
        if follower.kind != ScalarClass.space {
            guard text[start] == UInt8(ascii: " ") else { return next }
            return runEnd(of: follower.kind, text, from: next + follower.length, to: end)
        }
        var (last, at) = (next, next + follower.length)
        while at < end {
            let scalar = scalar(text, at, end)
            guard scalar.kind == ScalarClass.space else { return last }
            last = at
            at += scalar.length
        }
        return end
    }

    private func contractionEnd(_ text: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int? {
        guard start + 1 < end else { return nil }
        let first = text[start + 1]
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
        default: break
        }
        guard start + 2 < end else { return nil }
        let second = text[start + 2]
        switch (first, second) {
        case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
            (UInt8(ascii: "l"), UInt8(ascii: "l")):
            return start + 3
        default: return nil
        }
    }
}
