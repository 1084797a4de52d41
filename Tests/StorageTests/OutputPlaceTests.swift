import Glibc
import Rehearsal
import Storage
import Testing

@Suite struct OutputPlaceTests {
    private func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    @Test("a link is followed, also to where nothing is yet, and stays")
    func links() throws {
        let directory = try TemporaryDirectory()
        try AtomicFile.write([1], to: directory("old"))
        for (link, target) in [("a", "old"), ("b", directory("new")), ("c", "a")] {
            #expect(symlink(target, directory(link)) == 0)
            try AtomicFile.check(directory(link))
            try AtomicFile.write([7], to: directory(link))
            #expect(isLink(directory(link)))
        }
        for name in ["old", "new"] { #expect(try InputFile.contents(of: directory(name), limit: 9) == [7]) }
        #expect(try Directory.names(in: directory.path) == ["a", "b", "c", "new", "old"])
    }

    @Test("a device is written into where it stands")
    func devices() throws {
        try AtomicFile.check("/dev/null")
        let digest = try AtomicFile.write([1, 2, 3], to: "/dev/null")
        #expect(digest.size == 3 && Directory.kind(of: "/dev/null") == .other)
        #expect(throws: StorageError.self) { try AtomicFile.write([1], to: "/dev/full") }
    }

    @Test("what no file can be written to is refused before and when it is written, and nothing is left")
    func refusals() throws {
        let directory = try TemporaryDirectory()
        try Directory.create(directory("folder"))
        try AtomicFile.write([1], to: directory("file"))
        #expect(symlink("round", directory("round")) == 0)
        for (name, words) in [
            ("folder", "found a directory"), ("folder/", "the name of a directory"), ("none/f", "No such file"),
            ("file/f", "Not a directory"), ("round", "symbolic links"),
        ] {
            let attempts: [(String) throws -> Void] = [
                { try AtomicFile.check($0) }, { _ = try AtomicFile.write([2], to: $0) },
            ]
            for attempt in attempts {
                let error = #expect(throws: StorageError.self) { try attempt(directory(name)) }
                #expect("\(error!)".contains(words))
            }
        }
        #expect(throws: StorageError.self) { try AtomicFile.check("") }
        #expect(try Directory.names(in: directory.path) == ["file", "folder", "round"])
        #expect(try Directory.names(in: directory("folder")).isEmpty)
    }

    @Test("a body that fails leaves what stood there")
    func failingBody() throws {
        let directory = try TemporaryDirectory()
        try AtomicFile.write([1], to: directory("f"))
        #expect(throws: Unexpected.self) {
            try AtomicFile.write(to: directory("f")) { file in
                try file.write([2])
                throw Unexpected()
            }
        }
        #expect(try InputFile.contents(of: directory("f"), limit: 9) == [1])
        #expect(try Directory.names(in: directory.path) == ["f"])
    }

    @Test("a directory can be made where nothing or an empty one stands, below what can be made")
    func directories() throws {
        let directory = try TemporaryDirectory()
        try Directory.create(directory("empty"))
        try AtomicFile.write([1], to: directory("file"))
        for name in ["new", "empty", "a/b/c"] { try StagedDirectory.check(directory(name)) }
        for name in ["file", "file/below", "."] {
            #expect(throws: StorageError.self) { try StagedDirectory.check(directory(name)) }
        }
    }
}
