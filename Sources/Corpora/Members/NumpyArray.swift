/// An array in NumPy's `.npy` format: one or two dimensions of numbers.
public struct NumpyArray: Sendable, Equatable {
    /// Element types that are read: `descr` without the byte order.
    public enum Element: String, Sendable, CaseIterable {
        case float16 = "f2"
        case float32 = "f4"
        case float64 = "f8"
        case int8 = "i1"
        case uint8 = "u1"
        case int16 = "i2"
        case uint16 = "u2"
        case int32 = "i4"
        case uint32 = "u4"
        case int64 = "i8"
        case uint64 = "u8"

        public var byteCount: Int { Int(String(rawValue.last!))! }
        var isFloat: Bool { rawValue.first == "f" }
    }

    /// Bytes of the data at most.
    static let byteLimit = 1 << 30
    private static let headerLimit = 64 << 10
    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    public let element: Element
    public let shape: [Int]
    /// The elements, little-endian, row by row.
    public let data: [UInt8]

    public init(element: Element, shape: [Int], data: [UInt8]) {
        let count = shape.reduce(element.byteCount, *)
        precondition(data.count == count, "\(shape) \(element) need \(count) bytes, got \(data.count)")
        self.element = element
        self.shape = shape
        self.data = data
    }

    public init(_ values: [Float], shape: [Int], halved: Bool = false) {
        var data: [UInt8] = []
        data.reserveCapacity(values.count * (halved ? 2 : 4))
        for value in values {
            if halved {
                withUnsafeBytes(of: Float16(value).bitPattern.littleEndian) { data += $0 }
            } else {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { data += $0 }
            }
        }
        self.init(element: halved ? .float16 : .float32, shape: shape, data: data)
    }

    public init(_ values: [Int32]) {
        var data: [UInt8] = []
        for value in values { withUnsafeBytes(of: value.littleEndian) { data += $0 } }
        self.init(element: .int32, shape: [values.count], data: data)
    }

    /// Reads the bytes of a `.npy` file of one or two dimensions.
    /// - Parameter name: for messages.
    public init(_ bytes: [UInt8], name: String) throws(MemberError) {
        try self.init(bytes, name: name, dimensions: 1...2)
    }

    /// Reads a `.npy` file that holds a number, by itself or in an array of one.
    init(scalar bytes: [UInt8], name: String) throws(MemberError) {
        try self.init(bytes, name: name, dimensions: 0...1)
        guard count == 1 else { throw MemberError(member: name, expected: "one number", found: "\(count)") }
    }

    private init(_ bytes: [UInt8], name: String, dimensions: ClosedRange<Int>) throws(MemberError) {
        func fault(_ expected: String, _ found: String) -> MemberError {
            MemberError(member: name, expected: expected, found: found)
        }
        guard bytes.count >= 12, bytes.starts(with: Self.magic), (1...3).contains(bytes[6]) else {
            throw fault("an array in NumPy's format, version 1 to 3", "other bytes")
        }
        let lengthSize = bytes[6] == 1 ? 2 : 4
        let length = (0..<lengthSize).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        let start = 8 + lengthSize
        guard length <= Self.headerLimit, length <= bytes.count - start else {
            throw fault("a header of at most \(min(Self.headerLimit, bytes.count - start)) bytes", "\(length)")
        }
        let header = NumpyHeader(bytes[start..<start + length])
        guard let descr = header.text("descr"), let isFortran = header.flag("fortran_order"),
            let shape = header.shape
        else { throw fault("descr, fortran_order and shape", header.text) }
        guard let order = descr.first, "<>|=".contains(order),
            let element = Element(rawValue: String(descr.dropFirst()))
        else { throw fault("numbers", "elements of type `\(descr.prefix(40))`") }
        guard dimensions.contains(shape.count) else { throw fault("\(dimensions) dimensions", "\(shape.count)") }
        guard let count = Self.product(shape + [element.byteCount]), count <= Self.byteLimit else {
            throw fault("at most \(Self.byteLimit) bytes", "a shape of \(shape)")
        }
        let contents = bytes[(start + length)...]
        guard contents.count == count else { throw fault("\(count) bytes for \(shape)", "\(contents.count)") }
        var data = Array(contents)
        if order == ">" { Self.swapBytes(&data, of: element.byteCount) }
        if isFortran && shape.count == 2 {
            data = Self.transposed(data, rows: shape[1], columns: shape[0], size: element.byteCount)
        }
        self.init(element: element, shape: shape, data: data)
    }

    /// The file's bytes: version 1.0, in C order.
    public var bytes: [UInt8] {
        let dimensions = shape.count == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
        let order = element.byteCount == 1 ? "|" : "<"
        var header = "{'descr': '\(order)\(element.rawValue)', 'fortran_order': False, 'shape': (\(dimensions)), }"
        header += String(repeating: " ", count: 63 - (header.utf8.count + 10) % 64) + "\n"
        let length = header.utf8.count
        return Self.magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(header.utf8) + data
    }

    /// The product; nil when it overflows or a factor is negative or too large.
    private static func product(_ factors: [Int]) -> Int? {
        var product = 1
        for factor in factors {
            // Each by itself too: a zero among them must not hide an extent beyond all reason.
            let (next, overflow) = product.multipliedReportingOverflow(by: factor)
            guard (0...byteLimit).contains(factor), !overflow else { return nil }
            product = next
        }
        return product
    }

    private static func swapBytes(_ data: inout [UInt8], of size: Int) {
        for start in stride(from: 0, to: data.count, by: size) { data[start..<start + size].reverse() }
    }

