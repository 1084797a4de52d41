import Runtime

/// Times `encode` on texts it has not seen.
public enum TokenizerBenchmark {
    public struct Row: Sendable {
        public var name: String
        /// MB of text per second.
        public var speed: Double
        public var tokensPerSecond: Double
        /// Of the timed text.
        public var bytes: Int
    }

    /// A named text, line by line.
    public struct Source: Sendable {
        public var name: String
        public var lines: [[UInt8]]

        public init(name: String, lines: [[UInt8]]) {
            self.name = name
            self.lines = lines
        }
    }

    /// Per source a row for its lines and one for the same lines without any word twice. The first half of the lines warms
    /// a new tokenizer, the second half is timed; the median over the repetitions counts.
    /// - Parameter files: a tokenizer's, as `Tokenizer.files`.
    public static func run(
        _ sources: [Source], files: [(name: String, contents: [UInt8])], repetitions: Int
    ) throws(TextError) -> [Row] {
        var rows: [Row] = []
        for source in sources {
            let distinct = BenchmarkTexts.withoutRepetitions(source.lines)
            for (name, lines) in [(source.name, source.lines), ("\(source.name), every word new", distinct)] {
                var times: [Double] = []
                var (bytes, tokens) = (0, 0)
                for _ in 0..<repetitions {
                    let tokenizer = try Tokenizer(files: files)
                    _ = encode(lines[..<(lines.count / 2)], with: tokenizer)
                    let start = Clock.seconds
                    (bytes, tokens) = encode(lines[(lines.count / 2)...], with: tokenizer)
                    times.append(Clock.seconds - start)
                }
                let time = times.sorted()[times.count / 2]
                rows.append(
                    Row(
                        name: name, speed: Double(bytes) / time / 1e6, tokensPerSecond: Double(tokens) / time,
                        bytes: bytes))
            }
        }
        return rows
    }

    /// Encodes each line; bytes and tokens in all.
    private static func encode(_ lines: ArraySlice<[UInt8]>, with tokenizer: Tokenizer) -> (bytes: Int, tokens: Int) {
        lines.reduce(into: (0, 0)) { sums, line in
            sums.0 += line.count
            sums.1 += tokenizer.encode(line).ids.count
        }
    }
}

extension Tokenizer {
    /// Takes a tokenizer from `files`.
    public convenience init(files: [(name: String, contents: [UInt8])]) throws(TextError) {
        func contents(_ name: String) -> [UInt8]? { files.first { $0.name == name }?.contents }
        try self.init(
            vocabulary: contents(FileName.vocabulary) ?? [], merges: contents(FileName.merges) ?? [],
            configuration: contents(FileName.configuration), directory: "memory")
    }
}
