/// Sizes and durations as people write them.
public enum Quantity {
    private static let sizeUnits: [(suffix: String, scale: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("TB", 1_000_000_000_000),
        ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("KB", 1000), ("B", 1),
    ]

    private static let timeUnits: [(String, Double)] = [
        ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400),
    ]

    /// Whole bytes of `4096`, `64KiB`, `1.5GiB`, `10MB`; nil when the text is no size.
    public static func bytes(_ text: String) -> Int? {
        let units = sizeUnits.map { ($0.suffix, Double($0.scale)) }
        guard let (amount, scale) = quantity(text, units: units, bare: 1), amount >= 0 else { return nil }
        return Int(exactly: (amount * scale).rounded(.towardZero))
    }

    /// The shortest text that `bytes` reads as the same number.
    public static func writeBytes(_ bytes: Int) -> String {
        let unit = sizeUnits.prefix(4).first { bytes >= $0.scale && bytes % $0.scale == 0 }
        return unit.map { "\(bytes / $0.scale)\($0.suffix)" } ?? "\(bytes)"
    }

    /// For people: `812 bytes`, `3.4 MB`.
    public static func approximate(_ bytes: some BinaryInteger) -> String {
        let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")]
        guard let (scale, name) = units.first(where: { Double(bytes) >= $0.0 }) else { return "\(bytes) bytes" }
        let tenths = Int((Double(bytes) / scale * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(name)"
    }

    /// A number and its noun: `1 shard`, `2 shards`.
    public static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// Seconds of `250ms`, `90s`, `5m`, `2h`, `1d`. A bare number has no unit and is refused, except 0.
    public static func seconds(_ text: String) -> Double? {
        if text == "0" { return 0 }
        return quantity(text, units: timeUnits, bare: nil).map { $0.amount * $0.scale }
    }

    private static func quantity(
        _ text: String, units: [(suffix: String, scale: Double)], bare: Double?
    ) -> (amount: Double, scale: Double)? {
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }) else {
            return bare.flatMap { scale in RecipeScalar.decimal(text).map { ($0, scale) } }
        }
        var number = text.dropLast(unit.suffix.count)
        while number.last == " " { number.removeLast() }
        return RecipeScalar.decimal(String(number)).map { ($0, unit.scale) }
    }
}
