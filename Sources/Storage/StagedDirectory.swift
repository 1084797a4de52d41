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