    /// `(rows, columns)` elements as `(columns, rows)`.
    static func transposed(_ data: [UInt8], rows: Int, columns: Int, size: Int) -> [UInt8] {
        guard !data.isEmpty else { return [] }
        var result = [UInt8](repeating: 0, count: data.count)
        for row in 0..<rows {
            for column in 0..<columns {
                let (from, to) = ((row * columns + column) * size, (column * rows + row) * size)
                for byte in 0..<size { result[to + byte] = data[from + byte] }
            }
        }
        return result
    }
}

extension NumpyArray {
    public var count: Int { data.count / element.byteCount }

    /// The array with its two dimensions exchanged.
    var transposed: NumpyArray {
        precondition(shape.count == 2, "two dimensions are exchanged, got \(shape)")
        let data = Self.transposed(data, rows: shape[0], columns: shape[1], size: element.byteCount)
        return NumpyArray(element: element, shape: shape.reversed(), data: data)
    }

    /// The first columns of a table.
    func columns(_ kept: Int) -> NumpyArray {
        precondition(shape.count == 2 && shape[1] >= kept, "\(kept) columns of \(shape)")
        let (row, size) = (shape[1] * element.byteCount, kept * element.byteCount)
        var cut: [UInt8] = []
        for start in stride(from: 0, to: shape[0] * row, by: row) { cut += data[start..<start + size] }
        return NumpyArray(element: element, shape: [shape[0], kept], data: cut)
    }

    /// The first rows.
    func rows(_ kept: Int) -> NumpyArray {
        precondition(shape[0] >= kept, "\(kept) rows of \(shape)")
        let size = shape[0] == 0 ? 0 : data.count / shape[0]
        return NumpyArray(element: element, shape: [kept] + shape[1...], data: Array(data.prefix(kept * size)))
    }

    private func load<Word: FixedWidthInteger>(_: Word.Type, _ index: Int) -> Word {
        Word(
            littleEndian: data.withUnsafeBytes {
                $0.loadUnaligned(fromByteOffset: index * element.byteCount, as: Word.self)
            })
    }

    /// All elements as single-precision numbers.
    public var floats: [Float] {
        switch element {
        case .float16: (0..<count).map { Float(Float16(bitPattern: load(UInt16.self, $0))) }
        case .float32: (0..<count).map { Float(bitPattern: load(UInt32.self, $0)) }
        case .float64: (0..<count).map { Float(Double(bitPattern: load(UInt64.self, $0))) }
        default: integers.map { Float($0) }
        }
    }

    /// All elements as integers; numbers with a fraction lose it, those out of range become the nearest.
    public var integers: [Int] {
        switch element {
        case .float16, .float32, .float64: floats.map { $0.isNaN ? 0 : Int(max(-0x1p62, min(0x1p62, $0))) }
        case .int8: (0..<count).map { Int(load(Int8.self, $0)) }
        case .uint8: (0..<count).map { Int(load(UInt8.self, $0)) }
        case .int16: (0..<count).map { Int(load(Int16.self, $0)) }
        case .uint16: (0..<count).map { Int(load(UInt16.self, $0)) }
        case .int32: (0..<count).map { Int(load(Int32.self, $0)) }
        case .uint32: (0..<count).map { Int(load(UInt32.self, $0)) }
        case .int64: (0..<count).map { Int(load(Int64.self, $0)) }
        case .uint64: (0..<count).map { Int(clamping: load(UInt64.self, $0)) }
        }
    }
}

/// The Python dictionary at the head of a `.npy` file, as far as NumPy itself writes it.
private struct NumpyHeader {
    private let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// For messages.
    var text: String { String(decoding: bytes.prefix(200), as: UTF8.self) }

    /// What follows `'key':`, blanks left out.
    private func value(_ key: String) -> ArraySlice<UInt8>? {
        for quote in "'\"".utf8 {
            let name = [quote] + Array(key.utf8) + [quote]
            var rest = bytes
            while let start = rest.firstIndex(of: quote) {
                rest = rest[start...]
                if rest.starts(with: name) {
                    let sign = rest.dropFirst(name.count).drop { $0 == UInt8(ascii: " ") }
                    if sign.first == UInt8(ascii: ":") {
                        return sign.dropFirst().drop { $0 == UInt8(ascii: " ") }
                    }
                }
                rest = rest.dropFirst()
            }
        }
        return nil
    }

    func text(_ key: String) -> String? {
        guard let value = value(key), let quote = value.first, "'\"".utf8.contains(quote) else { return nil }
        let inner = value.dropFirst()
        guard let end = inner.firstIndex(of: quote) else { return nil }
        return String(decoding: inner[..<end], as: UTF8.self)
    }

    func flag(_ key: String) -> Bool? {
        guard let value = value(key) else { return nil }
        return value.starts(with: "True".utf8) ? true : value.starts(with: "False".utf8) ? false : nil
    }

    var shape: [Int]? {
        guard let value = value("shape"), value.first == UInt8(ascii: "("),
            let end = value.firstIndex(of: UInt8(ascii: ")"))
        else { return nil }
        var extents: [Int] = []
        for part in value[..<end].dropFirst().split(separator: UInt8(ascii: ",")) {
            let digits = part.filter { $0 != UInt8(ascii: " ") }
            if digits.isEmpty { continue }
            guard let extent = Int(String(decoding: digits, as: UTF8.self)), extents.count < 8 else { return nil }
            extents.append(extent)
        }
        return extents
    }
}
