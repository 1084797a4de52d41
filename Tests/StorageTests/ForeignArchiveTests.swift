import Glibc
import Rehearsal
import Runtime
import Storage
import Testing

/// Archives as GNU tar and others write them.
@Suite struct ForeignArchiveTests {
    private func members(_ path: String, _ format: ForeignArchive.Format = .tar) throws -> [(String, String)] {
        let archive = try ForeignArchive(path: path, format: format)
        var found: [(String, String)] = []
        while let member = try archive.next() {
            guard member.kind == .file else {
                found.append((ForeignName.shown(member.name), "\(member.kind)"))
                continue
            }
            let contents = String(decoding: try archive.contents(limit: 1 << 20), as: UTF8.self)
            found.append((ForeignName.shown(member.name), contents))
        }
        return found
    }

    @Test("tar of every kind: long names, names that are not UTF-8, both forms of é, links, sparse files")
    func kinds() throws {
        for format in ["gnu", "pax", "ustar", "v7", "oldgnu"] {
            let directory = try TemporaryDirectory()
            let long = format == "v7" ? "l" : String(repeating: "long/", count: 22) + "name"
            let made = shell(
                "cd \(directory.path) && mkdir -p d $(dirname x/\(long)) && printf one > d/a.txt && printf two > x/\(long).txt "
                    + "&& ln d/a.txt d/b.txt && ln -s a.txt d/c.txt && printf 1 > $'d/caf\\xe9.txt' && printf 2 > $'d/caf\\xc3\\xa9.txt' "
                    + "&& printf 3 > $'d/cafe\\xcc\\x81.txt' "
                    + "&& tar --format=\(format) --sort=name -cf t.tar d x")
            #expect(made.code == 0, "\(format): \(made.output)")
            let found = Dictionary(uniqueKeysWithValues: try members(directory("t.tar")).map { (ByteText($0), $1) })
            #expect(found[ByteText("d/a.txt")] == "one" && found[ByteText("x/\(long).txt")] == "two", "\(format)")
            #expect(found[ByteText("d/b.txt")] == "\(ForeignArchive.Kind.hardLink(target: "d/a.txt"))", "\(format)")
            #expect(found[ByteText("d/c.txt")] == "\(ForeignArchive.Kind.symbolicLink(target: "a.txt"))", "\(format)")
            #expect(found[ByteText("d/caf\\xE9.txt")] == "1", "\(format): \(found)")
            #expect(found[ByteText("d/caf\u{E9}.txt")] == "2", "\(format): \(found)")
            #expect(found[ByteText("d/cafe\u{301}.txt")] == "3", "\(format): \(found)")
        }
    }

    @Test("the names are the same whatever the locale of the process")
    func locale() throws {
        let directory = try TemporaryDirectory()
        let made = shell("cd \(directory.path) && printf 3 > $'cafe\\xcc\\x81.txt' && tar --format=pax -cf t.tar *.txt")
        #expect(made.code == 0, "\(made.output)")
        let old = setlocale(LC_ALL, nil).map { String(cString: $0) } ?? "C"
        defer { setlocale(LC_ALL, old) }
        #expect(setlocale(LC_ALL, "C.UTF-8") != nil)
        #expect(try members(directory("t.tar")).map { Array($0.0.utf8) } == [Array("cafe\u{301}.txt".utf8)])
    }

    @Test("sparse files have their holes, in each of GNU's forms")
    func sparse() throws {
        for form in ["--format=gnu", "--sparse-version=0.0", "--sparse-version=0.1", "--sparse-version=1.0"] {
            let directory = try TemporaryDirectory()
            let made = shell(
                "cd \(directory.path) && truncate -s 300000 s.txt && printf end >> s.txt && tar \(form) -S -cf t.tar s.txt"
            )
            #expect(made.code == 0, "\(made.output)")
            let found = try members(directory("t.tar"))
            #expect(found.count == 1 && found[0].0 == "s.txt", "\(form): \(found.map(\.0))")
            #expect(found[0].1.utf8.count == 300_003 && found[0].1.hasSuffix("\0end"), "\(form)")
        }
    }

    @Test("archives behind one another are read to the last, and from any member on")
    func concatenated() throws {
        let directory = try TemporaryDirectory()
        var bytes: [UInt8] = []
        for part in 0..<3 {
            for number in 0..<4 {
                try Tar.append(name: "\(part)/\(number).txt", contents: Array("\(part)\(number)".utf8), to: &bytes)
            }
            bytes += Tar.end + [UInt8](repeating: 0, count: 512 * part)
        }
        try directory.put("t.tar", bytes)
        let archive = try ForeignArchive(path: directory("t.tar"), format: .tar)
        var all: [ForeignArchive.Member] = []
        while let member = try archive.next() { all.append(member) }
        #expect(all.map(\.name) == (0..<3).flatMap { part in (0..<4).map { "\(part)/\($0).txt" } })
        for start in all.indices {
            let again = try ForeignArchive(path: directory("t.tar"), format: .tar, at: all[start].offset)
            var rest: [ForeignArchive.Member] = []
            while let member = try again.next() { rest.append(member) }
            #expect(rest == Array(all[start...]), "from member \(start)")
        }
    }

