import Foundation

@testable import Text

/// What Hugging Face's `tokenizers` made of the texts beside this file (`tools/reference/tokenizer.py`).
enum Goldens {
    struct Row: Decodable {
        let text: String
        let ids: [Int32]
        let starts: [Int]
    }

    struct DocumentRow: Decodable {
        let text: String
        let ids: [Int32]
        // The file's own key.
        let special_ids: [Int32]
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens")

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    static func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    static func tokenizer(lowercases: Bool = false) throws -> Tokenizer {
        try Tokenizer(
            vocabulary: bytes("vocab.json"), merges: bytes("merges.txt"),
            configuration: Array("{\"do_lower_case\": \(lowercases)}".utf8), directory: "goldens")
    }

    static func document(_ name: String) throws -> Tokenizer {
        try Tokenizer(document: bytes("\(name).tokenizer.json"), path: "\(name).tokenizer.json")
    }

    static func decoded<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes(name)))
    }

    static func rows() throws -> [Row] { try decoded([Row].self, "encodings.json") }

    static func documentRows(_ name: String) throws -> [DocumentRow] {
        try decoded([DocumentRow].self, "\(name).encodings.json")
    }
}
