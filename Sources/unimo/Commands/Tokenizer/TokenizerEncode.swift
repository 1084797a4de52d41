import ArgumentParser
import Text

struct TokenizerEncode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encode",
        abstract: "Turn each line of standard input into token ids separated by blanks.",
        discussion: """
            The ids are those of Hugging Face tokenizers, without special tokens around the line. Bytes that are not UTF-8 \
            are encoded one by one.
            """)

    @Argument(help: "The tokenizer directory.")
    var directory: String

    @Flag(
        help: "Take the names of special tokens in the text for these tokens; otherwise they are text like any other.")
    var specials = false

    func run() throws {
        let tokenizer = try Tokenizer(directory: directory)
        var output = TextOutput()
        var row: [UInt8] = []
        try TextInput.standardLines { line in
            row.removeAll(keepingCapacity: true)
            for id in tokenizer.encode(utf8: line, recognizesSpecials: specials).ids {
                if !row.isEmpty { row.append(UInt8(ascii: " ")) }
                Self.append(id, to: &row)
            }
            row.append(UInt8(ascii: "\n"))
            try output.append(row)
        }
        try output.flush()
    }

    /// The decimal digits of a number that is not negative.
    private static func append(_ id: Int32, to row: inout [UInt8]) {
        let start = row.count
        var rest = id
        repeat {
            row.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        row[start...].reverse()
    }
}
