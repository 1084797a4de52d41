import Autograd
import Checkpoints
import Models
import Runtime
import Storage
import Text

/// What is imported, and into what.
public struct ImportOptions: Sendable {
    /// A directory with a `RobertaModel`; nil leaves the text encoder as drawn.
    public var text: String?
    /// A directory with a `ViTModel`; nil leaves the visual encoder as drawn.
    public var vision: String?
    /// Whose tokenizer goes with it; nil takes the text encoder's, if it has one.
    public var tokenizer: String?
    public var out: String
    /// Of the Grounded Transformer; as many as text layers when nil.
    public var groundedLayers: Int?
    /// K; 0 makes the baseline without a dictionary.
    public var codes: Int
    /// G.
    public var chosen: Int
    /// Of what is not imported.
    public var seed: UInt64

    public init(
        text: String?, vision: String?, tokenizer: String? = nil, out: String, groundedLayers: Int? = nil,
        codes: Int = 2048, chosen: Int = 100, seed: UInt64 = 1
    ) {
        self.text = text
        self.vision = vision
        self.tokenizer = tokenizer
        self.out = out
        self.groundedLayers = groundedLayers
        self.codes = codes
        self.chosen = chosen
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

/// Makes a checkpoint of weights from a RoBERTa and a ViT of Hugging Face's: `init:` in a recipe starts from it.
public struct ModelImport {
    /// An encoder to be read: where it is, what its names begin with, and what of it we take.
    private struct Source {
        let directory: HuggingFaceDirectory
        let prefix: String
        let tensors: [(tensor: ExchangedTensor, prefix: String)]
    }

    /// What `state.json` says of an import.
    private struct Origin: Codable {
        var imported: [String: String]
        var seed: UInt64
    }

    public static func run(_ options: ImportOptions) throws -> ImportTable {
        guard options.text != nil || options.vision != nil else {
            throw RecipeContradiction(
                "nothing to import: name a RobertaModel with --text, a ViTModel with --vision, or both")
        }
        guard !Directory.exists(options.out) else {
            throw RecipeContradiction("\(options.out) exists; choose another place, or remove it")
        }
        let text = try options.text.map { try HuggingFaceDirectory(path: $0) }
        let vision = try options.vision.map { try HuggingFaceDirectory(path: $0) }
        let config = try config(options, text, vision)
        let model = UNIMO2(config)
        let store = ParameterStore(model.parameters, alignment: 16)
        store.initialize(seed: options.seed)
        var table = ImportTable()
        let sources = [text.map { source(text: $0, config) }, vision.map { source(vision: $0, config) }]
        for source in sources.compactMap({ $0 }) { try take(source, into: store, &table) }
        let taken = Set(table.rows.filter { $0.outcome == .taken }.map(\.name))
        for parameter in store.parameters where !taken.contains(parameter.name) {
            table.rows.append(.init(name: parameter.name, source: "", shape: parameter.shape, outcome: .drawn))
        }
        let tokenizer = try tokenizer(options, text, config)
        table.hasTokenizer = tokenizer != nil
        let imported = ["text": options.text, "vision": options.vision].compactMapValues { $0 }
        try write(store, config, Origin(imported: imported, seed: options.seed), tokenizer, to: options.out)
        return table
    }

    /// Sizes from whatever is given; an encoder that is not imported takes the other's.
    private static func config(
        _ options: ImportOptions, _ text: HuggingFaceDirectory?, _ vision: HuggingFaceDirectory?
    ) throws -> UNIMO2Config {
        let roberta = try text.map { try HuggingFaceConfig.read(RobertaConfig.self, $0) }
        let vit = try vision.map { try HuggingFaceConfig.read(ViTConfig.self, $0) }
        if let roberta, let text { try HuggingFaceConfig.check(roberta.unsupported, text) }
        if let vit, let vision { try HuggingFaceConfig.check(vit.unsupported, vision) }
        guard var textStack = roberta?.stack ?? vit?.stack, var visionStack = vit?.stack ?? roberta?.stack else {
            preconditionFailure("neither encoder is given")
        }
        if roberta == nil { textStack.epsilon = EncoderConfig.textEpsilon }
        if vit == nil { visionStack.epsilon = EncoderConfig.visionEpsilon }
        var grounded = textStack
        grounded.layers = options.groundedLayers ?? textStack.layers
        let config = UNIMO2Config(
            vocabulary: roberta?.vocab_size ?? 50_265, maxTokens: (roberta?.max_position_embeddings ?? 514) - 2,
            imageSize: vit?.image_size ?? 224, patchSize: vit?.patch_size ?? 16, vision: visionStack, text: textStack,
            grounded: grounded,
            dictionary: options.codes > 0 ? DictionaryConfig(codes: options.codes, chosen: options.chosen) : nil,
            projection: 256, dropout: 0.1)
        if let contradiction = config.contradiction { throw RecipeContradiction("imported model: \(contradiction)") }
        return config
    }

    /// A RoBERTa gives the text encoder, the language-model head where it was saved with one, and the first layers of the
    /// Grounded Transformer, as UNIMO-2 starts it.
    private static func source(text directory: HuggingFaceDirectory, _ config: UNIMO2Config) -> Source {
        let stack = HuggingFaceNames.Stack(config.text)
        let word = "embeddings.word_embeddings.weight"
        let prefix = directory.prefix(["", "roberta."], of: word) ?? ""
        let encoder = HuggingFaceNames.roberta(stack, vocabulary: config.vocabulary, positions: config.maxTokens + 2)
        let shared = min(config.text.layers, config.grounded.layers)
        let grounded = HuggingFaceNames.robertaLayers(
            "grounded", .init(layers: shared, width: stack.width, feedForward: stack.feedForward))
        let head = HuggingFaceNames.robertaHead(width: stack.width, vocabulary: config.vocabulary)
        let hasHead = head.allSatisfy { directory.has($0, prefix: "") }
        return Source(
            directory: directory, prefix: prefix,
            tensors: (encoder + grounded).map { ($0, prefix) } + (hasHead ? head.map { ($0, "") } : []))
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
        _ options: ImportOptions, _ text: HuggingFaceDirectory?, _ config: UNIMO2Config
    ) throws -> Tokenizer? {
        let place = options.tokenizer ?? text.flatMap { Directory.exists($0.path + "/vocab.json") ? $0.path : nil }
        guard let place else { return nil }
        let tokenizer = try Tokenizer(directory: place)
        guard tokenizer.vocabularySize == config.vocabulary else {
            throw RecipeContradiction(
                "the tokenizer in \(place) has \(tokenizer.vocabularySize) tokens, the model \(config.vocabulary)")
        }
        return tokenizer
    }

    private static func write(
        _ store: ParameterStore, _ config: UNIMO2Config, _ origin: Origin, _ tokenizer: Tokenizer?, to path: String
    ) throws {
        let contents = CheckpointContents(weights: store.checkpointTensors(of: store.weights))
        let writer = CheckpointWriter(path: path, step: 0, layout: CheckpointLayout(contents))
        do {
            try writer.begin()
            let digests = try writer.write(contents, rank: 0, ranks: 1)
            try writer.commit(
                parts: digests, state: origin, config: try ConfigFile.bytes(.unimo2(config)),
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
