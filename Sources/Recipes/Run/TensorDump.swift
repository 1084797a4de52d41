import Autograd
import Batches
import Objectives
import Storage
import Training

/// The tensors of first steps, for the PyTorch reference: weights before the update, reduced gradients, this rank's batches.
struct TensorDump {
    let directory: RunDirectory
    let store: ParameterStore
    let entries: [TrainedEntry]
    let rank: Int
    let ranks: Int

    func write(_ trace: StepTrace) throws {
        let path = directory.tensors(step: trace.step)
        try Directory.create(path)
        let groups = Set(zip(store.groups, trace.active).filter(\.1).map(\.0.name))
        if rank == 0 {
            try write(path + "/weights.safetensors", store.parameters, store.weights)
            try write(
                path + "/gradients.safetensors", store.parameters.filter { groups.contains($0.group) }, store.gradients)
        }
        for (index, batch) in trace.batches.enumerated() {
            let suffix = ranks == 1 ? "" : "-rank-\(padded(rank, 4))"
            try write(
                path + "/batch-\(padded(index, 2))\(suffix).safetensors", batch, trace.reports[index],
                choices: trace.choices[index])
        }
    }

    private func write(_ path: String, _ parameters: [Parameter], _ base: UnsafeMutablePointer<Float>) throws {
        try AtomicFile.write(to: path) { output in
            let file = try SafetensorsWriter(
                file: output, tensors: parameters.map { StoredTensor(name: $0.name, dtype: .f32, shape: $0.shape) })
            for parameter in parameters {
                let start = UnsafeRawPointer(base + parameter.range.lowerBound)
                try file.write(parameter.name, UnsafeRawBufferPointer(start: start, count: parameter.count * 4))
            }
            return try file.finish()
        }
    }

    private func write(
        _ path: String, _ batch: Batch, _ report: StepReport.BatchReport, choices: [String: [Int32]]
    ) throws {
        let tensors = BatchTensors(batch, choices: choices).tensors
        let objective = entries[batch.entry].objective
        var metadata = [
            "objective": objective.name, "entry": "\(batch.entry)", "number": "\(batch.number)",
            "loss": "\(report.loss)",
        ]
        for (term, value) in zip(objective.terms, report.terms) {
            metadata["term/\(term.name)"] = "\(value.value)"
            metadata["weight/\(term.name)"] = "\(term.weight)"
        }
        try AtomicFile.write(to: path) { [metadata] output in
            let file = try SafetensorsWriter(file: output, tensors: tensors.map(\.0), metadata: metadata)
            for (tensor, bytes) in tensors { try bytes.withUnsafeBytes { try file.write(tensor.name, $0) } }
            return try file.finish()
        }
    }
}
