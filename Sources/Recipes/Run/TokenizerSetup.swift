import Corpora
import Runtime
import Storage
import Text

/// The tokenizer of a run: from a checkpoint, from files, or trained on the run's own texts.
enum TokenizerSetup {
    /// Trains or loads, as the recipe says; a pure function of the recipe and the corpora, so every rank gets the same.
    /// - Parameter corpora: with texts.
    static func make(_ source: Recipe.TokenizerSource, corpora: [any StoredCorpus]) throws -> Tokenizer {
        switch source {
        case .directory(let path):
            return try Tokenizer(directory: path)
        case .trained(let vocabulary, let samples, let lowercases):
            var trainer = try TokenizerTrainer(vocabularySize: vocabulary, lowercases: lowercases)
            for corpus in corpora {
                for index in 0..<min(corpus.count, samples) {
                    for var text in try corpus.read(index).texts(in: corpus.name) {
                        text.withUTF8 { trainer.add(utf8: $0) }
                    }
                }
            }
            try FaultPoint.visit("tokenizer.train")
            return trainer.train()
        }
    }
}
