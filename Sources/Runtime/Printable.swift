extension Unicode.Scalar {
    /// Whether a terminal would obey it instead of showing it, or it would reorder what stands beside it: control characters
    /// of ASCII and Latin-1, separators of lines and paragraphs, marks of direction and of byte order.
    public var isControl: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}

extension String {
    /// The text as it may be shown to people: control characters written out as `\u{1B}`, bytes of names
    /// that are no UTF-8 as `\xE9`, line feeds and tabs as they are.
    /// Names, keys and captions come from files of others, so nothing reaches a terminal in another form.
    public var printable: String { writingOut { $0.isControl && $0 != "\n" && $0 != "\t" } }

    /// The same on one line.
    public var printableLine: String { writingOut(\.isControl) }

    private func writingOut(_ isHidden: (Unicode.Scalar) -> Bool) -> String {
        guard unicodeScalars.contains(where: { isHidden($0) || ForeignName.byte($0) != nil }) else { return self }
        var shown = ""
        for scalar in unicodeScalars {
            if let byte = ForeignName.byte(scalar) {
                shown += "\\x\(ForeignName.hex(byte))"
            } else if isHidden(scalar) {
                shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
