import Rehearsal
import Runtime
import Storage
import Testing

@Suite struct ChecksumTests {
    @Test("SHA-256 agrees with the published vectors")
    func vectors() {
        #expect(SHA256.hex(of: "") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(SHA256.hex(of: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let million = [UInt8](repeating: 97, count: 1_000_000)
        #expect(SHA256.hex(of: million) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("a digest does not depend on how the bytes arrive")
    func pieces() {
        let bytes = noise(10_000, seed: 1)
        let hash = SHA256()
        for start in stride(from: 0, to: bytes.count, by: 77) {
            Array(bytes[start..<min(start + 77, bytes.count)]).withUnsafeBytes { hash.update($0) }
        }
        #expect(hash.hex() == SHA256.hex(of: bytes))
    }

    @Test("sha256sum accepts the manifest, and the manifest names the changed file")
    func manifest() throws {
        let directory = try TemporaryDirectory()
        let first = try AtomicFile.write(noise(5000, seed: 2), to: directory("a file.bin"))
        let second = try AtomicFile.write([], to: directory("empty"))
        let manifest = ChecksumManifest([second, first])
        try AtomicFile.write(Array(manifest.text.utf8), to: directory(ChecksumManifest.fileName))
        #expect(shell("cd \(directory.path) && sha256sum --strict -c manifest.sha256").code == 0)
        let read = try ChecksumManifest(directory: directory.path)
        #expect(read == manifest)
        #expect(read.fingerprint == manifest.fingerprint)
        try read.verify("a file.bin", in: directory.path)

        var changed = noise(5000, seed: 2)
        changed[4321] ^= 4
        let found = try AtomicFile.write(changed, to: directory("a file.bin"))
        let error = #expect(throws: StorageError.self) { try read.verify("a file.bin", in: directory.path) }
        guard case .damaged(let fault) = error else { throw Unexpected() }
        #expect(fault.path == directory("a file.bin"))
        #expect(fault.expected.contains(first.sha256) && fault.found.contains(found.sha256))
    }

    @Test(
        "a manifest line that is not `digest  name` is refused with its offset",
        arguments: [
            "xyz", String(repeating: "a", count: 64), String(repeating: "a", count: 64) + " name",
            String(repeating: "g", count: 64) + "  name", String(repeating: "a", count: 64) + "  ../name",
            String(repeating: "a", count: 64) + "  ..",
        ])
    func badManifest(line: String) throws {
        let directory = try TemporaryDirectory()
        let good = String(repeating: "0", count: 64) + "  good\n"
        try AtomicFile.write(Array((good + line + "\n").utf8), to: directory("manifest.sha256"))
        let error = #expect(throws: StorageError.self) { try ChecksumManifest(directory: directory.path) }
        guard case .damaged(let fault) = error else { throw Unexpected() }
        #expect(fault.offset == UInt64(good.utf8.count))
    }

    @Test("a truncated manifest is refused")
    func truncatedManifest() throws {
        let directory = try TemporaryDirectory()
        let text = String(repeating: "0", count: 64) + "  shard-000001"
        try AtomicFile.write(Array(text.utf8), to: directory("manifest.sha256"))
        #expect(throws: StorageError.self) { try ChecksumManifest(directory: directory.path) }
    }
}

/// A wrong kind of error.
struct Unexpected: Error {}
