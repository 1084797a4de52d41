import Rehearsal
import Storage
import Testing

@testable import Corpora

/// Foreign files of every kind, damaged at random, are read to their end: as samples, or as rejections with a reason.
@Suite struct SourceCorruptionTests {
    private struct Victim {
        var name: String
        var kind: CorpusKind
        var bytes: [UInt8]
    }

    private static func archive() throws -> [UInt8] {
        var bytes: [UInt8] = []
        for number in 0..<6 {
            try Tar.append(name: "part/\(number).txt", contents: Array("text number \(number)".utf8), to: &bytes)
            try Tar.append(name: "part/\(number).json", contents: Array(#"{"caption":"c"}"#.utf8), to: &bytes)
        }
        return bytes + Tar.end
    }

    private static func victims() throws -> [Victim] {
        let boxes = NumpyArray([1, 2, 3, 4, 5, 6, 7, 8], shape: [2, 4])
        let features = NumpyArray((0..<10).map { Float($0) }, shape: [2, 5])
        let size = NumpyArray([640], shape: [1])
        func base64(_ array: NumpyArray) -> String { Base64.encode(array.data) }
        let row = "7\t640\t480\t2\t\(base64(boxes))\t\(base64(features))\n"
        let split =
            #"{"images": [{"filename": "a.png", "split": "train", "sentences": [{"raw": "a"}]}, "#
            + #"{"filename": "b.png", "split": "val", "sentences": [{"raw": "b\n"}]}], "dataset": "coco"}"#
        let table = "key,text,note\n" + (0..<8).map { "\($0),\"text, \"\"\($0)\"\"\nline\",x\n" }.joined()
        let long = (0..<60).map { "Sentence \($0) is — été — 犬。 " }.joined()
        return [
            Victim(name: "a.tar", kind: .texts, bytes: try archive()),
            Victim(name: "b.tar.gz", kind: .texts, bytes: ForeignBytes.gzip(try archive())),
            Victim(
                name: "c.jsonl", kind: .texts,
                bytes: Array((0..<9).map { #"{"key":"\#($0)","text":"t\u00e9"}"# + "\n" }.joined().utf8)),
            Victim(name: "d.csv", kind: .texts, bytes: Array(table.utf8)),
            Victim(name: "e.tsv", kind: .texts, bytes: Array("text\tkey\none\t1\ntwo\t2\n".utf8)),
            Victim(name: "f.txt", kind: .texts, bytes: Array((long + "\n\n" + long).utf8)),
            Victim(name: "g.json", kind: .images, bytes: Array(split.utf8)),
            Victim(name: "h.tsv", kind: .regions, bytes: Array((row + row).utf8)),
            Victim(
                name: "i.npz", kind: .regions,
                bytes: ForeignBytes.zip([
                    ("x.npy", features.bytes), ("bbox.npy", boxes.bytes), ("image_w.npy", size.bytes),
                    ("image_h.npy", size.bytes),
                ])),
        ]
    }

    private enum Outcome: Hashable { case read, refused }

    /// Reads a file to its end, loading every sample.
    private func read(_ directory: TemporaryDirectory, _ victim: Victim) throws -> [Outcome] {
        var options = PackOptions(kind: victim.kind, sources: [directory(victim.name)], output: directory("out"))
        options.maxTextBytes = 64
        // Named, because damage at the beginning would have the file be taken for something else.
        options.format =
            switch victim.name.split(separator: ".").dropFirst().first {
            case "tar": .webdataset
            case "jsonl": .jsonl
            case "csv": .csv
            case "tsv": victim.kind == .regions ? .bottomUpTSV : .tsv
            case "txt": .text
            case "json": .karpathy
            default: .bottomUpNPZ
            }
        let plan = try PackPlan(options)
        var stream = SourceStream(plan.sources, sizes: plan.sizes)
        var outcomes: [Outcome] = []
        while let (event, _) = try stream.next() {
            guard case .item(let item) = event else {
                outcomes.append(.refused)
                continue
            }
            do {
                _ = try ArchivedSample(item.load(transform: nil))
                outcomes.append(.read)
            } catch { outcomes.append(.refused) }
            guard outcomes.count < 10_000 else { throw Unexpected() }
        }
        return outcomes
    }

    @Test("whole sources are read to the last sample")
    func whole() throws {
        for victim in try Self.victims() where victim.kind != .images {
            let directory = try TemporaryDirectory()
            try directory.put(victim.name, victim.bytes)
            let outcomes = try read(directory, victim)
            #expect(!outcomes.isEmpty && outcomes.allSatisfy { $0 == .read }, "\(victim.name): \(outcomes)")
        }
    }

    @Test("damaged sources give samples or rejections, never a trap, and both occur")
    func damaged() throws {
        let directory = try TemporaryDirectory()
        for (number, victim) in try Self.victims().enumerated() {
            var seen: [Outcome: Int] = [:]
            for seed in 0..<400 {
                try directory.put(victim.name, Corruption.corrupted(victim.bytes, seed: 1000 * number + seed))
                for outcome in Set(try read(directory, victim)) { seen[outcome, default: 0] += 1 }
            }
            #expect(seen[.refused, default: 0] > 10, "\(victim.name): \(seen)")
            if victim.kind != .images { #expect(seen[.read, default: 0] > 10, "\(victim.name): \(seen)") }
        }
    }

    @Test("lengths that no memory could hold are refused by name")
    func absurdLengths() throws {
        let directory = try TemporaryDirectory()
        func reasons(_ name: String, _ kind: CorpusKind, _ bytes: [UInt8]) throws -> String {
            try directory.put(name, bytes)
            let options = PackOptions(kind: kind, sources: [directory(name)], output: directory("out"))
            let error = #expect(throws: CorpusError.self) { try PackJob(options).run() }
            guard case .rejected(let sources, _) = error else { throw Unexpected() }
            return sources.map(\.reason).joined(separator: "; ")
        }
        // A tar member of 2⁵⁰ bytes, with a sum that is right.
        var header = Array(try Self.archive().prefix(512))
        header.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0])
        header.replaceSubrange(148..<156, with: Array("        ".utf8))
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        header.replaceSubrange(
            148..<156, with: Array((String(repeating: "0", count: 6 - sum.count) + sum).utf8) + [0, 32])
        #expect(try reasons("huge.tar", .texts, header).contains("\(1 << 50) more bytes"))

        func npy(_ shape: String) -> [UInt8] {
            let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(shape)), }"
            return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
        }
        for shape in ["4294967296, 4294967296", "9223372036854775807, 2", "-1, 4", "1073741824, 4"] {
            let found = try reasons(
                "shape.npz", .regions, ForeignBytes.zip([("x.npy", npy(shape)), ("bbox.npy", npy("1, 4"))]))
            #expect(found.contains("at most \(1 << 30) bytes"), "\(shape): \(found)")
        }
        let pickled =
            [0x93] + Array("NUMPY".utf8) + [1, 0, 55, 0]
            + Array("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }".utf8.prefix(55))
        let found = try reasons("object.npz", .regions, ForeignBytes.zip([("x.npy", pickled)]))
        #expect(found.contains("numbers") && found.contains("|O"), "\(found)")
        let boxes = try reasons("boxes.tsv", .regions, Array("1\t2\t2\t99999999999\tAAAA\tAAAA\n".utf8))
        #expect(boxes.contains("num_boxes"), "\(boxes)")
    }
}

/// Base64 as the standard has it, for tests.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for digit in 0..<4 {
                text.append(digit <= group.count ? digits[word >> (18 - 6 * digit) & 63] : "=")
            }
        }
        return text
    }
}
