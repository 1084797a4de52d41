/// A text compared, hashed and sorted by its bytes: keys of samples, names of files and of members.
///
/// Swift takes two `String`s for equal that look alike (`é` as one scalar or as two); to a file system, an archive and a
/// corpus they are two names.
public struct ByteText: Hashable, Comparable, Sendable {
    public let text: String

    public init(_ text: String) { self.text = text }

    public static func == (left: ByteText, right: ByteText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    public static func < (left: ByteText, right: ByteText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
