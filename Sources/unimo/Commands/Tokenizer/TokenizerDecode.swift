import ArgumentParser
import Text

struct TokenizerDecode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Turn each line of token ids on standard input back into text.",
        discussion: "The bytes are those that were encoded, UTF-8 or not.")

    @Argument(help: "The tokenizer directory.")
    var directory: String

    @Flag(help: "Keep the names of special tokens instead of leaving them out.")
    var specials = false

    func run() throws {
        let tokenizer = try Tokenizer(directory: directory)
        var output = TextOutput()
        var number = 0
        var ids: [Int32] = []
        try TextInput.standardLines { line in
            number += 1
            ids.removeAll(keepingCapacity: true)
            for word in line.split(separator: UInt8(ascii: " ")) { ids.append(try Self.id(word, line: number)) }
            try output.append(try tokenizer.bytes(of: ids, withSpecials: specials))
            try output.append(CollectionOfOne(UInt8(ascii: "\n")))
        }
        try output.flush()
    }

    private static func id(_ word: some Collection<UInt8>, line: Int) throws -> Int32 {
        let isNumber = (1...9).contains(word.count) && word.allSatisfy { (48...57).contains($0) }
        guard isNumber else {
            let found = String(decoding: word.prefix(40), as: UTF8.self)
            throw TextInput.Fault(
                description: "standard input, line \(line): expected token ids separated by blanks, found \(found)")
        }
        return word.reduce(0) { 10 * $0 + Int32($1 - 48) }
    }
}
