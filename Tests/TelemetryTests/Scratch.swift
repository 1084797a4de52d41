import Glibc

@testable import Telemetry

/// A temporary directory, removed with it.
final class Scratch {
    let path: String

    init() {
        var template = Array("/tmp/telemetry-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    var names: [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    func bytes(_ name: String) -> [UInt8] {
        guard let file = fopen("\(path)/\(name)", "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return bytes
    }

    func text(_ name: String) -> String { String(decoding: bytes(name), as: UTF8.self) }

    func write(_ name: String, _ text: String) {
        let file = fopen("\(path)/\(name)", "w")
        fputs(text, file)
        fclose(file)
    }
}

/// A step of one batch.
func metrics(_ step: Int, loss: Double = 2.5) -> StepMetrics {
    StepMetrics(
        step: step,
        batches: [
            BatchMetrics(
                objective: "masked_language", corpus: "texts", loss: loss, terms: ["b": 1, "a": 0.5], samples: 8,
                tokens: 100)
        ], learningRate: 1e-4, gradientNorm: 1.5, seconds: 0.5, dataWait: 0.05, exposedCommunication: 0.1)
}
