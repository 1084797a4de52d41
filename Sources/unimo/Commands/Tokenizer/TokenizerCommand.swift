import ArgumentParser

struct TokenizerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer",
        abstract: "Train a byte-level BPE tokenizer and use it on standard input.",
        discussion:
            "A tokenizer is a directory with vocab.json and merges.txt, which Hugging Face tokenizers open too.",
        subcommands: [TokenizerTrain.self, TokenizerEncode.self, TokenizerDecode.self])
}
