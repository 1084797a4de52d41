public import Corpora
import Curation
import Runtime
import Storage

/// Makes a corpus of regions from images, without a detector: each cell of a grid over an image is a region, what an encoder
/// makes of its patches the features, and clusters of features the classes.
///
/// What is finished stays when the work ends early, and the same job goes on after it. The bytes depend neither on the number
/// of workers nor on interruptions.
public struct RegionJob {
    private let options: RegionOptions

    public init(_ options: RegionOptions) {
        precondition((0...RegionClasses.limit).contains(options.classes), "\(options.classes) classes of regions")
        self.options = options
    }

    /// Makes the corpus. On failure no corpus appears, but for one in counting how its classes are used, which comes last.
    /// - Parameters:
    ///   - starting: told what is there already.
    ///   - progress: what happened to how many samples, of how many; what it throws ends the work.
    public func run(
        starting: (DerivedCorpusJob.Start) -> Void = { _ in },
        progress: (_ what: String, _ done: Int, _ all: Int) throws -> Void = { _, _, _ in }
    ) throws -> RegionReport {
        // A place where the classes can't be written is found now, not after the images were grouped.
        if options.classes > 0, options.classesFrom == nil, Directory.exists(Directory.parent(of: options.classFile)) {
            try AtomicFile.check(options.classFile)
        }
        let pool = WorkerPool(threads: options.workers)
        defer { pool.stop() }
        let encoder = try RegionEncoder(path: options.encoder, cells: options.grid, pool: pool)
        let source = RegionSource(try corpus(side: encoder.imageSize), encoder)
        var classes = try options.classesFrom.map { try given($0, encoder) }
        var job = DerivedCorpusJob(
            output: options.output, kind: .regions, source: source.corpus, record: record(encoder, classes),
            round: encoder.chunk * max(1, 256 / encoder.chunk))
        job.startsAfresh = options.startsAfresh
        job.layout.shardSize = options.shardSize
        if let size = options.frameSize { job.layout.frameSize = size }
        var (resumed, began) = (0, Clock.seconds)
        let made = try job.run(
            pool: pool,
            starting: { start in
                starting(start)
                if case .after(let samples) = start { resumed = samples }
                if start != .finished, classes == nil { classes = try ownClasses(source, progress) }
                began = Clock.seconds
            }, progress: { try progress("samples described", $0, $1) },
            make: { try RegionMaker(source: source, classes: classes, options: options).samples($0) })
        let seconds = Clock.seconds - began
        let count = classes?.count ?? options.classes
        return RegionReport(
            samples: made.samples, resumed: resumed, regionsPerImage: encoder.grid.count, width: encoder.width,
            classes: count, usage: count == 0 ? nil : try usage(of: count, pool, progress),
            classFile: count == 0 ? nil : options.classesFrom ?? options.classFile, fingerprint: made.fingerprint,
            seconds: seconds)
    }

    private func corpus(side: Int) throws -> any StoredCorpus {
        let scenes = try SceneCorpus(
            named: options.images, kind: .pairs, side: side, encoding: options.keepsImages ? .png : .pixmap)
        let corpus: any StoredCorpus =
            if let scenes { scenes } else { try ShardCorpus(directory: options.images) }
        guard corpus.kind == .images || corpus.kind == .pairs else {
            throw RecipeContradiction(
                "\(options.images) holds \(corpus.kind.rawValue); regions are made of images or pairs")
        }
        return corpus
    }

    /// Everything but the images that the samples depend on.
    private func record(_ encoder: RegionEncoder, _ given: RegionClasses?) -> [String] {
        let classes =
            given.map { "classes like \($0.fingerprint)" } ?? "classes \(options.classes), seed \(options.seed)"
        return [
            "encoder \(encoder.fingerprint)", "grid \(options.grid)", classes,
            "half features \(options.halvesFeatures)", "images kept \(options.keepsImages)",
        ]
    }

    /// The classes of a file, for this encoder's features.
    private func given(_ path: String, _ encoder: RegionEncoder) throws -> RegionClasses {
        let file = try RegionClassFile(path: path)
        try file.check(encoder: encoder.fingerprint, path: path)
        return file.classes
    }

    /// Classes of these images: those that an earlier attempt has found, or found now and written for others. Nil when none
    /// are asked for.
    private func ownClasses(
        _ source: RegionSource, _ progress: (String, Int, Int) throws -> Void
    ) throws -> RegionClasses? {
        guard options.classes > 0 else { return nil }
        let encoder = source.encoder
        let origin = RegionClassFile.Origin(
            encoder: encoder.fingerprint, source: source.corpus.fingerprint, grid: options.grid, seed: options.seed)
        if Directory.exists(options.classFile) { return try found(origin) }
        let regions = try source.sample(
            regions: RegionClasses.sampleSize(classes: options.classes), seed: options.seed
        ) { try progress("samples searched for classes", $0, $1) }
        let classes = try RegionClasses(
            grouping: regions, width: encoder.width, classes: options.classes, seed: options.seed, pool: encoder.pool
        ) { try progress("passes over the regions, to group them", $0, $1) }
        try RegionClassFile(classes: classes, origin: origin).write(to: options.classFile)
        return classes
    }

    /// The classes that lie where this job's would.
    private func found(_ origin: RegionClassFile.Origin) throws -> RegionClasses {
        let file = try RegionClassFile(path: options.classFile)
        guard file.origin == origin, file.classes.count == options.classes else {
            throw RegionError.stale(
                FileFault(
                    path: options.classFile,
                    expected: "\(options.classes) classes of these images by this encoder, grid and seed",
                    found: "\(file.classes.count) others",
                    remedy: "remove the file or choose another --out; --classes-from takes its classes"))
        }
        return file.classes
    }

    /// How the classes share the regions of the corpus that was made.
    private func usage(
        of classes: Int, _ pool: WorkerPool, _ progress: (String, Int, Int) throws -> Void
    ) throws -> (used: Int, perplexity: Double) {
        let corpus = try ShardCorpus(directory: options.output)
        var usage = ClassUsage(classes: classes)
        for start in stride(from: 0, to: corpus.count, by: 1024) {
            let end = min(start + 1024, corpus.count)
            let distributions = try pool.map(end - start) { place, _ in try Self.classes(corpus.read(start + place)) }
            for distributions in distributions {
                usage.add(distributions)
            }
            try progress("samples counted", end, corpus.count)
        }
        return (usage.used, usage.perplexity)
    }

    private static func classes(_ sample: StoredSample) throws -> [Float] {
        guard let member = sample.member(["classes.npy"]) else {
            preconditionFailure("\(sample.key) was made without classes")
        }
        return try NumpyArray(member.bytes, name: member.name).floats
    }
}
