import ArgumentParser
import Training

struct BenchMatmul: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matmul",
        abstract: "Time fp32 matrix products on the shapes of a base-sized model.",
        discussion: """
            The limit is what fused multiply-adds on registers reach, measured between the products. Names are \
            rows x outputs x inputs of y = x·Wᵀ; the input gradient is dy·W, the weight gradient dyᵀ·x. Products go \
            through the engine as in training, cut into the same panels.
            """)

    @OptionGroup var threads: BenchThreads
    @OptionGroup var json: JSONOption

    func run() throws { try BenchmarkRow.write(MatmulBenchmark.run(threads: threads.count), as: json) }
}

struct BenchKernels: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels",
        abstract: "Time every operation of the engine at the shapes of a base-sized step.",
        discussion: """
            Forward and backward apart. Products are held against the arithmetic limit; all others against what adding \
            one vector to another of the same size moves.
            """)

    @OptionGroup var threads: BenchThreads
    @OptionGroup var json: JSONOption

    func run() throws { try BenchmarkRow.write(KernelBenchmark.run(threads: threads.count), as: json) }
}

struct BenchStep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Time the base-sized masked-language step.",
        discussion: """
            Forward, backward, clipping and AdamW over 8 x 128 tokens, 12 layers, 768 wide, vocabulary 50,265, the head on \
            the 15 % masked rows. The peak of tokens/s is what the arithmetic limit would give; that of the memory is \
            the bound of 16 bytes per parameter, the arena and 150 MB.
            """)

    @OptionGroup var threads: BenchThreads

    @Option(help: ArgumentHelp("Steps that are timed; the median counts.", valueName: "count"))
    var steps = 7
    @OptionGroup var json: JSONOption

    func validate() throws {
        try NumberOption.check("--steps", steps, in: NumberOption.repetitions)
    }

    func run() throws { try BenchmarkRow.write(StepBenchmark.run(threads: threads.count, steps: steps), as: json) }
}

/// `--threads` of a benchmark.
struct BenchThreads: ParsableArguments {
    @Option(name: .customLong("threads"), help: "Compute threads.")
    var count = 1

    func validate() throws {
        try NumberOption.check("--threads", count, in: NumberOption.threads)
    }
}
