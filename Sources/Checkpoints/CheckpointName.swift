/// Names in and around a checkpoint.
enum CheckpointName {
    static let state = "state.json"
    static let config = "config.json"
    static let index = "model.safetensors.index.json"
    static let temporarySuffix = ".tmp"
    /// Of what is being removed; ends as a temporary does.
    static let prunedSuffix = ".old" + temporarySuffix
    static let damagedSuffix = ".damaged"
    static let replacedSuffix = ".replaced"
    private static let prefix = "step-"

    static func path(_ directory: String, step: Int) -> String {
        let digits = String(step)
        return directory + "/" + prefix + String(repeating: "0", count: max(8 - digits.count, 0)) + digits
    }

    /// The step of a complete checkpoint's name; nil for any other name.
    static func step(of name: String) -> Int? {
        guard name.hasPrefix(prefix), name.utf8.count >= prefix.utf8.count + 8 else { return nil }
        let digits = name.dropFirst(prefix.count)
        return digits.utf8.allSatisfy { (48...57).contains($0) } ? Int(digits) : nil
    }

    /// True for what was set aside as damaged.
    static func isDamaged(_ name: String) -> Bool {
        guard let cut = name.firstIndex(of: ".") else { return false }
        return step(of: String(name[..<cut])) != nil && name[cut...].hasPrefix(damagedSuffix)
    }
}
