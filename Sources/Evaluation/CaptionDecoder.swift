import Autograd
import Glibc
public import Batches
import Models
import Tensors

/// Describes images with a model trained on captioning: greedily, or by beam search. Images of a chunk go together.
public struct CaptionDecoder {
    public let model: any EvaluableModel
    public let workspace: Workspace
    /// Token ids before and behind every text.
    public let ends: (start: Int32, end: Int32)
    /// Ids that no caption holds: special tokens but the end.
    public let forbidden: Set<Int32>
    /// Tokens of a caption with both ends, at most.
    public let maxTokens: Int
    /// Captions kept per image at each token; 1 is greedy.
    public let beams: Int
    /// A finished caption's log-likelihood is divided by its length to this power.
    public let lengthPenalty: Double

    public init(
        model: any EvaluableModel, workspace: Workspace, ends: (start: Int32, end: Int32), forbidden: Set<Int32>,
        maxTokens: Int, beams: Int = 1, lengthPenalty: Double = 0.6
    ) {
        precondition(beams > 0 && maxTokens >= 2, "\(beams) beams of \(maxTokens) tokens")
        self.model = model
        self.workspace = workspace
        self.ends = ends
        self.forbidden = forbidden
        self.maxTokens = maxTokens
        self.beams = beams
        self.lengthPenalty = lengthPenalty
    }

    /// A caption in the making, or done.
    private struct Hypothesis {
        var tokens: [Int32]
        /// Numbers of the tokens but the last.
        var numbers: [Int] = []
        var logLikelihood = 0.0
        var isDone = false
    }

    /// Bytes that the captions of a chunk take: those of its tape, and of what is kept of images and of as many tokens as most
    /// captions have.
    public func footprint(_ chunk: Chunk) throws -> Int {
        var kept = 0
        let tape = try Tape.footprint(workspace.pool) { tape in
            let state = try model.captionState(chunk, ends: ends, tape)
            let images = state.byteCount
            _ = try tokens(state, Array(repeating: first(image: 0), count: chunk.positions.count * beams), tape)
            kept = images + (state.byteCount - images) * min(maxTokens, 64)
        }
        return tape + kept
    }

    private func first(image: Int) -> CaptionContinuation {
        CaptionContinuation(image: image, token: ends.start, earlier: [])
    }

    /// Adds tokens to captions.
    /// - Returns: logits of the next ones `(n, V)`, and the numbers of those added.
    private func tokens(
        _ state: any CaptionState, _ next: [CaptionContinuation], _ tape: Tape
    ) throws -> (logits: Variable, numbers: Range<Int>) {
        let (rows, numbers) = try state.extend(next, tape)
        return (model.tokenLogits(rows, tape), numbers)
    }

    /// - Returns: the tokens of the best caption of each of a chunk's images, without both ends.
    /// - Throws: `MemoryFault`.
    public func captions(_ chunk: Chunk) throws -> [[Int32]] {
        let B = chunk.positions.count
        var beams = [[Hypothesis]](repeating: [Hypothesis(tokens: [ends.start])], count: B)
        let bytes = try footprint(chunk)
        let state = try model.captionState(chunk, ends: ends, workspace.tape(byteCount: bytes))
        for _ in 1..<maxTokens {
            let open = beams.indices.flatMap { image in
                beams[image].filter { !$0.isDone }.map { (image: image, hypothesis: $0) }
            }
            if open.isEmpty { break }
            var next = beams.map { $0.filter(\.isDone) }
            for (item, found) in zip(open, try extend(open, state, workspace.tape(byteCount: bytes))) {
                next[item.image] += found
            }
            beams = next.map { Array($0.sorted { score($0) > score($1) }.prefix(self.beams)) }
        }
        return beams.map { hypotheses in
            let best = hypotheses.max { score($0) < score($1) }?.tokens.dropFirst() ?? []
            return best.last == ends.end ? Array(best.dropLast()) : Array(best)
        }
    }

    /// Length-normalised, so that short captions have no advantage.
    private func score(_ hypothesis: Hypothesis) -> Double {
        guard beams > 1 else { return hypothesis.logLikelihood }
        return hypothesis.logLikelihood / pow(Double(hypothesis.tokens.count - 1), lengthPenalty)
    }

    /// The best continuations of each hypothesis.
    private func extend(
        _ open: [(image: Int, hypothesis: Hypothesis)], _ state: any CaptionState, _ tape: Tape
    ) throws -> [[Hypothesis]] {
        let continuations = open.map { image, hypothesis in
            CaptionContinuation(
                image: image, token: hypothesis.tokens[hypothesis.tokens.count - 1], earlier: hypothesis.numbers)
        }
        let (variable, numbers) = try tokens(state, continuations, tape)
        let logits = variable.value
        return zip(open, numbers).enumerated().map { row, item in
            var hypothesis = item.0.hypothesis
            hypothesis.numbers.append(item.1)
            return self.continuations(of: hypothesis, logits.rows(row..<row + 1))
        }
    }

    private func continuations(of hypothesis: Hypothesis, _ logits: Tensor) -> [Hypothesis] {
        let V = logits.columns
        for id in forbidden where Int(id) < V && id != ends.end { logits.floats[Int(id)] = -.infinity }
        let largest = (0..<V).map { logits.floats[$0] }.max() ?? 0
        let logSum = log((0..<V).reduce(0.0) { $0 + exp(Double(logits.floats[$1] - largest)) })
        var best: [Int] = []
        for id in 0..<V where best.count < beams || logits.floats[id] > logits.floats[best[best.count - 1]] {
            let place = best.firstIndex { logits.floats[$0] < logits.floats[id] } ?? best.count
            best.insert(id, at: place)
            if best.count > beams { best.removeLast() }
        }
        return best.map { id in
            Hypothesis(
                tokens: hypothesis.tokens + [Int32(id)], numbers: hypothesis.numbers,
                logLikelihood: hypothesis.logLikelihood + Double(logits.floats[id] - largest) - logSum,
                isDone: Int32(id) == ends.end)
        }
    }
}
