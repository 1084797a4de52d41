public import Autograd
public import Batches
import Tensors

/// UNIMO-2 (Li et al. 2022): a visual encoder and a text encoder, the grounded dictionary that both share, the Grounded
/// Transformer over images, grounded tokens and texts, and the heads of its objectives.
public final class UNIMO2: Model {
    public let config: UNIMO2Config
    public let vision: VisionEncoder
    public let text: TextEncoder
    /// Nil in the baseline.
    public let dictionary: GroundedDictionary?
    public let grounded: GroundedTransformer
    public let heads: Heads
    /// In forward order, those of a group of `groups` adjacent.
    public let parameters: [Parameter]
    /// Names of the parameter groups; a baseline has no `dictionary`, a model that hides no grounded tokens no `codes`.
    public static let groups = ["vision", "text", "dictionary", "grounded", "mlm", "codes", "itm", "itc", "simclr"]

    public init(_ config: UNIMO2Config) {
        if let contradiction = config.contradiction { preconditionFailure(contradiction) }
        self.config = config
        var list = ParameterList(deviation: config.initializerRange)
        vision = VisionEncoder(&list, config)
        text = TextEncoder(&list, config)
        dictionary = config.dictionary.map { GroundedDictionary(&list, $0, width: config.grounded.width) }
        grounded = GroundedTransformer(&list, config)
        heads = Heads(&list, config)
        parameters = list.parameters
    }

    public var codeCount: Int { dictionary?.config.codes ?? 0 }

    public var clippedScalars: [(Parameter, ClosedRange<Float>)] {
        [(heads.temperature, Heads.temperatureRange)]
            + (dictionary.map { [($0.sharpness, GroundedDictionary.sharpnessRange)] } ?? [])
    }

    /// A chunk after both encoders.
    public struct Encoded {
        /// `(B·(1 + P), C)`; nil for texts alone.
        public let images: Variable?
        /// `(N, C)`; nil for images alone.
        public let texts: Variable?
        let imageRows: [SampleRows]
        let textRows: [SampleRows]
    }

    /// A chunk after the Grounded Transformer.
    public struct Understanding {
        /// The last layer's rows.
        public let output: GroundedTransformer.Output
        /// Nil in the baseline.
        public let choice: GroundedDictionary.Choice?
    }

    /// Runs a chunk of texts, of pairs or of images through the encoders.
    public func encode(
        images: ImageRows?, _ text: TextRows?, positions: Range<Int>, sight: Sight = .understanding, _ tape: Tape
    ) -> Encoded {
        Encoded(
            images: images.map { vision($0, positions: positions, tape) },
            texts: text.map { self.text($0, sight: sight, tape) },
            imageRows: images.map { vision.rows(count: $0.count, positions: positions) } ?? [],
            textRows: text.map(\.sampleRows) ?? [])
    }

    /// Encoder outputs that come from elsewhere, one image beside each text.
    /// - Parameters: images `(B·(1 + P), C)`, texts `(N, C)` with `offsets` `(B + 1)`.
    public func encoded(images: Variable, texts: Variable, offsets: [Int]) -> Encoded {
        Encoded(
            images: images, texts: texts,
            imageRows: vision.rows(count: offsets.count - 1, positions: 0..<offsets.count - 1),
            textRows: zip(offsets, offsets.dropFirst()).enumerated().map { SampleRows(rows: $1.0..<$1.1, position: $0) }
        )
    }

    /// Chooses grounded tokens and runs the Grounded Transformer. In captioning the dictionary sees the patches only.
    /// - Parameter hidden: rows among the B·G grounded tokens that the Grounded Transformer sees as zeros.
    public func combine(
        _ encoded: Encoded, sight: Sight = .understanding, hidden: [Int32] = [], _ tape: Tape
    ) -> Understanding {
        let choice = dictionary.map { dictionary in
            let seen = sight == .captioning ? [] : encoded.textRows
            return dictionary.choose(
                patches: encoded.images, tokens: seen.isEmpty ? nil : encoded.texts, inputs(encoded.imageRows, seen),
                tape)
        }
        let output = grounded(
            images: encoded.images.map { ($0, encoded.imageRows) },
            grounded: choice.flatMap { dictionary?.visible($0, hidden: hidden, tape) },
            texts: encoded.texts.map { ($0, encoded.textRows) }, sight, tape)
        return Understanding(output: output, choice: choice)
    }

