import Glibc
import Storage
import Rehearsal
import Runtime
import Testing

@testable import Text

/// Seeded damage: bits flipped, bytes cut off, zeroed, swapped, inserted.
private func damaged(_ bytes: [UInt8], _ random: inout TestRandom) -> [UInt8] {
    var bytes = bytes
    for _ in 0...random.below(3) where !bytes.isEmpty {
        let at = random.below(bytes.count)
        let length = min(1 + random.below(20), bytes.count - at)
        switch random.below(5) {
        case 0: bytes[at] ^= 1 << UInt8(random.below(8))
        case 1: bytes.removeLast(bytes.count - at)
        case 2: for index in at..<at + length { bytes[index] = 0 }
        case 3: bytes.swapAt(at, random.below(bytes.count))
        default: bytes.insert(contentsOf: (0..<length).map { _ in UInt8(random.below(256)) }, at: at)
        }
    }
    return bytes
}

@Suite struct DamageTests {
    @Test("damage to what was saved is an error, or the bytes are the same", arguments: 0..<8)
    func saved(seed: Int) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/tokenizer"
        let tokenizer = try Goldens.document("roberta")
        try tokenizer.save(to: path)
        let originals = try Directory.names(in: path).map {
            ($0, try InputFile.contents(of: path + "/" + $0, limit: 1 << 20))
        }
        #expect(originals.map(\.0) == ["manifest.sha256", "merges.txt", "tokenizer_config.json", "vocab.json"])
        var random = TestRandom(seed: UInt64(seed))
        var refused = 0
        for _ in 0..<250 {
            let (name, original) = originals[random.below(originals.count)]
            let changed = damaged(original, &random)
            try write(changed, to: path + "/" + name)
            do throws(TextError) {
                let loaded = try Tokenizer(directory: path)
                #expect(loaded.files.map(\.contents) == tokenizer.files.map(\.contents), "\(name)")
            } catch {
                refused += 1
                #expect(changed != original)
                #expect(error.exitCode == .data && error.description.contains(path))
            }
            try write(original, to: path + "/" + name)
        }
        #expect(refused > 230)
    }

    @Test("a saved file that is gone is missed")
    func gone() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/tokenizer"
        try Goldens.tokenizer(lowercases: true).save(to: path)
        unlink(path + "/tokenizer_config.json")
        #expect(throws: TextError.self) { try Tokenizer(directory: path) }
    }

    @Test("damage to files of others is an error or a tokenizer, never a trap", arguments: 0..<8)
    func foreign(seed: Int) throws {
        let names = ["vocab.json", "merges.txt", "roberta.tokenizer.json", "gpt2.tokenizer.json"]
        let originals = try names.map { try Goldens.bytes($0) }
        let configuration = Array(
            "{\"do_lower_case\": false, \"added_tokens_decoder\": {\"400\": {\"content\": \"the cat\"}}}".utf8)
        var random = TestRandom(seed: UInt64(100 + seed))
        var (refused, read) = (0, 0)
        for _ in 0..<400 {
            let which = random.below(names.count + 1)
            let changed = damaged(which < names.count ? originals[which] : configuration, &random)
            do throws(TextError) {
                let tokenizer =
                    switch which {
                    case 0:
                        try Tokenizer(
                            vocabulary: changed, merges: originals[1], configuration: nil, directory: "d")
                    case 1:
                        try Tokenizer(
                            vocabulary: originals[0], merges: changed, configuration: nil, directory: "d")
                    case 2, 3: try Tokenizer(document: changed, path: "d")
                    default:
                        try Tokenizer(
                            vocabulary: originals[0], merges: originals[1], configuration: changed, directory: "d")
                    }
                read += 1
                let text = "a cat’s <mask> in the sea, \u{1F642} 1998"
                let encoding = tokenizer.encode(text)
                #expect(encoding.ids.allSatisfy { (0..<Int32(tokenizer.vocabularySize)).contains($0) })
                _ = try tokenizer.decode(encoding.ids, withSpecials: true)
            } catch {
                refused += 1
                #expect(error.exitCode == .data)
            }
        }
        #expect(refused > 300 && read > 0)
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = try OutputFile(path: path)
        try file.write(bytes)
        try file.seal()
    }
}
