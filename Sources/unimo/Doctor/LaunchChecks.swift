import Glibc
import MPITransport

/// MPI and what launches ranks.
enum LaunchChecks {
    static func findings() -> [Finding] { [library(), launcher(), environment()] }

    private static func library() -> Finding { .ok("mpi", MPITransport.libraryVersion) }

    private static func launcher() -> Finding {
        let found = ["mpirun", "srun"].compactMap(path(of:))
        guard !found.isEmpty else {
            return .warn(
                "launcher", "neither mpirun nor srun is in PATH",
                remedy: "install openmpi-bin; one rank needs no launcher")
        }
        let isRoot = geteuid() == 0 && getenv("OMPI_ALLOW_RUN_AS_ROOT") == nil
        if isRoot && MPITransport.libraryVersion.contains("Open MPI") {
            return .warn(
                "launcher", "\(found.joined(separator: ", ")); Open MPI refuses to launch as root",
                remedy: "set OMPI_ALLOW_RUN_AS_ROOT=1 and OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1")
        }
        return .ok("launcher", found.joined(separator: ", "))
    }

    private static func environment() -> Finding {
        let names = [
            "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE", "PMI_SIZE", "PMI_RANK",
            "PMIX_RANK", "SLURM_JOB_ID", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID",
        ]
        let set = names.compactMap { name in getenv(name).map { "\(name)=\(String(cString: $0))" } }
        let text = MPITransport.launched() ? "launched as a rank" : "not launched: one rank"
        return .ok("ranks", set.isEmpty ? text : "\(text) (\(set.joined(separator: " ")))")
    }

    private static func path(of program: String) -> String? {
        let folders = getenv("PATH").map { String(cString: $0) } ?? ""
        return folders.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}
