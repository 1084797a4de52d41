import Checkpoints
import Autograd
import Batches
public import Collectives
import Corpora
import Glibc
import Logging
import Models
public import Runtime
import Storage
import Telemetry
import Tensors
import Text
import Training

/// What the command line says about a run.
public struct RunOptions: Sendable {
    public enum Resume: Sendable, Equatable {
        /// From the newest whole checkpoint of the run directory, or from the start when there is none.
        case auto
        /// From the start; refused where there are checkpoints.
        case never
        /// From this checkpoint.
        case checkpoint(String)
    }

    public var recipe: String
    public var overrides: [String]
    /// Nil: `runs/<recipe's name>`.
    public var directory: String?
    public var resume: Resume
    /// A launcher started this process.
    public var isLaunched = false

    public init(recipe: String, overrides: [String] = [], directory: String? = nil, resume: Resume = .auto) {
        self.recipe = recipe
        self.overrides = overrides
        self.directory = directory
        self.resume = resume
    }
}

/// A recipe's run on this rank: everything assembled, then step after step.
public final class Run {
    let recipe: Recipe
    let resolved: ResolvedRecipe
    let directory: RunDirectory
    let communication: CommunicationThread
    let log: Logger
    let lock: DirectoryLock?
    let keeper: CheckpointKeeper
    let checkpoint: ResumePoint?
    let data: DataSetup
    let config: ModelConfig
    let trainer: Trainer
    let snapshot: Snapshot
    let pool: WorkerPool
    let arena: Arena
    let isLaunched: Bool
    private let gradients: SharedRegion

    /// Trains as the options say. Collective over the ranks of `communication`.
    /// - Returns: `.done`, or `.stopped` after a request to stop.
    public static func train(_ options: RunOptions, _ communication: CommunicationThread) throws -> ExitCode {
        MatrixLibrary.configure()
        while true {
            let run: Run
            do { run = try Run(options, communication) } catch is CheckpointKeeper.SetAside { continue }
            return try RunLoop(run).start()
        }
    }

    init(_ options: RunOptions, _ communication: CommunicationThread) throws {
        let (rank, ranks) = (communication.rank, communication.size)
        self.communication = communication
        isLaunched = options.isLaunched
        let log = Log.logger("unimo", rank: ranks > 1 ? rank : nil)
        self.log = log
        (recipe, resolved) = try communication.together("reading the recipe") {
            try Recipe.read(file: options.recipe, overrides: options.overrides)
        }
        let directory = options.directory.map { RunDirectory($0) } ?? .standard(recipe: options.recipe)
        self.directory = directory
        lock = try communication.together("claiming the run directory") { rank == 0 ? try directory.claim() : nil }
        try Run.checkSameRecipe(resolved, communication)
        keeper = CheckpointKeeper(directory, communication, log)
        let sources = try recipe.staged(communication, log)
        let corpora = try communication.together("opening the corpora") { [recipe] in
            try OpenCorpora(
                sources, for: recipe.model.kind, places: recipe.places, ranks: ranks, retry: .standard(log))
        }
        checkpoint = try ResumePoint.find(
            options.resume, resolved, corpora, keeper, acceptsChangedData: recipe.acceptsChangedData)
        let tokenizer = try communication.together("preparing the tokenizer") { [checkpoint, recipe] in
            if let checkpoint { return try Tokenizer(directory: checkpoint.checkpoint.path) }
            let withTexts = recipe.corpora.filter { $0.kind == .texts || $0.kind == .pairs }
            return try recipe.places.named("tokenizer.directory") {
                try TokenizerSetup.make(recipe.tokenizer, corpora: withTexts.map { corpora[$0.name] })
            }
        }
        config = recipe.model(vocabulary: tokenizer.vocabularySize)
        var data = DataSetup(recipe: recipe, corpora: corpora, tokenizer: tokenizer, config: config)

        try communication.together("looking for what is trained") { [data] in
            try data.refuseImagesWithoutRegions()
            try data.refuseForeignRegions()
            try data.refuseForeignCandidates()
            try data.refuseFrozenEntries()
        }
        let threads = try Run.threads(recipe, communication)
        pool = WorkerPool(threads: threads)
        let model = config.makeModel()
        let alignment = 16 * ranks
        let (bound, validationChunks) = try communication.together("measuring memory") { [data, pool] in
            try data.measureMemory(model, alignment: alignment, communication.topology, rank: rank, pool)
        }
        data.validationChunks = validationChunks
        self.data = data
        let bytes = 4 * bound.parameters
        gradients = try communication.together("allocating gradients") { [recipe] in
            try SharedRegion(
                byteCount: bytes, name: "unimo-gradients", isShared: ranks > 1 && recipe.reduction != .ring)
        }
        let (store, optimizer, arena) = try communication.together("reserving memory") { [recipe, gradients, pool] in
            let store = try ParameterStore(model.parameters, alignment: alignment, gradients: gradients.base)
            let optimizer = try Optimizer(recipe.optimizer, store: store, pool: pool)
            return (store, optimizer, try Arena(capacity: bound.arenaCapacity))
        }
        self.arena = arena
        store.freeze(groups: recipe.optimizer.frozen)
        let reduction = try communication.attach(gradients: gradients, reduction: recipe.reduction)
        snapshot = Snapshot(store: store, optimizer: optimizer)
        trainer = Trainer(
            model: model, store: store, optimizer: optimizer, schedule: recipe.schedule, entries: data.trainedEntries,
            batchesPerStep: recipe.batchesPerStep, seed: recipe.seed, arena: arena, pool: pool,
            communication: communication)
        if let checkpoint {
            try keeper.restore(
                checkpoint.checkpoint, checkpoint.state, into: snapshot, isNamed: checkpoint.isNamed, pool: pool)
            trainer.resume(at: checkpoint.checkpoint.step)
        } else {
            store.initialize(seed: recipe.seed)
            if let path = recipe.initialWeights {
                let start = try communication.together("reading initial weights") { [recipe] in
                    try recipe.places.named("init") {
                        try WeightsStart(
                            path, into: store, tokenizer: tokenizer, threads: rank == 0 ? Affinity.count : 1)
                    }
                }
                if rank == 0 { start.announce(log) }
            }
        }
        if rank == 0 { announce(bound, threads: threads, reduction: reduction) }
    }

