import Collectives
import Testing

@testable import MPITransport

@Suite struct TransportTests {
    @Test("nodes are numbered by their lowest rank, local ranks ascend")
    func topology() {
        let topology = Topology(nodes: [4, 7, 4, 7, 4])
        #expect(topology.nodes == [0, 1, 0, 1, 0])
        #expect(topology.ranks(onNode: 0) == [0, 2, 4])
        #expect((0..<5).map { topology.localRank(of: $0) } == [0, 0, 1, 1, 2])
        #expect(topology.nodeCount == 2 && !topology.isUniform)
        #expect(Topology(nodes: [1, 0, 1, 0]).isUniform)
    }

    @Test("messages between two ranks arrive in the order sent, whatever their delays", arguments: [8, 100_000])
    func order(bytes: Int) throws {
        let results = LoopbackHub(ranks: 2, delays: 0...0.002, seed: 3).run { transport in
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes * 20, alignment: 16)
            defer { memory.deallocate() }
            func part(_ index: Int) -> UnsafeMutableRawBufferPointer {
                UnsafeMutableRawBufferPointer(rebasing: memory[index * bytes..<(index + 1) * bytes])
            }
            for index in 0..<20 {
                let value = transport.rank == 0 ? UInt8(index) : 0
                part(index).initializeMemory(as: UInt8.self, repeating: value)
            }
            var requests: [Request] = []
            for index in 0..<20 {
                requests.append(
                    transport.rank == 0
                        ? try transport.send(UnsafeRawBufferPointer(part(index)), to: 1, tag: 1)
                        : try transport.receive(part(index), from: 0, tag: 1))
            }
            for request in requests { while try !transport.test(request) {} }
            return (0..<20).map { part($0)[bytes - 1] }
        }
        #expect(try results[1].get() == (0..<20).map { UInt8($0) })
    }

    @Test("a message of another length than expected is an error with both lengths")
    func wrongLength() throws {
        let results = LoopbackHub(ranks: 2).run { transport in
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 16)
            defer { memory.deallocate() }
            if transport.rank == 0 {
                _ = try transport.send(UnsafeRawBufferPointer(rebasing: memory[..<12]), to: 1, tag: 1)
            } else {
                let request = try transport.receive(memory, from: 0, tag: 1)
                while try !transport.test(request) {}
            }
        }
        let error = #expect(throws: CommunicationError.Cause.self) { try results[1].get() }
        #expect(error == .transport(call: "receiving from rank 0", message: "expected 16 bytes, found 12"))
    }

    private func environment(_ variables: [String: String]) -> LaunchEnvironment { LaunchEnvironment { variables[$0] } }

    @Test("a plain start is no launch, nor is a batch script outside srun")
    func notLaunched() {
        #expect(!environment([:]).isLaunched)
        #expect(!environment(["SLURM_NTASKS": "8", "SLURM_PROCID": "0", "SLURM_JOB_ID": "5"]).isLaunched)
        let single = ["SLURM_STEP_ID": "0", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"]
        #expect(!environment(single).isLaunched)
    }

    @Test("every launcher is recognised, with the ranks it announces")
    func launched() {
        let launchers = [
            ["OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "1"], ["PMI_SIZE": "4", "PMI_RANK": "1"],
            ["SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "4"],
        ]
        for launcher in launchers {
            let found = environment(launcher)
            #expect(found.isLaunched && found.size == 4 && found.rank == 1, "\(launcher)")
        }
        #expect(environment(["PMIX_RANK": "2"]).isLaunched)
    }

    @Test("the MPI library names itself without being initialised")
    func version() {
        let version = MPITransport.libraryVersion
        #expect(version.contains("Open MPI") || version.contains("MPICH"))
    }
}
