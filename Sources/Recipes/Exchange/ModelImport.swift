import Autograd
import Checkpoints
import Models
import Runtime
import Storage
import Text

/// What is imported, and into what.
public struct ImportOptions: Sendable {
    /// What is made, with the sizes that no imported weight decides.
    public enum Target: Sendable {
        /// - Parameters:
        ///   - groundedLayers: of the Grounded Transformer; as many as text layers when nil.
        ///   - codes: K; 0 makes the baseline without a dictionary. - chosen: G.
        case unimo2(groundedLayers: Int? = nil, codes: Int = 2048, chosen: Int = 100)
        /// - Parameters:
        ///   - maxRegions: P. - regionWidth: F. - regionClasses: K; 0 without them.
        case unimo(maxRegions: Int = 100, regionWidth: Int = 2048, regionClasses: Int = 1601)
    }

    public var target: Target
    /// A directory with a `RobertaModel`; nil leaves the text encoder as drawn.
    public var text: String?
    /// A directory with a `ViTModel`; nil leaves the visual encoder as drawn.
    public var vision: String?
    /// Whose tokenizer goes with it; nil takes the text encoder's, if it has one.
    public var tokenizer: String?
    public var out: String
    /// Of what is not imported.
    public var seed: UInt64

    public init(
        target: Target, text: String?, vision: String?, tokenizer: String? = nil, out: String, seed: UInt64 = 1
    ) {
        self.target = target
        self.text = text
        self.vision = vision
        self.tokenizer = tokenizer
        self.out = out
        self.seed = seed
    }
}

/// What became of every tensor on either side.
public struct ImportTable: Sendable {
    public struct Row: Sendable {
        public enum Outcome: String, Sendable {
            case taken
            /// Ours, and nobody gave it.
            case drawn
            /// Theirs, and nobody wants it.
            case left
        }
        public let name: String
        public let source: String
        public let shape: [Int]
        public let outcome: Outcome
    }

    public internal(set) var rows: [Row] = []
    public internal(set) var hasTokenizer = false

    public func count(_ outcome: Row.Outcome) -> Int { rows.count { $0.outcome == outcome } }
}

/// Makes a checkpoint of weights from a RoBERTa and, for UNIMO-2, a ViT of Hugging Face's: `init:` in a recipe starts from it.
public struct ModelImport {
    /// An encoder to be read: where it is, what its names begin with, and what of it we take.
    private struct Source {
        let directory: HuggingFaceDirectory
        let prefix: String
        let tensors: [(tensor: ExchangedTensor, prefix: String)]

        func check() throws {
            for (tensor, prefix) in tensors { try directory.check(tensor, prefix: prefix) }
        }
    }

    /// What `state.json` says of an import.
    private struct Origin: Codable {
        var imported: [String: String]
        var seed: UInt64
    }

    public static func run(_ options: ImportOptions) throws -> ImportTable {
        try checkSources(options)
        guard !Directory.exists(options.out) else {
            throw RecipeContradiction("\(options.out) exists; choose another place, or remove it")
        }
        let text = try options.text.map { try HuggingFaceDirectory(path: $0) }
        let vision = try options.vision.map { try HuggingFaceDirectory(path: $0) }
        let config = try ImportSizes(text: text, vision: vision).config(options.target)
        let sources = sources(config, text, vision)
        // No memory is asked for before the files are known to hold what their configurations say.
        for source in sources { try source.check() }
        let tokenizer = try tokenizer(options, text, config)
        let store = try ParameterStore(config.makeModel().parameters, alignment: 16)
        store.initialize(seed: options.seed)
        var table = ImportTable()
        for source in sources { try take(source, into: store, &table) }
        if let text { try UntiedHead.refuse(text, word: store) }
        let taken = Set(table.rows.filter { $0.outcome == .taken }.map(\.name))
        for parameter in store.parameters where !taken.contains(parameter.name) {
            table.rows.append(.init(name: parameter.name, source: "", shape: parameter.shape, outcome: .drawn))
        }
        table.hasTokenizer = tokenizer != nil
        let imported = ["text": options.text, "vision": options.vision].compactMapValues { $0 }
        try write(store, config, Origin(imported: imported, seed: options.seed), tokenizer, to: options.out)
        return table
    }

    private static func checkSources(_ options: ImportOptions) throws {
        switch options.target {
        case .unimo2 where options.text == nil && options.vision == nil:
            throw RecipeContradiction(
                "nothing to import: name a RobertaModel with --text, a ViTModel with --vision, or both")
        case .unimo where options.vision != nil:
            throw RecipeContradiction("UNIMO reads regions and has no visual encoder: leave --vision out")
        case .unimo where options.text == nil:
            throw RecipeContradiction("nothing to import: name a RobertaModel with --text")
        default: return
        }
    }

