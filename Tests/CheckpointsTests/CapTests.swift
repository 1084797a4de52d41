import Rehearsal
import Runtime
import Storage
import Testing

@testable import Checkpoints

@Suite("Names and numbers in a checkpoint") struct CapTests {
    @Test("an entry whose name is empty, or begins with a bracket, is no slice of optimizer state")
    func names() {
        for name in ["", "[", "[0:5]", ".", "w", "w.", "w.exp_avg["] {
            let entry = StoredTensor(name: name, dtype: .f32, shape: [5])
            let slice = OptimizerSlice(entry: entry, metadata: "0:5/5")
            #expect((slice == nil) == (name != "w.exp_avg["), "\(name)")
        }
    }

    @Test("a step that no run reaches is damage", arguments: [-1, Int.max, Int.min])
    func steps(step: Int) {
        let text = #"{"format":"unimo-checkpoint","version":1,"tool":"t","step":\#(step)}"#
        let error = #expect(throws: CheckpointError.self) {
            try CheckpointState.head(Array(text.utf8), path: "state.json")
        }
        guard case .damaged = error else { return #expect(Bool(false), "\(String(describing: error))") }
    }
}
