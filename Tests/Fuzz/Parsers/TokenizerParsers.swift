@testable import Text

extension FuzzParser {
    static let tokenizers = [
        FuzzParser("vocab-json", maxLength: 8192, seeds: vocabularySeeds) { bytes, _ in
            try use(Tokenizer(vocabulary: bytes, merges: merges, configuration: nil, directory: "d"))
        },
        FuzzParser("merges-txt", seeds: mergesSeeds) { bytes, _ in
            try use(Tokenizer(vocabulary: vocabulary, merges: bytes, configuration: nil, directory: "d"))
        },
        FuzzParser("tokenizer-config", seeds: configurationSeeds) { bytes, _ in
            try use(Tokenizer(vocabulary: vocabulary, merges: merges, configuration: bytes, directory: "d"))
        },
        FuzzParser("tokenizer-json", maxLength: 16 << 10, seeds: documentSeeds) { bytes, _ in
            try use(Tokenizer(document: bytes, path: "tokenizer.json"))
        },
        FuzzParser("tokenizer-text", seeds: textSeeds) { bytes, _ in
            let tokenizer = try small.get()
            let encoding = tokenizer.encode(bytes)
            try promise(encoding.ids.count == encoding.wordStarts.count, "\(encoding.ids.count) ids")
            let back = try tokenizer.bytes(of: encoding.ids)
            try promise(String(validating: bytes, as: UTF8.self) == nil || back == bytes, "another text came back")
        },
        FuzzParser("sentences", seeds: textSeeds) { bytes, _ in
            guard String(validating: bytes, as: UTF8.self) != nil else { return }
            for maxBytes in [16, 40] {
                var end = 0
                for piece in SentenceCutter(maxBytes: maxBytes).pieces(of: bytes) {
                    try promise(piece.lowerBound >= end && piece.count <= maxBytes, "\(piece) after \(end)")
                    try promise(String(validating: bytes[piece], as: UTF8.self) != nil, "a scalar was cut at \(piece)")
                    end = piece.upperBound
                }
            }
        },
    ]

    /// What was read must also work.
    private static func use(_ tokenizer: Tokenizer) throws {
        let encoding = tokenizer.encode("the cat’s <mask> in the sea, \u{1F642} 1998  x", recognizesSpecials: true)
        for id in encoding.ids { try promise((0..<tokenizer.vocabularySize).contains(Int(id)), "id \(id)") }
        _ = try tokenizer.bytes(of: encoding.ids, withSpecials: true)
        for file in tokenizer.files { try promise(!file.contents.isEmpty, file.name) }
    }

    // MARK: A small tokenizer

    private static let pairs = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("i", "n")]
    private static let names = (0..<256).map { ByteAlphabet.text(of: [UInt8($0)]) } + pairs.map { $0.0 + $0.1 }

    private static let vocabulary: [UInt8] = {
        let rows = names.enumerated().map { JSONNode.quoted(Array($1.utf8)) + Array(": \($0)".utf8) }
        return [UInt8(ascii: "{")] + rows.joined(separator: Array(",".utf8)) + [UInt8(ascii: "}")]
    }()

    private static let small = Result {
        try Tokenizer(vocabulary: vocabulary, merges: merges, configuration: nil, directory: "d")
    }

    private static let merges = Array(("#version: 0.2\n" + pairs.map { "\($0) \($1)\n" }.joined()).utf8)
}

extension FuzzParser {
    private static func vocabularySeeds() -> [Seed] {
        [
            Seed("bytes-and-four", vocabulary), Seed("escapes", #"{"\u0120the": 0, "\ud83d\ude42": 1, "\"": 2}"#),
            Seed("twice", #"{"a": 0, "a": 1}"#), Seed("beyond", #"{"a": 999999999}"#),
        ]
    }

    private static func mergesSeeds() -> [Seed] {
        [
            Seed("four", merges), Seed("returns", "#version\r\nt h\r\nth e\r\nĠ the\r\ni n\r\n\r\n"),
            Seed("unknown", "q q\n"), Seed("none", ""), Seed("three-parts", "t h e\n"),
        ]
    }

    private static func configurationSeeds() -> [Seed] {
        [
            Seed(
                "added",
                #"{"do_lower_case": true, "add_prefix_space": true, "added_tokens_decoder": {"260": {"content": "the "#
                    + #"cat", "lstrip": true, "rstrip": true, "single_word": true, "normalized": false, "special": "#
                    + #"true}}}"#),
            Seed("others", #"{"model_max_length": 1e30, "do_lower_case": null, "x": [[], {}]}"#),
            Seed("deep", String(repeating: "[", count: 64)),
        ]
    }

    private static func documentSeeds() throws -> [Seed] {
        [
            Seed("roberta", try SeedBytes.file("TextTests/Goldens/roberta.tokenizer.json")),
            Seed("gpt2", try SeedBytes.file("TextTests/Goldens/gpt2.tokenizer.json")),
            Seed("other-model", #"{"version": "1.0", "model": {"type": "WordPiece", "vocab": {}}}"#),
        ]
    }

    private static func textSeeds() -> [Seed] {
        [
            Seed(
                "english",
                "The cat’s in the sea. It\u{2019}ll swim!  \"Will it?\" asked Dr. A. B. Cole…\n\n1,998 times."),
            Seed("scripts", "犬が走る。猫。\u{0964} नमस्ते। ሰላም። \u{1F469}\u{200D}\u{1F469}\u{1F3FD} e\u{0301}\u{0085}\u{2028}x"),
            Seed("invalid", [0x61, 0xC3, 0x20, 0xF0, 0x9F, 0x99, 0x62, 0xED, 0xA0, 0x80, 0xFF, 0x00]),
        ]
    }
}
