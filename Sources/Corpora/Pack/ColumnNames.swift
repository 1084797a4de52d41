/// Which column of a table, or which key of a JSON object, a part of a sample comes from.
public struct ColumnNames: Sendable, Equatable {
    /// Parts that columns can be named for.
    public enum Part: String, Sendable, CaseIterable { case key, text, image }

    public private(set) var names: [Part: String] = [:]

    public init() {}

    /// Parses `text=caption,image=path`; nil when a part is unknown, named twice or without a column.
    public init?(_ text: String) {
        for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let part = Part(rawValue: String(sides[0])), !sides[1].isEmpty else { return nil }
            guard names.updateValue(String(sides[1]), forKey: part) == nil else { return nil }
        }
    }

    /// Columns to look for, the first that is there wins.
    func candidates(for part: Part) -> [String] {
        if let name = names[part] { return [name] }
        return switch part {
        case .key: ["key"]
        case .text: ["text", "caption"]
        case .image: ["image"]
        }
    }

    /// As in the parsed text, for a record of the options.
    var description: String {
        Part.allCases.compactMap { part in names[part].map { "\(part.rawValue)=\($0)" } }.joined(separator: ",")
    }
}
