/// What a directory holds, told by the names in it: for saying what was found where something else was meant.
public enum KnownDirectory: String, Sendable {
    case corpus = "a corpus"
    case checkpoint = "a checkpoint"
    case run = "a run's directory"
    case checkpoints = "a run's folder of checkpoints"
    case model = "a model of transformers"
    case tokenizer = "a tokenizer"

    /// Nil for a directory of something else, and where there is none.
    public init?(_ path: String) {
        func has(_ name: String) -> Bool { Directory.exists(path + "/" + name) }
        func holdsSteps(_ folder: String) -> Bool {
            Directory.kind(of: folder) == .directory
                && ((try? Directory.names(in: folder)) ?? []).contains { $0.hasPrefix("step-") }
        }
        if has("index.json"), has(ChecksumManifest.fileName) {
            self = .corpus
        } else if has("state.json"), has(ChecksumManifest.fileName) {
            self = .checkpoint
        } else if has("recipe.resolved.yaml") || holdsSteps(path + "/checkpoints") {
            self = .run
        } else if holdsSteps(path) {
            self = .checkpoints
        } else if has("config.json"),
            has("model.safetensors") || has("model.safetensors.index.json") || has("pytorch_model.bin")
        {
            self = .model
        } else if has("tokenizer.json") || (has("vocab.json") && has("merges.txt")) {
            self = .tokenizer
        } else {
            return nil
        }
    }

    static let emptyNoun = "an empty directory"

    /// What is at `path`, as the end of a sentence: `a corpus`, `a file`, `nothing`.
    public static func found(at path: String) -> String {
        switch Directory.kind(of: path) {
        case nil: return "nothing"
        case .file: return "a file"
        case .other: return "neither a file nor a directory"
        case .directory:
            if let known = KnownDirectory(path) { return known.rawValue }
            return ((try? Directory.names(in: path)) ?? []).isEmpty
                ? emptyNoun : "a directory of other things"
        }
    }
}