    /// Runs a chunk of texts, of pairs or of images through everything.
    public func understand(
        images: ImageRows?, _ text: TextRows?, positions: Range<Int>, sight: Sight = .understanding,
        hidden: [Int32] = [], _ tape: Tape
    ) -> Understanding {
        let encoded = encode(images: images, text, positions: positions, sight: sight, tape)
        return combine(encoded, sight: sight, hidden: hidden, tape)
    }

    /// The grounded tokens of images alone, from visual encoder outputs that somebody has already.
    /// - Parameter patches: `(B·(1 + P), C)`.
    public func ground(_ patches: Variable, positions: Range<Int>, _ tape: Tape) -> GroundedDictionary.Choice? {
        dictionary?.choose(
            patches: patches, tokens: nil, inputs(vision.rows(count: positions.count, positions: positions), []), tape)
    }

    /// What the dictionary sees of each sample: all rows but the class row's and `<s>`'s.
    private func inputs(_ images: [SampleRows], _ texts: [SampleRows]) -> [DictionaryRows] {
        precondition(
            images.isEmpty || texts.isEmpty || images.count == texts.count,
            "\(images.count) images beside \(texts.count) texts")
        return (0..<max(images.count, texts.count)).map { sample in
            func behindFirst(_ rows: [SampleRows]) -> Range<Int> {
                rows.isEmpty ? 0..<0 : rows[sample].rows.dropFirst()
            }
            return DictionaryRows(patches: behindFirst(images), tokens: behindFirst(texts))
        }
    }

    /// The class rows of images and texts after the Grounded Transformer: `(B, C)` each.
    public func classRows(_ encoded: Encoded, _ tape: Tape) -> (image: Variable, text: Variable) {
        let output = combine(encoded, tape).output
        guard let patches = output.images, let words = output.texts else {
            preconditionFailure("class rows of pairs without images or text")
        }
        let first = encoded.textRows.map { Int32($0.rows.lowerBound) }
        return (vision.classRows(patches, tape), tape.gatherRows(words, first))
    }

    /// Images and texts of a chunk through their encoders, and their unit vectors: the visual encoder's class rows, the text
    /// encoder's `<s>` rows.
    /// - Returns: rows of all samples one after another, and vectors `(B, C)`.
    public func encodeAlone(
        _ images: ImageRows?, _ text: TextRows?, positions: Range<Int>, _ tape: Tape
    ) -> (images: EncodedAlone?, texts: EncodedAlone?) {
        let encoded = encode(images: images, text, positions: positions, tape)
        let patches = encoded.images.map { rows in
            EncodedAlone(
                rows: rows, offsets: encoded.imageRows.map { Int32($0.rows.lowerBound) } + [Int32(rows.rows)],
                vectors: tape.normalize(vision.classRows(rows, tape)))
        }
        let words = encoded.texts.flatMap { rows in
            text.map {
                EncodedAlone(
                    rows: rows, offsets: $0.offsets, vectors: tape.normalize(self.text.firstRows(rows, $0, tape)))
            }
        }
        return (patches, words)
    }

    /// Unit vectors of images: the visual encoder's class rows. `(B, C)`.
    public func imageEmbedding(_ images: ImageRows, positions: Range<Int>, _ tape: Tape) -> Variable {
        tape.normalize(vision.classRows(vision(images, positions: positions, tape), tape))
    }

    /// Unit vectors of texts: the text encoder's `<s>` rows. `(B, C)`.
    public func textEmbedding(_ text: TextRows, _ tape: Tape) -> Variable {
        tape.normalize(self.text.firstRows(self.text(text, tape), text, tape))
    }
}
