public import Autograd
public import Batches
public import Models
import Runtime
public import Tensors

/// What evaluation asks of a model; each kind answers in its own way.
public protocol EvaluableModel: Model {
    /// Width of the unit vectors that retrieval compares.
    var vectorWidth: Int { get }
    /// τ, by which cosines are divided.
    var temperature: Float { get }
    /// The images and the texts of a chunk, each encoded alone.
    func encodeAlone(_ chunk: Chunk, _ tape: Tape) -> (images: EncodedAlone?, texts: EncodedAlone?)
    /// Logits of a chunk's masked tokens `(M, V)`.
    /// - Parameter seesImages: false hides the images.
    func maskedTokenLogits(_ chunk: Chunk, seesImages: Bool, _ tape: Tape) -> Variable
    /// Captions of a chunk's images, none of them begun.
    /// - Parameter ends: before and behind every text.
    /// - Throws: `MemoryFault`.
    func captionState(
        _ chunk: Chunk, ends: (start: Int32, end: Int32), _ tape: Tape
    ) throws(MemoryFault) -> any CaptionState
    /// Logits of every token `(n, V)` from the last layer's rows `(n, C)`.
    func tokenLogits(_ rows: Variable, _ tape: Tape) -> Variable
    func makePairMatcher(_ workspace: Workspace) -> any PairMatcher
}

/// How well any image of a set of pairs goes with any text of it.
public protocol PairMatcher {
    /// Takes the pairs of a chunk, behind those it has.
    /// - Throws: `MemoryFault`.
    mutating func add(_ chunk: Chunk) throws
    /// A score of image `$0.image` beside text `$0.text`, higher for those that go together, for every pair of numbers; as many
    /// pairs as one tape takes.
    /// - Throws: `MemoryFault`.
    func score(_ pairs: [(image: Int, text: Int)]) throws -> [Float]
}

extension PairMatcher {
    /// The scores of any number of pairs.
    /// - Parameter progress: pairs done, pairs in all.
    func scores(
        _ pairs: [(image: Int, text: Int)], progress: (Int, Int) throws -> Void
    ) throws -> [Float] {
        let chunk = 64
        var scores: [Float] = []
        scores.reserveCapacity(pairs.count)
        for start in stride(from: 0, to: pairs.count, by: chunk) {
            scores += try score(Array(pairs[start..<min(start + chunk, pairs.count)]))
            try progress(scores.count, pairs.count)
        }
        return scores
    }
}

extension UNIMO2: EvaluableModel {
    public var vectorWidth: Int { config.text.width }
    public var temperature: Float { heads.temperature.value.floats[0] }

    public func encodeAlone(_ chunk: Chunk, _ tape: Tape) -> (images: EncodedAlone?, texts: EncodedAlone?) {
        encodeAlone(chunk.views.first, chunk.text, positions: chunk.positions, tape)
    }

    public func maskedTokenLogits(_ chunk: Chunk, seesImages: Bool, _ tape: Tape) -> Variable {
        guard let text = chunk.text else { preconditionFailure("images alone have no tokens to tell") }
        let seen = understand(
            images: seesImages ? chunk.views.first : nil, text, positions: chunk.positions, tape)
        guard let rows = seen.output.texts else { preconditionFailure("no text rows") }
        return tokenLogits(tape.gatherRows(rows, text.maskedRows), tape)
    }

    public func captionState(
        _ chunk: Chunk, ends: (start: Int32, end: Int32), _ tape: Tape
    ) throws(MemoryFault) -> any CaptionState {
        guard let images = chunk.views.first else { preconditionFailure("captions of no images") }
        return try GroundedCaptionState(self, images: images, tape)
    }

    public func tokenLogits(_ rows: Variable, _ tape: Tape) -> Variable {
        heads.tokenLogits(rows, word: text.word, tape)
    }

    public func makePairMatcher(_ workspace: Workspace) -> any PairMatcher {
        GroundedPairMatcher(model: self, workspace: workspace)
    }
}

extension UNIMO: EvaluableModel {
    public var vectorWidth: Int { config.projection }
    public var temperature: Float { heads.temperature.value.floats[0] }

    public func encodeAlone(_ chunk: Chunk, _ tape: Tape) -> (images: EncodedAlone?, texts: EncodedAlone?) {
        encodeAlone(chunk.regions, chunk.text, positions: chunk.positions, tape)
    }

    public func maskedTokenLogits(_ chunk: Chunk, seesImages: Bool, _ tape: Tape) -> Variable {
        guard let text = chunk.text else { preconditionFailure("images alone have no tokens to tell") }
        let seen = understand(seesImages ? chunk.regions : nil, text, positions: chunk.positions, tape)
        guard let rows = seen.texts else { preconditionFailure("no text rows") }
        return tokenLogits(tape.gatherRows(rows, text.maskedRows), tape)
    }

    public func captionState(
        _ chunk: Chunk, ends: (start: Int32, end: Int32), _ tape: Tape
    ) throws(MemoryFault) -> any CaptionState {
        guard let regions = chunk.regions else { preconditionFailure("captions of no regions") }
        var empty = TextRows()
        for image in 0..<regions.count {
            empty.append(Sample(key: "", tokens: [ends.start, ends.end]), position: image)
        }
        return try UNIMOCaptionState(self, regions, empty: empty, tape)
    }

    public func tokenLogits(_ rows: Variable, _ tape: Tape) -> Variable {
        heads.tokenLogits(rows, word: text.word, tape)
    }

    public func makePairMatcher(_ workspace: Workspace) -> any PairMatcher {
        JointPairMatcher(model: self, workspace: workspace)
    }
}
