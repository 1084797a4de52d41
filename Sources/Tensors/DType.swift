/// Element types of stored numbers.
public enum DType: String, Sendable, Codable {
    case float32
    case bfloat16
    case int32
    case uint8

    /// Bytes of one element.
    public var size: Int {
        switch self {
        case .float32, .int32: 4
        case .bfloat16: 2
        case .uint8: 1
        }
    }
}
