import Autograd
import Foundation
import Rehearsal
import Runtime

/// An operation with the inputs of its golden.
struct OperationGolden {
    let golden: GoldenFile
    let instance: OperationInstance

    init(_ operation: OperationCase, pool: WorkerPool) throws {
        let golden = try GoldenFile(operation.name, suite: #filePath)
        let shapes = Dictionary(
            uniqueKeysWithValues: golden.names("input/").map { ($0, golden.shape("input/\($0)")) })
        let instance = try OperationInstance(operation, size: .small, pool: pool, shapes: shapes)
        for input in operation.inputs {
            let name = "input/\(input.name)"
            switch input.contents {
            case .variable, .parameter, .constant: instance.set(input.name, try golden.floats(name))
            case .integers: instance.set(input.name, try golden.integers(name))
            case .bytes:
                instance.set(input.name, try golden.bytes(name))
                instance.set("image_size", Double(golden.shape(name)[1]))
            }
        }
        for (name, text) in golden.metadata {
            if let number = Double(text) { instance.set(name, number) }
        }
        instance.set(try Self.layout(golden))
        self.golden = golden
        self.instance = instance
    }

    private struct Block: Decodable {
        let query: [Int]
        let keys: [[Int]]
        let causal: Bool
        let position: Int?
    }

    private static func layout(_ golden: GoldenFile) throws -> OperationLayout {
        var layout = OperationLayout()
        if let text = golden.metadata["samples"] {
            layout.samples = try JSONDecoder().decode([[Int]].self, from: Data(text.utf8)).map {
                SampleRows(rows: $0[0]..<$0[1], position: $0[2], first: $0[3])
            }
        }
        guard let text = golden.metadata["plan"] else { return layout }
        // Blocks of one position are one sample; without positions every block is one.
        var samples: [(position: Int, blocks: [AttentionPlan.Block])] = []
        for (index, block) in try JSONDecoder().decode([Block].self, from: Data(text.utf8)).enumerated() {
            let position = block.position ?? index
            let attended = AttentionPlan.Block(
                queries: block.query[0]..<block.query[1], keys: block.keys.map { $0[0]..<$0[1] }, causal: block.causal)
            if let place = samples.firstIndex(where: { $0.position == position }) {
                samples[place].blocks.append(attended)
            } else {
                samples.append((position, [attended]))
            }
        }
        layout.plan = AttentionPlan(samples.map { AttentionPlan.Sample(blocks: $0.blocks, position: $0.position) })
        return layout
    }
}
