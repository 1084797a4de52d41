import Glibc
import Runtime

/// A directory that appears under its name complete, or not at all: files go into a staging directory, which `commit`
/// renames.
public struct StagedDirectory: Sendable {
    /// The final path.
    public let path: String
    /// Where files are written until then.
    public let staging: String
    private let faultPoint: String

    /// - Parameter staging: on the same file system; `path` + `.tmp` when nil.
    public init(path: String, staging: String? = nil, faultPoint: String = "storage") {
        self.path = path
        self.faultPoint = faultPoint
        self.staging = staging ?? path + ".tmp"
    }

    /// Throws what making a directory at `path` would meet, before there is anything to write: something else stands there, or
    /// nothing can be made above it.
    public static func check(_ path: String) throws(StorageError) {
        if Directory.kind(of: path) != nil {
            let found = KnownDirectory.found(at: path)
            guard found == KnownDirectory.emptyNoun else {
                throw .unsupported(
                    FileFault(
                        path: path, expected: "nothing yet, or an empty directory", found: found,
                        remedy: "choose another place, or remove it"))
            }
        }
        var parent = Directory.parent(of: path)
        while Directory.kind(of: parent) == nil, Directory.parent(of: parent) != parent {
            parent = Directory.parent(of: parent)
        }
        guard Directory.kind(of: parent) == .directory else {
            throw .system(path: path, operation: "make the directory", code: ENOTDIR)
        }
        guard access(parent, W_OK | X_OK) == 0 else { throw fail("make the directory", path) }
    }

    /// Makes the staging directory, empty: what an earlier attempt left is removed.
    public func begin() throws {
        try Directory.remove(staging)
        try Directory.create(staging)
    }

    /// A new file in the staging directory.
    public func create(_ name: String) throws -> OutputFile {
        try OutputFile(path: staging + "/" + name, faultPoint: faultPoint)
    }

    /// Renames the finished directory into place. Every file must have been sealed.
    public func commit() throws {
        try FaultPoint.visit("\(faultPoint).fsync")
        try Directory.flush(staging)
        try FaultPoint.visit("\(faultPoint).rename")
        try Directory.rename(staging, to: path)
        try FaultPoint.visit("\(faultPoint).renamed")
    }

    /// Removes the staging directory and what is in it.
    public func discard() throws { try Directory.remove(staging) }
}
