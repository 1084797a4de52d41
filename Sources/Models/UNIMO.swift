public import Autograd
public import Batches
import Tensors

/// UNIMO (Li et al. 2021): one post-LN Transformer that images as regions, texts, and both in one sequence share.
public final class UNIMO: Model {
    public let config: UNIMOConfig
    public let regions: RegionEmbedding
    public let text: TextEmbedding
    public let heads: UNIMOHeads
    public let parameters: [Parameter]
    public static let groups = ["regions", "text", "transformer", "mlm", "mrm", "cmcl"]
    let layers: [TransformerLayer]

    /// Dropout sites of the layers start here, above the embeddings'.
    private static let firstSite = 2

    public init(_ config: UNIMOConfig) {
        if let contradiction = config.contradiction { preconditionFailure(contradiction) }
        self.config = config
        var list = ParameterList(deviation: config.initializerRange ?? 0.02)
        let dropout = Dropout(rate: config.dropout)
        let C = config.transformer.width
        regions = RegionEmbedding(
            &list, features: config.regionWidth, width: C, epsilon: config.transformer.epsilon, dropout: dropout)
        text = TextEmbedding(
            &list, vocabulary: config.vocabulary, maxTokens: config.maxTokens, width: C,
            epsilon: config.transformer.epsilon, dropout: dropout)
        layers = (0..<config.transformer.layers).map { i in
            TransformerLayer(
                &list, "transformer.layers.\(i)", config.transformer, placement: .after, dropout: dropout,
                site: UNIMO.firstSite + 3 * i)
        }
        heads = UNIMOHeads(&list, config)
        parameters = list.parameters
    }

    public var clippedScalars: [(Parameter, ClosedRange<Float>)] {
        [(heads.temperature, UNIMOHeads.temperatureRange)]
    }

    public var codeCount: Int { 0 }

    /// The last layer's rows of each kind, those of all sequences one after another.
    public struct Output {
        /// Nil where no sequence has an image.
        public let images: Variable?
        public let texts: Variable?
        /// Rows that generate.
        public let targets: Variable?
        /// Rows of [IMG] in `images` and of `<s>` in `texts`, by sequence; nil where it has none.
        public let imageStarts: [Int32?]
        public let textStarts: [Int32?]
    }

    /// Embedded images and texts of a chunk, before they are made into sequences.
    public struct Embedded {
        /// `(N, C)` with `(B + 1)` offsets.
        let images: (rows: Variable, offsets: [Int32])?
        let texts: (rows: Variable, offsets: [Int32])?
        let targets: (rows: Variable, offsets: [Int32])?
    }

    /// - Parameters:
    ///   - positions: of the images' samples in the global batch. - targets: texts to be generated, one behind each text.
    public func embed(
        _ images: RegionRows?, positions: [Int], _ text: TextRows?, targets: TextRows? = nil, _ tape: Tape
    ) -> Embedded {
        Embedded(
            images: images.map { images in
                (tape.scoped { regions(images, positions: positions, tape) }, images.offsets)
            },
            texts: text.map { text in (tape.scoped { self.text(text, tape) }, text.offsets) },
            targets: targets.map { text in (tape.scoped { self.text(text, tape) }, text.offsets) })
    }

    /// Runs sequences through the Transformer. Rows of a sequence see each other; a target's see the sequence and those
    /// before them.
    public func transform(_ embedded: Embedded, _ sequences: [ModalSequence], _ tape: Tape) -> Output {
        let layout = SequenceLayout(
            sequences, images: embedded.images?.offsets, texts: embedded.texts?.offsets,
            targets: embedded.targets?.offsets)
        let images = embedded.images.map { arranged($0.rows, layout.imageRows, tape) }
        let blocks = [images, embedded.texts?.rows, embedded.targets?.rows].compactMap { $0 }
        let rows = blocks.count == 1 ? blocks[0] : tape.stackRows(blocks)
        precondition(
            rows.rows == layout.samples.reduce(0) { $0 + $1.rows.count },
            "sequences leave out rows of \(rows.value.shape)")
        let places = layout.samples
        let x = tape.stack(layers, on: rows) { layer, x in layer(x, layout.plan, places, tape) }
        var start = 0
        func part(_ block: Variable?) -> (rows: Variable?, start: Int) {
            guard let block else { return (nil, start) }
            defer { start += block.rows }
            return (tape.slice(x, start..<start + block.rows), start)
        }
        let (v, t, g) = (part(images), part(embedded.texts?.rows), part(embedded.targets?.rows))
        func starts(_ samples: [SampleRows?], _ block: Int) -> [Int32?] {
            samples.map { $0.map { Int32($0.rows.lowerBound - block) } }
        }
        return Output(
            images: v.rows, texts: t.rows, targets: g.rows, imageStarts: starts(layout.images, v.start),
            textStarts: starts(layout.texts, t.start))
    }

    /// Images in the order of the sequences: as they are, when each belongs to one and they are in order.
    private func arranged(_ images: Variable, _ rows: [Int32], _ tape: Tape) -> Variable {
        rows.count == images.rows && rows.indices.allSatisfy { rows[$0] == Int32($0) }
            ? images : tape.gatherRows(images, rows)
    }

    /// One sequence per sample: its image, its text, or both.
    public func understand(
        _ images: RegionRows?, _ text: TextRows?, targets: TextRows? = nil, positions: Range<Int>, _ tape: Tape
    ) -> Output {
        let sequences =
            images == nil
            ? (text?.positions ?? []).enumerated().map { ModalSequence(text: $0, position: $1) }
            : positions.enumerated().map { ModalSequence(image: $0, text: text == nil ? nil : $0, position: $1) }
        return transform(
            embed(images, positions: Array(positions), text, targets: targets, tape), sequences, tape)
    }

    /// Unit vectors of the images and of the texts of sequences, in their order.
    public func vectors(
        of sequences: [ModalSequence], _ embedded: Embedded, _ tape: Tape
    ) -> (images: Variable, texts: Variable) {
        let seen = transform(embedded, sequences, tape)
        guard let images = seen.images, let texts = seen.texts else { preconditionFailure("no rows of pairs") }
        return (
            heads.image(tape.gatherRows(images, seen.imageStarts.compactMap { $0 }), tape),
            heads.text(tape.gatherRows(texts, seen.textStarts.compactMap { $0 }), tape)
        )
    }

    /// Images and texts of a chunk, each in a sequence of its own, and their unit vectors.
    /// - Returns: rows and their offsets as in `Output`, and vectors `(B, projection)`.
    public func encodeAlone(
        _ images: RegionRows?, _ text: TextRows?, positions: Range<Int>, _ tape: Tape
    ) -> (images: EncodedAlone?, texts: EncodedAlone?) {
        let pictures = images == nil ? [] : positions.enumerated().map { ModalSequence(image: $0, position: $1) }
        let words = (text?.positions ?? []).enumerated().map { ModalSequence(text: $0, position: $1) }
        let seen = transform(embed(images, positions: Array(positions), text, tape), pictures + words, tape)
        func encoded(
            _ rows: Variable?, _ starts: [Int32?], _ vectors: (Variable, Tape) -> Variable
        ) -> EncodedAlone? {
            guard let rows else { return nil }
            let starts = starts.compactMap { $0 }
            return EncodedAlone(
                rows: rows, offsets: starts + [Int32(rows.rows)], vectors: vectors(tape.gatherRows(rows, starts), tape))
        }
        return (encoded(seen.images, seen.imageStarts, heads.image), encoded(seen.texts, seen.textStarts, heads.text))
    }
}
