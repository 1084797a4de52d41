import ArgumentParser
import MPITransport
import Runtime
import Storage
import Telemetry
import Tensors
import Vision

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at this machine as a run would, and say what to change.",
        discussion: """
            Each line is ok, warn (the run works, with a cost) or fail (it doesn't; the exit code is 2). Start it with \
            mpirun to see what a rank sees.
            """)

    @OptionGroup var json: JSONOption

    func run() throws {
        let libraries = Finding.ok(
            "libraries",
            "zstd \(StorageLibraries.zstd), \(StorageLibraries.crypto), spng \(ImageLibraries.spng), WebP "
                + ImageLibraries.webp)
        let findings =
            ProcessorChecks.findings() + LaunchChecks.findings() + MemoryChecks.findings() + [libraries]
        let failed = findings.contains { $0.level == .fail }
        try json.write(
            ["machine": MachineReport.json, "ok": .bool(!failed), "checks": .array(findings.map(\.json))],
            else: findings.map(\.line))
        if failed { throw Ended(.usage) }
    }
}
