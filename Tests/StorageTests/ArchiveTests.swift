import Rehearsal
import Runtime
import Storage
import Testing

@Suite struct ArchiveTests {
    private func archive(_ members: [(String, [UInt8])]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, contents) in members { try Tar.append(name: name, contents: contents, to: &bytes) }
        return bytes + Tar.end
    }

    private func members(_ bytes: [UInt8]) throws -> [(String, [UInt8])] {
        var reader = TarReader(bytes, path: "archive")
        var found: [(String, [UInt8])] = []
        while let member = try reader.next() { found.append((member.name, Array(bytes[member.contents]))) }
        return found
    }

    @Test("members of every size around a block come back")
    func roundTrip() throws {
        let long = String(repeating: "d", count: 100) + "/" + String(repeating: "f", count: 96) + ".txt"
        let given =
            [0, 1, 511, 512, 513, 2000].map { ("dir/size \($0).bin", noise($0, seed: UInt64($0))) }
            + [(long, [1]), ("grün/été.png", [2])]
        let found = try members(try archive(given))
        #expect(found.map(\.0) == given.map(\.0))
        #expect(found.map(\.1) == given.map(\.1))
    }

    @Test("GNU tar lists and extracts what we write")
    func gnuTar() throws {
        let directory = try TemporaryDirectory()
        let long = String(repeating: "d", count: 120) + "/" + String(repeating: "f", count: 96) + ".txt"
        let bytes = try archive([("a/b.txt", Array("hello".utf8)), (long, noise(700, seed: 3))])
        try AtomicFile.write(bytes, to: directory("t.tar"))
        let listed = shell("tar tf \(directory("t.tar"))")
        #expect(listed.code == 0)
        #expect(listed.output == "a/b.txt\n\(long)\n")
        #expect(shell("cd \(directory.path) && tar xf t.tar && cat a/b.txt").output == "hello")
        #expect(try InputFile.contents(of: directory(long), limit: 1000) == noise(700, seed: 3))
    }

    @Test(
        "a name that no header can hold is refused",
        arguments: [
            String(repeating: "x", count: 101), "", "/absolute", "a/../b", "a//b", "nul\0",
            String(repeating: "d", count: 156) + "/f",
        ])
    func badName(name: String) {
        var bytes: [UInt8] = []
        let error = #expect(throws: StorageError.self) { try Tar.append(name: name, contents: [], to: &bytes) }
        guard case .unsupported = error else { Issue.record("\(String(describing: error))"); return }
        #expect(bytes.isEmpty)
    }

    @Test("a flipped byte of a header is found or means the same, and no length traps")
    func flippedHeader() throws {
        let good = try archive([("a.txt", [1, 2, 3]), ("b.txt", noise(600, seed: 4))])
        for place in 0..<512 {
            var bytes = good
            bytes[place] ^= 0x10
            // A leading zero and a blank mean the same number: such a header may pass, but must mean the same.
            if let found = try? members(bytes) {
                #expect(found.map(\.0) == ["a.txt", "b.txt"] && bytes[place] == 32, "byte \(place)")
            }
        }
        for length in 0..<good.count - Tar.end.count where length % 512 != 0 {
            let part = Array(good[..<length])
            #expect(throws: StorageError.self, "length \(length)") { _ = try self.members(part) }
        }
    }
}
