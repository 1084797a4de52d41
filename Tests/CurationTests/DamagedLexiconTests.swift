import Foundation
import Rehearsal
import Runtime
import Storage
import Testing

@testable import Curation

/// A dictionary of two nouns and one word of each other class, as the files of WordNet have them.
private struct SmallDictionary {
    var files: [String: String] = [:]

    init() {
        let licence = "  1 This text is the licence.  \n"
        let upper = "\(licence)".utf8.count
        let animal = String(format: "%08d 03 n 01 animal 0 000 | lives  \n", upper)
        let lower = upper + animal.utf8.count
        let dog = String(format: "%08d 05 n 02 dog 0 hound 1 001 @ %08d n 0000 | barks  \n", lower, upper)
        files["data.noun"] = licence + animal + dog
        files["index.noun"] =
            licence
            + String(format: "animal n 1 0 1 1 %08d  \ndog n 1 1 @ 1 1 %08d  \n", upper, lower)
        for (suffix, letter, word) in [("verb", "v", "run"), ("adj", "a", "big"), ("adv", "r", "well")] {
            files["data.\(suffix)"] = "00000000 30 \(letter) 01 \(word) 0 000 | \(word)  \n"
            files["index.\(suffix)"] = "\(word) \(letter) 1 0 1 0 00000000  \n"
        }
        for suffix in ["noun", "verb", "adj", "adv"] { files["\(suffix).exc"] = "" }
        files["verb.exc"] = "ran run\n"
        files["cntlist.rev"] = "dog%1:05:00:: 1 42\nrun%2:38:00:: 1 7\nnone%1:05:00:: 1 3\n"
    }

    func opened() throws -> Lexicon {
        let directory = try TemporaryDirectory()
        for (name, text) in files { try directory.put(name, text) }
        return try Lexicon(directory: directory.path)
    }

    /// The fault of a dictionary with one file replaced.
    func fault(_ name: String, _ change: (String) -> String) throws -> FileFault? {
        var damaged = self
        damaged.files[name] = change(files[name] ?? "")
        do {
            _ = try damaged.opened()
            return nil
        } catch let error as StorageError {
            guard case .damaged(let fault) = error else { throw error }
            #expect(fault.path.hasSuffix(name))
            #expect(!fault.remedy.isEmpty)
            return fault
        }
    }
}

@Suite struct DamagedLexiconTests {
    private let dictionary = SmallDictionary()

    @Test("a small dictionary is read")
    func whole() throws {
        let lexicon = try dictionary.opened()
        #expect(lexicon.lexemeCount == 5)
        let dog = try #require(lexicon.lexeme("dog", as: .noun))
        let animal = try #require(lexicon.lexeme("animal", as: .noun))
        #expect(dog.frequency == 42)
        #expect(animal.frequency == 0)
        #expect(lexicon.isA(lexicon.firstSense(of: dog), lexicon.firstSense(of: animal)))
        #expect(lexicon.lemmas(of: "ran", as: .verb) == ["run"])
        #expect(lexicon.lemmas(of: "dogs", as: .noun) == ["dog"])
    }

    @Test("without counts, tagged senses are the frequency")
    func withoutCounts() throws {
        var other = dictionary
        other.files["cntlist.rev"] = nil
        #expect(try other.opened().lexeme("dog", as: .noun)?.frequency == 1)
    }

    @Test("a missing file is named", arguments: ["data.noun", "index.verb", "adj.exc"])
    func missing(_ name: String) throws {
        var other = dictionary
        other.files[name] = nil
        do {
            _ = try other.opened()
            Issue.record("opened without \(name)")
        } catch let error as StorageError {
            guard case .system(let path, _, let code) = error else { throw error }
            #expect(path.hasSuffix(name) && code == ENOENT)
        }
    }

    @Test("damage is found where it is")
    func damage() throws {
        let shifted = try #require(try dictionary.fault("data.noun") { "x" + $0 })
        #expect(shifted.offset == 0)
        let offset = try #require(try dictionary.fault("data.verb") { " \n" + $0 })
        #expect(offset.offset == 2 && offset.found == "0")
        let dangling = try #require(
            try dictionary.fault("index.noun") { $0.replacing("animal n 1 0 1 1 0", with: "animal n 1 0 1 1 9") })
        #expect(dangling.expected.contains("data.noun"))
        #expect(try dictionary.fault("index.noun") { $0 + $0 } != nil)
        #expect(try dictionary.fault("index.noun") { $0.replacing("dog n", with: "dog v") } != nil)
        #expect(try dictionary.fault("index.verb") { _ in "" } != nil)
        #expect(try dictionary.fault("data.adj") { _ in "  only the licence\n" } != nil)
        #expect(try dictionary.fault("data.adj") { $0.replacing(" 01 ", with: " ff ") } != nil)
        #expect(
            try dictionary.fault("index.adv") { $0.replacing("well", with: String(repeating: "w", count: 300)) } != nil)
        #expect(try dictionary.fault("cntlist.rev") { $0.replacing("%1", with: "%9") } != nil)
        #expect(try dictionary.fault("cntlist.rev") { $0.replacing("42", with: "99999999999999999999") } != nil)
        #expect(try dictionary.fault("verb.exc") { _ in "ran\n" } != nil)
    }

    @Test("a pointer to nothing is damage, a circle of pointers no endless walk")
    func pointers() throws {
        let pointer = try #require(dictionary.files["data.noun"]?.components("@ ").last?.prefix(8))
        let fault = try dictionary.fault("data.noun") { $0.replacing("@ \(pointer)", with: "@ 99999999") }
        #expect(fault?.found == "99999999")
        var circle = dictionary
        let own = try #require(dictionary.files["data.noun"]?.split(separator: "\n").last?.prefix(8))
        circle.files["data.noun"] = dictionary.files["data.noun"]?.replacing("@ \(pointer)", with: "@ \(own)")
        let lexicon = try circle.opened()
        let dog = lexicon.firstSense(of: try #require(lexicon.lexeme("dog", as: .noun)))
        let animal = lexicon.firstSense(of: try #require(lexicon.lexeme("animal", as: .noun)))
        #expect(!lexicon.isA(dog, animal))
    }

    @Test(
        "any file cut anywhere or with any byte changed opens or is refused",
        arguments: ["data.noun", "index.noun", "cntlist.rev"])
    func anyDamage(_ name: String) throws {
        let bytes = Array(try #require(dictionary.files[name]).utf8)
        let directory = try TemporaryDirectory()
        for (other, text) in dictionary.files { try directory.put(other, text) }
        for index in bytes.indices {
            for damaged in [
                Array(bytes[..<index]), bytes.replacing(at: index, with: 0xff), bytes.replacing(at: index, with: 0x20),
            ] {
                try directory.put(name, damaged)
                do {
                    _ = try Lexicon(directory: directory.path)
                } catch {
                    #expect(error.exitCode == .data)
                }
            }
        }
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [Substring] { split(separator: separator) }
}

extension [UInt8] {
    fileprivate func replacing(at index: Int, with byte: UInt8) -> [UInt8] {
        var other = self
        other[index] = byte
        return other
    }
}
