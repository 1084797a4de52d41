import Autograd
import Tensors

/// Where a layer normalises: before its sublayers (ViT) or after the residual sum (RoBERTa, the Grounded Transformer).
enum NormPlacement { case before, after }

/// One Transformer layer: attention and feed-forward, each with a residual.
struct TransformerLayer {
    let placement: NormPlacement
    let heads: Int
    let norm1: Norm
    let qkv: Linear
    let output: Linear
    let norm2: Norm
    let up: Linear
    let down: Linear
    let dropout: Dropout
    /// First of the three dropout sites of this layer.
    let site: Int

    init(
        _ list: inout ParameterList, _ name: String, _ config: EncoderConfig, placement: NormPlacement,
        dropout: Dropout,
        site: Int
    ) {
        let C = config.width
        self.placement = placement
        self.dropout = dropout
        self.site = site
        heads = config.heads
        norm1 = list.norm("\(name).norm1", C, epsilon: config.epsilon)
        qkv = list.linear("\(name).attention.qkv", from: C, to: 3 * C)
        output = list.linear("\(name).attention.output", from: C, to: C)
        norm2 = list.norm("\(name).norm2", C, epsilon: config.epsilon)
        up = list.linear("\(name).ffn.up", from: C, to: config.feedForward)
        down = list.linear("\(name).ffn.down", from: config.feedForward, to: C)
    }

    /// - Parameters:
    ///   - x: `(N, C)`. - plan: who attends to whom. - samples: whose rows are whose.
    /// - Returns: `(N, C)`.
    func callAsFunction(_ x: Variable, _ plan: AttentionPlan, _ samples: [SampleRows], _ tape: Tape) -> Variable {
        switch placement {
        case .after:
            let h = tape.addLayerNorm(
                attention(x, plan, tape), residual: x, norm1.weight, norm1.bias, epsilon: norm1.epsilon,
                dropout: DropoutSite(dropout, site: site + 1, samples: samples))
            return tape.addLayerNorm(
                feedForward(h, tape), residual: h, norm2.weight, norm2.bias, epsilon: norm2.epsilon,
                dropout: DropoutSite(dropout, site: site + 2, samples: samples))
        case .before:
            let h = tape.add(
                attention(norm1(x, tape), plan, tape), residual: x,
                dropout: DropoutSite(dropout, site: site + 1, samples: samples))
            return tape.add(
                feedForward(norm2(h, tape), tape), residual: h,
                dropout: DropoutSite(dropout, site: site + 2, samples: samples))
        }
    }

    /// The layer for new rows alone, which see rows that were computed before; without a record or dropout.
    /// - Parameters:
    ///   - x: `(n, C)`, behind the rows that `rows` holds. - plan: of all rows, its output the new ones.
    /// - Returns: `(n, C)`.
    /// - Throws: `MemoryFault`.
    func extend(
        _ x: Variable, _ rows: AttentionRows, _ plan: AttentionPlan, _ tape: Tape
    ) throws(MemoryFault) -> Variable {
        precondition(
            placement == .after && !tape.records, "only post-LN stacks are extended, and only without a record")
        let all = try rows.append(qkv(x, tape).value, tape)
        let attended = output(tape.attention(tape.variable(all), heads: heads, plan: plan), tape)
        let h = tape.addLayerNorm(attended, residual: x, norm1.weight, norm1.bias, epsilon: norm1.epsilon)
        return tape.addLayerNorm(
            feedForward(h, tape), residual: h, norm2.weight, norm2.bias, epsilon: norm2.epsilon)
    }

    private func attention(_ x: Variable, _ plan: AttentionPlan, _ tape: Tape) -> Variable {
        output(tape.attention(qkv(x, tape), heads: heads, plan: plan, dropout: dropout, site: site), tape)
    }

    private func feedForward(_ x: Variable, _ tape: Tape) -> Variable {
        tape.feedForward(x, up: up.weight, upBias: up.bias, down: down.weight, downBias: down.bias)
    }
}
