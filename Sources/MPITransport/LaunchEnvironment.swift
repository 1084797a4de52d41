import Glibc

/// What launchers say in the environment, before MPI is asked.
struct LaunchEnvironment: Equatable {
    /// Number of ranks, where the launcher says.
    var size: Int?
    var rank: Int?
    var isLaunched: Bool

    static let current = LaunchEnvironment { name in getenv(name).map { String(cString: $0) } }

    init(_ value: (String) -> String?) {
        func number(_ name: String) -> Int? { value(name).flatMap { Int($0) } }
        // Open MPI's mpirun; then MPICH's and Intel's; then Slurm's srun, which sets its variables in a batch script too
        // but the step only for what it launched.
        if let ompi = number("OMPI_COMM_WORLD_SIZE") {
            self.init(size: ompi, rank: number("OMPI_COMM_WORLD_RANK"), isLaunched: true)
        } else if number("PMI_RANK") != nil || number("PMI_SIZE") != nil {
            self.init(size: number("PMI_SIZE"), rank: number("PMI_RANK"), isLaunched: true)
        } else if number("SLURM_STEP_ID") != nil, number("SLURM_PROCID") != nil, value("SLURM_STEP_NUM_TASKS") != nil {
            let size = number("SLURM_STEP_NUM_TASKS")
            let isJob = (size ?? 1) > 1 || value("PMIX_RANK") != nil
            self.init(size: size, rank: number("SLURM_PROCID"), isLaunched: isJob)
        } else {
            self.init(size: nil, rank: number("PMIX_RANK"), isLaunched: number("PMIX_RANK") != nil)
        }
    }

    private init(size: Int?, rank: Int?, isLaunched: Bool) {
        self.size = size
        self.rank = rank
        self.isLaunched = isLaunched
    }
}
