import Rehearsal
import Glibc
import Runtime
import Storage
import Testing

@Suite struct FileTests {
    @Test("an atomic write leaves the new bytes and nothing else")
    func atomic() throws {
        let directory = try TemporaryDirectory()
        try AtomicFile.write([1, 2, 3], to: directory("f"))
        try AtomicFile.write([4, 5], to: directory("f"))
        #expect(try InputFile.contents(of: directory("f"), limit: 10) == [4, 5])
        #expect(try Directory.names(in: directory.path) == ["f"])
    }

    @Test("a full disk is said with needed and available bytes")
    func full() throws {
        let file = try OutputFile(path: "/dev/full")
        let error = #expect(throws: StorageError.self) { try file.write([UInt8](repeating: 1, count: 5000)) }
        guard case .diskFull(let path, let needed, _) = error else { throw Unexpected() }
        #expect(path == "/dev/full" && needed == 5000)
        #expect("\(error!)".contains("5000 bytes needed"))
    }

    @Test("a write that fails leaves the old file and no temporary one")
    func failedAtomic() throws {
        let directory = try TemporaryDirectory()
        try Directory.create(directory("taken"))
        #expect(throws: StorageError.self) { try AtomicFile.write([1], to: directory("taken")) }
        #expect(try Directory.names(in: directory.path) == ["taken"])
    }

    @Test("a missing file is named with what to do")
    func missing() throws {
        let error = #expect(throws: StorageError.self) { try InputFile(path: "/nowhere/at all") }
        #expect("\(error!)" == "/nowhere/at all: can't open: No such file or directory; check the path")
        #expect(error?.exitCode == .data)
    }

    @Test("reading beyond the end is a fault with the offset, not a trap")
    func beyondEnd() throws {
        let directory = try TemporaryDirectory()
        try AtomicFile.write([1, 2, 3], to: directory("f"))
        let file = try InputFile(path: directory("f"))
        #expect(throws: StorageError.self) { try file.read(at: 1, count: 3) }
        #expect(throws: StorageError.self) { try file.read(at: .max, count: 3) }
        #expect(throws: StorageError.self) { try InputFile.contents(of: directory("f"), limit: 2) }
        #expect(try file.read(at: 1, count: 2) == [2, 3])
    }

    @Test("a staged directory appears complete, and a leftover one is begun afresh")
    func staged() throws {
        let directory = try TemporaryDirectory()
        let staged = StagedDirectory(path: directory("d"))
        try staged.begin()
        _ = try staged.create("left over").seal()
        try staged.begin()
        let file = try staged.create("f")
        try file.write([7])
        #expect(try file.seal() == FileDigest(name: "f", sha256: SHA256.hex(of: [7]), size: 1))
        #expect(!Directory.exists(directory("d")))
        try staged.commit()
        #expect(try Directory.names(in: directory.path) == ["d"])
        #expect(try Directory.names(in: directory("d")) == ["f"])
    }

    @Test("walking lists files below, sorted, and survives a loop of links")
    func walk() throws {
        let directory = try TemporaryDirectory()
        try Directory.create(directory("b/c"))
        for name in ["z", "b/y", "b/c/x", "a"] { try AtomicFile.write([], to: directory(name)) }
        #expect(symlink(directory.path, directory("b/loop")) == 0)
        #expect(try Directory.files(below: directory.path) == ["a", "b/c/x", "b/y", "z"])
        try Directory.remove(directory("b"))
        #expect(try Directory.names(in: directory.path) == ["a", "z"])
    }

    @Test("the second to lock a directory is told who holds it")
    func lock() throws {
        let directory = try TemporaryDirectory()
        var first: DirectoryLock? = try DirectoryLock(directory: directory.path)
        let error = #expect(throws: StorageError.self) { try DirectoryLock(directory: directory.path) }
        guard case .locked(let path, let holder) = error else { throw Unexpected() }
        #expect(path == directory.path && holder.hasPrefix("pid \(getpid()) on "))
        #expect(error?.exitCode == .usage)
        withExtendedLifetime(first) {}
        first = nil
        _ = try DirectoryLock(directory: directory.path)
    }

    @Test(
        "paths are cut as dirname and basename do",
        arguments: [
            ("/a/b", "/a", "b"), ("/a", "/", "a"), ("a", ".", "a"), ("a/b/", "a", "b"), ("/", "/", ""),
        ])
    func paths(path: String, parent: String, name: String) {
        #expect(Directory.parent(of: path) == parent)
        #expect(Directory.name(of: path) == name)
    }
}
