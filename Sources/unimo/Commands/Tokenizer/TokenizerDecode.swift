import ArgumentParser
import Text

struct TokenizerDecode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Turn each line of token ids on standard input back into text.")

    @Argument(help: "The tokenizer directory.")
    var directory: String

    @Flag(help: "Keep the names of special tokens instead of leaving them out.")
    var specials = false

    func run() throws {
        let tokenizer = try Tokenizer(directory: directory)
        var output = TextOutput()
        var number = 0
        try TextInput.standardLines { line in
            number += 1
            let ids = try line.split(separator: UInt8(ascii: " ")).map { word in
                let text = String(decoding: word, as: UTF8.self)
                guard let id = Int32(text) else {
                    throw TextInput.Fault(
                        description:
                            "standard input, line \(number): expected token ids separated by blanks, found \(text)")
                }
                return id
            }
            try output.append(try tokenizer.decode(ids, withSpecials: specials).utf8)
            try output.append(CollectionOfOne(UInt8(ascii: "\n")))
        }
        try output.flush()
    }
}
