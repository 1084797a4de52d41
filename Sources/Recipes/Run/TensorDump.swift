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
        let file = try SafetensorsWriter(
            file: try OutputFile(path: path),
            tensors: parameters.map { StoredTensor(name: $0.name, dtype: .f32, shape: $0.shape) })
        for parameter in parameters {
            let start = UnsafeRawPointer(base + parameter.range.lowerBound)
            try file.write(parameter.name, UnsafeRawBufferPointer(start: start, count: parameter.count * 4))
        }
        _ = try file.finish()
    }

    private func write(
        _ path: String, _ batch: Batch, _ report: StepReport.BatchReport, choices: [String: [Int32]]
    ) throws {
        var tensors: [(StoredTensor, [UInt8])] = []
        func add(_ name: String, _ values: [Int32]) {
            let bytes = values.withUnsafeBytes { Array($0) }
            tensors.append((StoredTensor(name: name, dtype: .i32, shape: [values.count]), bytes))
        }
        if let text = concatenatedText(batch) {
            add("tokens", text.tokens)
            add("offsets", text.offsets)
            add("masked_rows", text.maskedRows)
            add("labels", text.labels)
            if !text.hiddenCodes.isEmpty {
                add("hidden_sequences", text.hiddenCodes.map(\.sequence))
                add("hidden_places", text.hiddenCodes.map(\.place))
            }
        }
        for (name, values) in choices.sorted(by: { $0.key < $1.key }) { add(name, values) }
        for view in (batch.chunks.first?.views ?? []).indices {
            let pixels = batch.chunks.flatMap { $0.views[view].pixels }
            let size = batch.chunks[0].views[view].size
            let shape = [pixels.count / (3 * size * size), size, size, 3]
            tensors.append((StoredTensor(name: "view\(view)", dtype: .u8, shape: shape), pixels))
        }
        let objective = entries[batch.entry].objective
        var metadata = [
            "objective": objective.name, "entry": "\(batch.entry)", "number": "\(batch.number)",
            "loss": "\(report.loss)",
        ]
        for (term, value) in zip(objective.terms, report.terms) {
            metadata["term/\(term.name)"] = "\(value.value)"
            metadata["weight/\(term.name)"] = "\(term.weight)"
        }
        let file = try SafetensorsWriter(
            file: try OutputFile(path: path), tensors: tensors.map(\.0), metadata: metadata)
        for (tensor, bytes) in tensors { try bytes.withUnsafeBytes { try file.write(tensor.name, $0) } }
        _ = try file.finish()
    }

    private func concatenatedText(_ batch: Batch) -> TextRows? {
        guard batch.chunks.first?.text != nil else { return nil }
        var all = TextRows()
        for text in batch.chunks.compactMap(\.text) {
            let (shift, sequences) = (Int32(all.tokens.count), Int32(all.offsets.count - 1))
            all.hiddenCodes += text.hiddenCodes.map { .init(sequence: $0.sequence + sequences, place: $0.place) }
            all.tokens += text.tokens
            all.offsets += text.offsets.dropFirst().map { $0 + shift }
            all.maskedRows += text.maskedRows.map { $0 + shift }
            all.labels += text.labels
        }
        return all
    }
}
