import Glibc
import Storage

/// A file below a folder.
struct WalkedFile: Equatable {
    /// Relative to the folder.
    var path: String
    var size: UInt64
    /// Nanoseconds since 1970.
    var modified: Int64
}

/// Walks over the regular files below a folder in the bytewise order of their paths, keeping only the names of the
/// directories it stands in. Links to directories are not followed, so that a loop of links ends.
struct FileWalk {
    private struct Entry {
        var name: String
        var isDirectory: Bool
        var size: UInt64
        var modified: Int64
    }

    private let root: String
    /// Per directory on the way down: its path with a slash, and what is left of it in reverse order.
    private var open: [(prefix: String, entries: [Entry])]

    init(_ root: String) throws {
        self.root = root
        open = [("", try Self.entries(of: root))]
    }

    mutating func next() throws -> WalkedFile? {
        while let last = open.indices.last {
            guard let entry = open[last].entries.popLast() else {
                open.removeLast()
                continue
            }
            let path = open[last].prefix + entry.name
            guard entry.isDirectory else {
                return WalkedFile(path: path, size: entry.size, modified: entry.modified)
            }
            open.append((path, try Self.entries(of: root + "/" + path)))
        }
        return nil
    }

    /// Directories carry their slash, by which they are sorted where their files belong.
    private static func entries(of directory: String) throws -> [Entry] {
        try Directory.names(in: directory).compactMap { name -> Entry? in
            let path = directory.hasSuffix("/") ? directory + name : directory + "/" + name
            guard let found = status(of: path) else {
                // A link to nothing is a file that can't be read: whoever reads it says so.
                return isLink(path) ? Entry(name: name, isDirectory: false, size: 0, modified: 0) : nil
            }
            switch found.st_mode & S_IFMT {
            case S_IFREG:
                return Entry(name: name, isDirectory: false, size: UInt64(found.st_size), modified: modified(found))
            case S_IFDIR where !isLink(path):
                return Entry(name: name + "/", isDirectory: true, size: 0, modified: 0)
            default: return nil
            }
        }.sorted { $1.name.utf8.lexicographicallyPrecedes($0.name.utf8) }
    }

    /// A single file as if it had been walked over.
    static func file(_ path: String) -> WalkedFile? {
        guard let found = status(of: path), found.st_mode & S_IFMT == S_IFREG else { return nil }
        return WalkedFile(path: Directory.name(of: path), size: UInt64(found.st_size), modified: modified(found))
    }

    private static func status(of path: String) -> stat? {
        var found = stat()
        return stat(path, &found) == 0 ? found : nil
    }

    private static func isLink(_ path: String) -> Bool {
        var found = stat()
        return lstat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFLNK
    }

    private static func modified(_ found: stat) -> Int64 {
        Int64(found.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(found.st_mtim.tv_nsec)
    }
}
