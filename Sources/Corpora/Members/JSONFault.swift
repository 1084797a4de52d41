import Storage

/// What is wrong with foreign JSON, in short and in JSON's own words.
enum JSONFault {
    /// - Parameter bytes: that were read.
    static func summary(_ error: any Error, in bytes: some Collection<UInt8>) -> String {
        switch error as? DecodingError {
        case .typeMismatch(let type, let context): "\(place(context)) is no \(name(of: type))"
        case .valueNotFound(_, let context): "\(place(context)) is null"
        case .keyNotFound(let key, let context): "\(place(context)) has no `\(key.stringValue)`"
        case .dataCorrupted where !JSONDocument.hasHalfSurrogate(bytes): "it is not JSON"
        // What is no Unicode is all that reading JSON says of its own.
        default: "it holds half of a surrogate pair, which is no character"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return path.isEmpty ? "it" : "`\(path)`"
    }

    private static func name(of type: any Any.Type) -> String {
        let name = "\(type)"
        return switch name {
        case "String": "text"
        case "Bool": "truth value"
        case "Int", "Float", "Double": "number"
        default: name.hasPrefix("Array") ? "list" : name.hasPrefix("Dictionary") ? "object" : name
        }
    }
}
