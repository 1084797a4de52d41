import ArgumentParser
import Runtime
import Tensors

struct BenchMatmul: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matmul",
        abstract: "Time fp32 matrix products on the shapes of a base-sized model, one thread.",
        discussion: """
            The limit is what fused multiply-adds on registers reach, measured between the products. Names are \
            rows × outputs × inputs of y = x·Wᵀ; d-input is dy·W, d-weight accumulates dyᵀ·x.
            """)

    @Option(help: ArgumentHelp("Repetitions of each product; the median counts.", valueName: "count"))
    var repetitions = 7

    @OptionGroup var json: JSONOption

    func validate() throws {
        guard (1...1000).contains(repetitions) else {
            throw ValidationError("--repetitions takes a number in 1...1000, not \(repetitions)")
        }
    }

    func run() throws {
        MatrixLibrary.configure()
        if let note = MatrixLibrary.inheritedSetting { Program.complain(note) }
        BenchmarkRow.print(MatrixBenchmark(repetitions: repetitions).rows(), as: json)
    }
}

/// Products of base-sized layers: 1,024 rows, 768 wide.
private struct MatrixBenchmark {
    let repetitions: Int

    /// Rows, outputs, inputs.
    private static let shapes = [(1024, 768, 768), (1024, 3072, 768), (1024, 768, 3072), (192, 50_265, 768)]

    func rows() -> [BenchmarkRow] {
        var rows: [BenchmarkRow] = []
        var peak = PeakArithmetic.measure()
        for (m, n, k) in Self.shapes {
            let (x, weight, y) = (Matrix(m, k), Matrix(n, k), Matrix(m, n))
            let name = "\(m) × \(n) × \(k)"
            let work = 2 * Double(m) * Double(n) * Double(k)
            func time(_ kind: String, _ body: () -> Void) {
                rows.append(BenchmarkRow(name: kind + name, value: work / median(body) * 1e-9, unit: "GFLOP/s"))
                peak = max(peak, PeakArithmetic.measure())
            }
            time("") {
                multiply(m: m, n: n, k: k, x.operand, weight.transposed, beta: 0, into: y.floats, cStride: n)
            }
            time("d-input ") {
                multiply(m: m, n: k, k: n, y.operand, weight.operand, beta: 0, into: x.floats, cStride: k)
            }
            time("d-weight ") {
                multiply(m: n, n: k, k: m, y.transposed, x.operand, beta: 1, into: weight.floats, cStride: k)
            }
        }
        return rows.map { row in
            var row = row
            row.peak = peak
            return row
        }
    }

    /// Seconds.
    private func median(_ body: () -> Void) -> Double {
        body()
        let times = (0..<repetitions).map { _ in
            let start = Clock.seconds
            body()
            return Clock.seconds - start
        }
        return times.sorted()[repetitions / 2]
    }
}

/// `(rows, columns)` floats of their own.
private final class Matrix {
    let floats: UnsafeMutablePointer<Float>
    private let columns: Int

    init(_ rows: Int, _ columns: Int) {
        self.columns = columns
        floats = .allocate(capacity: rows * columns)
        // Small multiples of a power of two: sums stay finite however often they are repeated.
        for index in 0..<rows * columns { floats[index] = Float(index % 7 - 3) * 0x1p-12 }
    }

    deinit { floats.deallocate() }

    var operand: Operand { Operand(floats, stride: columns) }
    var transposed: Operand { Operand(floats, stride: columns, transposed: true) }
}
