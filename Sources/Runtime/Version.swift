/// What wrote a file.
public enum Version {
    /// Version of this program.
    public static let current = "0.1.0"
    /// As files record it.
    public static let tool = "unimo \(current)"
}