    @Test("an archive that is cut, followed by junk or no archive at all is a fault with file and byte")
    func damaged() throws {
        let directory = try TemporaryDirectory()
        var bytes: [UInt8] = []
        try Tar.append(name: "a.txt", contents: noise(1000, seed: 1), to: &bytes)
        try Tar.append(name: "b.txt", contents: noise(1000, seed: 2), to: &bytes)
        func fault(_ contents: [UInt8], _ words: String...) throws {
            try directory.put("t.tar", contents)
            let error = #expect(throws: StorageError.self) { try members(directory("t.tar")) }
            for word in ["t.tar at byte"] + words {
                #expect(error?.description.contains(word) == true, "\(String(describing: error))")
            }
        }
        try fault(bytes.dropLast(600), "more bytes of `b.txt`", "the end of the file")
        try fault(bytes + Tar.end + noise(1024, seed: 3), "header")
        try fault(noise(2048, seed: 4), "archive")
        // Of one that is cut in the zeros at its end nothing is missing.
        for length in [0, 100, 512, 700, 1024] {
            try directory.put("t.tar", bytes + Tar.end.prefix(length))
            #expect(try members(directory("t.tar")).map(\.0) == ["a.txt", "b.txt"], "\(length)")
        }
    }

    @Test("headers without an end are refused before they fill memory")
    func endlessHeader() throws {
        let directory = try TemporaryDirectory()
        // A sparse file whose map is 32 MiB of numbers.
        let made = shell(
            """
            cd \(directory.path) && python3 - <<'END'
            import tarfile, io
            archive = tarfile.open("t.tar", "w", format=tarfile.PAX_FORMAT)
            info = tarfile.TarInfo("s.txt")
            info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "s.txt",
                                "GNU.sparse.realsize": "1000000000"}
            body = b"8000000\\n" + b"1\\n1\\n" * 8000000
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
            archive.close()
            END
            """)
        #expect(made.code == 0, "\(made.output)")
        let error = #expect(throws: StorageError.self) { try members(directory("t.tar")) }
        #expect(error?.description.contains("about a member") == true, "\(String(describing: error))")
    }

    @Test("zip: stored and deflated members are held against their sums, encrypted ones are refused by name")
    func zip() throws {
        let directory = try TemporaryDirectory()
        let good = ForeignBytes.zip([("a.txt", Array("one".utf8)), ("b/é.txt", Array("two".utf8))])
        try directory.put("t.zip", good)
        #expect(try members(directory("t.zip"), .zip).map(\.1) == ["one", "two"])
        var wrong = good
        wrong[30 + 5] ^= 1
        try directory.put("t.zip", wrong)
        let error = #expect(throws: StorageError.self) { try members(directory("t.zip"), .zip) }
        #expect(error?.description.contains("CRC") == true, "\(String(describing: error))")
        try directory.put("t.zip", ForeignBytes.zip([("a.txt", Array("one".utf8))], flags: 1))
        let encrypted = #expect(throws: StorageError.self) { try members(directory("t.zip"), .zip) }
        #expect(encrypted?.description.contains("encrypted") == true, "\(String(describing: encrypted))")
        let second = try ForeignArchive(path: directory("t.zip"), format: .zip, at: 1)
        #expect(throws: StorageError.self) { try second.next() }
    }

    @Test("zip64, deflate and members written without their sizes, as Python writes them")
    func zip64() throws {
        let directory = try TemporaryDirectory()
        let made = shell(
            """
            cd \(directory.path) && python3 - <<'END'
            import zipfile, sys
            with zipfile.ZipFile("t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                with archive.open("a.txt", "w", force_zip64=True) as member: member.write(b"one")
                archive.writestr("b.txt", b"two" * 1000)
            class Pipe:
                def __init__(self, file): self.file = file
                def write(self, data): return self.file.write(data)
                def flush(self): self.file.flush()
            with open("u.zip", "wb") as file, zipfile.ZipFile(Pipe(file), "w", zipfile.ZIP_STORED) as archive:
                archive.writestr("c.txt", b"three")
            END
            """)
        #expect(made.code == 0, "\(made.output)")
        #expect(
            try members(directory("t.zip"), .zip).map(\.1) == ["one", String(repeating: "two", count: 1000)])
        #expect(try members(directory("u.zip"), .zip).map(\.1) == ["three"])
    }
}
