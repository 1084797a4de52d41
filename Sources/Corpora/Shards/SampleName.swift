import Runtime

/// The naming rule of WebDataset: a member is called `key.extension`, where the key ends at the first dot of the last
/// path component.
enum SampleName {
    static func split(_ name: String) -> (key: String, member: String) {
        let bytes = name.utf8
        let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
        guard let dot = bytes[start...].firstIndex(of: UInt8(ascii: ".")) else { return (name, "") }
        return (String(name[..<dot]), String(name[bytes.index(after: dot)...]))
    }

    /// A path as a key: each component keeps letters, digits, `-_+@=,` and everything beyond ASCII; a byte that is no UTF-8
    /// becomes `%` and two hexadecimal digits; all else, dots, whitespace and `%` too, becomes `_`. Empty components are
    /// dropped. Empty when nothing is left.
    static func key(from path: String) -> String {
        path.unicodeScalars.split(separator: "/").map { component in
            var key = String.UnicodeScalarView()
            for scalar in component {
                if let byte = ForeignName.byte(scalar) {
                    key += "%\(ForeignName.hex(byte))".unicodeScalars
                } else {
                    key.append(isSafe(scalar) ? scalar : "_")
                }
            }
            return String(key)
        }.joined(separator: "/")
    }

    /// ASCII letters in lower case, all else as it is.
    static func lowercased(_ name: String) -> String { lowercased(Array(name.utf8)[...]) }

    static func lowercased(_ name: ArraySlice<UInt8>) -> String {
        String(decoding: name.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
    }

    private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", "+", "@", "=", ",": true
        default: scalar.value >= 0xA0
        }
    }

    /// A path without the extension of its last component.
    static func withoutExtension(_ path: String) -> String {
        let bytes = path.utf8
        let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
        guard let dot = bytes[start...].lastIndex(of: UInt8(ascii: ".")), dot > start else { return path }
        return String(path[..<dot])
    }

    /// The extension of the last component in lower case; empty when there is none.
    static func fileExtension(_ path: String) -> String {
        let stem = withoutExtension(path)
        return stem.utf8.count == path.utf8.count
            ? "" : lowercased(Array(path.utf8.dropFirst(stem.utf8.count + 1))[...])
    }
}
