import ArgumentParser

struct SamplerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sampler", abstract: "Show which samples a recipe trains on, without training.",
        subcommands: [SamplerDumpCommand.self])
}