    private static func sources(
        _ config: ModelConfig, _ text: HuggingFaceDirectory?, _ vision: HuggingFaceDirectory?
    ) -> [Source] {
        switch config {
        case .unimo(let config):
            return [text].compactMap { $0 }.map {
                source(
                    text: $0, .init(config.transformer), vocabulary: config.vocabulary, maxTokens: config.maxTokens,
                    layers: "transformer")
            }
        case .unimo2(let config):
            let stack = HuggingFaceNames.Stack(config.text)
            let shared = HuggingFaceNames.Stack(
                layers: min(stack.layers, config.grounded.layers), width: stack.width, feedForward: stack.feedForward)
            let words = text.map {
                source(
                    text: $0, stack, vocabulary: config.vocabulary, maxTokens: config.maxTokens, layers: "text",
                    others: HuggingFaceNames.robertaLayers("grounded", shared))
            }
            return [words, vision.map { source(vision: $0, config) }].compactMap { $0 }
        }
    }

    /// A RoBERTa gives the word and position tables, a stack of layers, and the language-model head where it was saved with
    /// one.
    /// - Parameters:
    ///   - layers: what our stack of layers is called.
    ///   - others: what it gives besides: the first layers of the Grounded Transformer, as UNIMO-2 starts it.
    private static func source(
        text directory: HuggingFaceDirectory, _ stack: HuggingFaceNames.Stack, vocabulary: Int, maxTokens: Int,
        layers: String, others: [ExchangedTensor] = []
    ) -> Source {
        let word = "embeddings.word_embeddings.weight"
        let prefix = directory.prefix(["", "roberta."], of: word) ?? ""
        let encoder = HuggingFaceNames.roberta(
            stack, vocabulary: vocabulary, positions: maxTokens + 2, layers: layers)
        let head = HuggingFaceNames.robertaHead(width: stack.width, vocabulary: vocabulary)
        let hasHead = head.allSatisfy { directory.has($0, prefix: "") }
        return Source(
            directory: directory, prefix: prefix,
            tensors: (encoder + others).map { ($0, prefix) } + (hasHead ? head.map { ($0, "") } : []))
    }

    private static func source(vision directory: HuggingFaceDirectory, _ config: UNIMO2Config) -> Source {
        let prefix = directory.prefix(["", "vit."], of: "embeddings.cls_token") ?? ""
        let tensors = HuggingFaceNames.vit(.init(config.vision), patchSize: config.patchSize, patches: config.patches)
        return Source(directory: directory, prefix: prefix, tensors: tensors.map { ($0, prefix) })
    }

    private static func take(_ source: Source, into store: ParameterStore, _ table: inout ImportTable) throws {
        var used: Set<String> = []
        for (tensor, prefix) in source.tensors {
            guard let parameter = store[tensor.name], parameter.count == tensor.count else {
                preconditionFailure("\(tensor.name) of \(tensor.count) elements is no parameter of the model")
            }
            let target = UnsafeMutableBufferPointer(
                start: store.weights + parameter.range.lowerBound, count: parameter.count)
            try source.directory.read(tensor, prefix: prefix, into: target)
            let names = tensor.parts.map { prefix + $0.name }
            used.formUnion(names)
            table.rows.append(
                .init(
                    name: tensor.name, source: names.joined(separator: ", "), shape: parameter.shape, outcome: .taken))
        }
        for name in source.directory.names where !used.contains(name) {
            table.rows.append(.init(name: "", source: name, shape: [], outcome: .left))
        }
    }

    private static func tokenizer(
        _ options: ImportOptions, _ text: HuggingFaceDirectory?, _ config: ModelConfig
    ) throws -> Tokenizer? {
        let place = options.tokenizer ?? text.flatMap { Tokenizer.exists(in: $0.path) ? $0.path : nil }
        guard let place else { return nil }
        let tokenizer = try Tokenizer(directory: place)
        guard tokenizer.vocabularySize == config.vocabulary else {
            throw RecipeContradiction(
                "the tokenizer in \(place) has \(tokenizer.vocabularySize) tokens, the model \(config.vocabulary)")
        }
        return tokenizer
    }

    private static func write(
        _ store: ParameterStore, _ config: ModelConfig, _ origin: Origin, _ tokenizer: Tokenizer?, to path: String
    ) throws {
        let contents = CheckpointContents(weights: store.checkpointTensors(of: store.weights))
        let writer = CheckpointWriter(path: path, step: 0, layout: CheckpointLayout(contents))
        do {
            try writer.begin()
            let digests = try writer.write(contents, rank: 0, ranks: 1)
            try writer.commit(
                parts: digests, state: origin, config: try ConfigFile.bytes(config),
                companions: (tokenizer?.files ?? []).map { .init(name: $0.name, bytes: $0.contents) })
        } catch {
            try writer.abandon()
            throw error
        }
    }
}

extension HuggingFaceNames.Stack {
    init(_ config: EncoderConfig) {
        self.init(layers: config.layers, width: config.width, feedForward: config.feedForward)
    }
}