    /// Every rank must have read the same recipe: files may differ between nodes.
    private static func checkSameRecipe(_ resolved: ResolvedRecipe, _ communication: CommunicationThread) throws {
        let digest = SHA256.hex(of: resolved.yaml)
        let digests = try communication.perform("comparing recipes") { try $0.allGather(Array(digest.utf8)) }
        if let other = digests.firstIndex(where: { $0 != digests[0] }) {
            throw AgreedFailure(
                description: "rank \(other) read another recipe than rank 0: put the same file on every node",
                exitCode: .usage, isOwn: communication.rank == other)
        }
    }

    /// The recipe's threads, or this rank's share of its affinity mask.
    private static func threads(_ recipe: Recipe, _ communication: CommunicationThread) throws -> Int {
        let cpus = Affinity.cpus
        let mask = cpus.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        let masks = try communication.perform("comparing affinity masks") { try $0.allGather(mask) }
        let nodes = communication.topology.nodes
        let sharers = masks.indices.count {
            nodes[$0] == nodes[communication.rank] && masks[$0] == masks[communication.rank]
        }
        return recipe.threads ?? max(1, cpus.count / max(sharers, 1))
    }

    /// The first lines of a run: what it is, what it runs on, what it needs.
    private func announce(_ bound: MemoryBound, threads: Int, reduction: (reduction: Reduction, note: String?)) {
        let nodes = Set(communication.topology.nodes).count
        log.info(
            "\(snapshot.store.parameters.reduce(0) { $0 + $1.count }) parameters, \(communication.size) rank\(communication.size == 1 ? "" : "s") on \(nodes) node\(nodes == 1 ? "" : "s"), \(threads) thread\(threads == 1 ? "" : "s") each, reduction \(reduction.reduction.rawValue)"
        )
        if let note = reduction.note { log.info("\(note)") }
        log.info(
            "built for \(Machine.march) (\(Machine.names(level: Machine.buildLevel).joined(separator: " "))), matrix kernels \(MatrixLibrary.coreName)"
        )
        if let setting = MatrixLibrary.inheritedSetting { log.warning("\(setting)") }
        log.info("\(bound.sentence)")
        for warning in data.batchesBeyondCorpora { log.warning("\(warning)") }
        warn(of: bound)
        if let checkpoint {
            log.info("\(checkpoint.sentence(RunState.Shape(communication, threads: threads)))")
            if !checkpoint.dataChanges.isEmpty {
                log.warning(
                    "going on with changed data, as data.accept_changed says: \(checkpoint.dataChanges.joined(separator: "; "))"
                )
            }
        } else {
            log.info("starting at step 0 in \(directory.path)")
        }
    }

    /// What other programs hold now may be free later; a run that needs more than what is free may be killed.
    private func warn(of bound: MemoryBound) {
        let ranks = communication.topology.sharers(of: communication.rank)
        let available = HostMemory.current.available
        guard bound.bytes > available / ranks else { return }
        log.warning(
            "\(Quantity.approximate(available)) of this node's memory are free now, for \(Quantity.count(ranks, "rank")): the kernel may kill the run where others don't give theirs back"
        )
    }

    /// What a checkpoint of this moment says.
    func state(_ spent: SpentBudgets) -> RunState {
        RunState(
            seed: recipe.seed, batch: trainer.step * recipe.batchesPerStep,
            groupSteps: trainer.optimizer.namedGroupSteps,
            shape: RunState.Shape(communication, threads: pool.threads), recipe: resolved.yaml,
            data: data.corpora.identities, spent: spent)
    }
}
