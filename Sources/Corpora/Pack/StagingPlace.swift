import Storage

/// `OUT.tmp`, where a corpus grows: `corpus/` is renamed to `OUT` when it is complete; the lock and the journal stay
/// outside of it, so that nothing has to be cleared away in a directory that has its final name.
final class StagingPlace {
    /// The corpus directory to be.
    let directory: String
    /// `OUT.tmp`.
    let path: String
    let staged: StagedDirectory
    private let lock: DirectoryLock

    var journal: String { path + "/journal.jsonl" }

    static func path(of directory: String) -> String { directory + ".tmp" }

    /// Makes and locks it; two packers must not clear each other's work.
    init(directory: String) throws {
        self.directory = directory
        path = Self.path(of: directory)
        staged = StagedDirectory(path: directory, staging: path + "/corpus", faultPoint: "pack")
        try Directory.create(path)
        lock = try DirectoryLock(directory: path)
        try Directory.create(staged.staging)
    }

    /// Removes everything but the lock, and the files of the corpus and the journal that are to stay.
    func clear(keeping files: Set<String> = [], journal keepsJournal: Bool = false) throws {
        for name in try Directory.names(in: path) where path + "/" + name != lock.path && name != "corpus" {
            if keepsJournal && path + "/" + name == journal { continue }
            try Directory.remove(path + "/" + name)
        }
        for name in try Directory.names(in: staged.staging) where !files.contains(name) {
            try Directory.remove(staged.staging + "/" + name)
        }
    }

    /// Removes the whole place, the lock with it.
    func remove() throws { try Directory.remove(path) }
}
