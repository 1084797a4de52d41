import ArgumentParser

struct TokenizerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer",
        abstract: "Train a byte-level BPE tokenizer and use it on standard input.",
        discussion: """
            A tokenizer is a directory with vocab.json and merges.txt, or with the byte-level BPE form of tokenizer.json, \
            as Hugging Face tokenizers have them (GPT-2, RoBERTa). <s>, <pad>, </s>, <unk> and <mask> are looked up by \
            name; a vocabulary that lacks some gets them after its last id. What is trained here has manifest.sha256 too, \
            and its bytes are checked whenever it is read.
            """,
        subcommands: [TokenizerTrain.self, TokenizerEncode.self, TokenizerDecode.self])
}
