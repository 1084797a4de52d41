import ArgumentParser

struct CorpusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corpus",
        abstract: "Pack corpora, check them and look into them.",
        discussion: """
            A corpus is a directory: index.json, manifest.sha256 and shards (.tar.zst in the WebDataset layout, which \
            zstd, tar and sha256sum can read).
            """,
        subcommands: [
            CorpusPack.self, CorpusVerify.self, CorpusInspect.self, CorpusPeek.self, CorpusScenes.self,
            CorpusRewrite.self, CorpusRetrieve.self, CorpusRegions.self,
        ])
}
