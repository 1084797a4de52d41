/// Everything that decides the parameters and the function of a model. Written as `config.json`, in which `model` says which
/// it is; a file that does not say is of UNIMO-2.
public enum ModelConfig: Sendable, Equatable {
    case unimo(UNIMOConfig)
    case unimo2(UNIMO2Config)

    /// As recipes and `config.json` name them.
    public enum Kind: String, Sendable, Codable, CaseIterable { case unimo, unimo2 }

    public var kind: Kind {
        switch self {
        case .unimo: .unimo
        case .unimo2: .unimo2
        }
    }

    /// A model of these sizes, its parameters without memory yet.
    public func makeModel() -> any Model {
        switch self {
        case .unimo(let config): UNIMO(config)
        case .unimo2(let config): UNIMO2(config)
        }
    }

    /// Names of the parameter groups that such a model may have.
    public var groups: [String] {
        switch self {
        case .unimo: UNIMO.groups
        case .unimo2: UNIMO2.groups
        }
    }

    /// V.
    public var vocabulary: Int {
        get {
            switch self {
            case .unimo(let config): config.vocabulary
            case .unimo2(let config): config.vocabulary
            }
        }
        set {
            switch self {
            case .unimo(var config):
                config.vocabulary = newValue
                self = .unimo(config)
            case .unimo2(var config):
                config.vocabulary = newValue
                self = .unimo2(config)
            }
        }
    }

    /// Longest text with `<s>` and `</s>`.
    public var maxTokens: Int {
        switch self {
        case .unimo(let config): config.maxTokens
        case .unimo2(let config): config.maxTokens
        }
    }

    /// Rows of an image at most, its class row or [IMG] among them.
    public var rowsPerImage: Int {
        switch self {
        case .unimo(let config): 1 + config.maxRegions
        case .unimo2(let config): 1 + config.patches
        }
    }

    /// What contradicts itself, in a sentence; nil when nothing does.
    public var contradiction: String? {
        switch self {
        case .unimo(let config): config.contradiction
        case .unimo2(let config): config.contradiction
        }
    }
}

extension ModelConfig: Codable {
    private enum Key: String, CodingKey { case model }

    public init(from decoder: any Decoder) throws {
        let kind = try decoder.container(keyedBy: Key.self).decodeIfPresent(Kind.self, forKey: .model)
        switch kind ?? .unimo2 {
        case .unimo: self = .unimo(try UNIMOConfig(from: decoder))
        case .unimo2: self = .unimo2(try UNIMO2Config(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(kind, forKey: .model)
        switch self {
        case .unimo(let config): try config.encode(to: encoder)
        case .unimo2(let config): try config.encode(to: encoder)
        }
    }
}
