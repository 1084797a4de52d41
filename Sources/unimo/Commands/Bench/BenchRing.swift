import ArgumentParser
import Collectives
import MPITransport
import Recipes
import Runtime
import Telemetry

struct BenchRing: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ring",
        abstract: "Time the ways of summing gradients over ranks; start it with mpirun.",
        discussion: """
            GB/s of payload: bytes over the median time of the slowest rank. ring and window are ours, MPI_Allreduce is \
            the library's. Example: mpirun -np 2 unimo bench ring
            """)

    @Option(
        name: .customLong("sizes"), parsing: .upToNextOption,
        help: "Payloads.")
    var sizes = [1, 4, 16, 64, 256].map { ByteSize(bytes: $0 << 20) }

    @Option(help: ArgumentHelp("Repetitions; the median counts.", valueName: "count"))
    var repetitions = 7

    @OptionGroup var json: JSONOption

    func validate() throws {
        guard sizes.allSatisfy({ $0.bytes > 0 && $0.bytes % 4 == 0 && $0.bytes <= 1 << 34 }) else {
            throw ValidationError("--sizes takes multiples of 4 bytes up to 16GiB")
        }
        try NumberOption.check("--repetitions", repetitions, in: NumberOption.repetitions)
    }

    func run() throws {
        guard MPITransport.launched() else {
            throw UsageError(description: "bench ring times ranks against each other; start it with mpirun -np 2")
        }
        try MPIRun.perform { thread, transport in
            let rival = RingBenchmark.Rival(name: "MPI_Allreduce") { try transport.allReduce($0, count: $1) }
            let (rows, notes) = try RingBenchmark.run(
                on: thread, sizes: sizes.map(\.bytes), repetitions: repetitions, rival: rival)
            guard thread.rank == 0 else { return }
            let table = rows.map {
                BenchmarkRow(name: $0.name, value: $0.value, unit: RingBenchmark.Row.unit, peak: nil, bytes: $0.bytes)
            }
            try BenchmarkRow.write(table, notes: notes, as: json)
        }
    }
}
