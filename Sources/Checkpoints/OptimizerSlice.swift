import Storage

/// How a slice of optimizer state is named: the entry `<parameter>.<slot>`, with `[begin:end]` behind it when it is not
/// the whole tensor; the file's metadata holds `begin:end/count` under the entry's name, in elements.
struct OptimizerSlice: Equatable {
    var parameter: String
    var slot: OptimizerSlot
    var elements: Range<Int>
    /// Elements of the whole tensor.
    var count: Int

    static func entry(_ slot: OptimizerSlot, _ tensor: StoredTensor, _ elements: Range<Int>) -> StoredTensor {
        let name = "\(tensor.name).\(slot.rawValue)"
        guard elements.count != tensor.elementCount else {
            return StoredTensor(name: name, dtype: tensor.dtype, shape: tensor.shape)
        }
        return StoredTensor(
            name: "\(name)[\(elements.lowerBound):\(elements.upperBound)]", dtype: tensor.dtype,
            shape: [elements.count])
    }

    static func text(_ elements: Range<Int>, of count: Int) -> String {
        "\(elements.lowerBound):\(elements.upperBound)/\(count)"
    }

    /// Reads an entry's name and metadata; nil when they do not follow the rule.
    init?(entry: StoredTensor, metadata: String?) {
        let base = entry.name.prefix { $0 != "[" }
        guard let dot = base.lastIndex(of: "."),
            let slot = OptimizerSlot(rawValue: String(base[base.index(after: dot)...]))
        else { return nil }
        let numbers = (metadata ?? "").split(whereSeparator: { $0 == ":" || $0 == "/" }).map { Int($0) }
        guard numbers.count == 3, let begin = numbers[0], let end = numbers[1], let count = numbers[2] else {
            return nil
        }
        guard begin >= 0, begin <= end, end <= count, entry.elementCount == end - begin else { return nil }
        parameter = String(base[..<dot])
        self.slot = slot
        elements = begin..<end
        self.count = count
    }
}
