import Glibc
import Runtime
import Storage

/// A file below a folder.
struct WalkedFile: Equatable {
    /// Relative to the folder.
    var path: String
    var size: UInt64 = 0
    /// Nanoseconds since 1970.
    var modified: Int64 = 0
    /// Why it is not read, whatever its name.
    var leftOut: LeftOutReason?
    /// Captions beside it, paths relative to the folder.
    var sidecars: [Sidecars.Sidecar] = []
    /// Of what could be a caption: what it would be, where there is no image beside it.
    var lacksImage: String?
}

/// Walks over the files below a folder in the bytewise order of their paths, keeping only the names of the directories it
/// stands in. Links to folders are followed, but for those that lead back to a folder they lie in. What is hidden, and
/// what is no file, is met too, as left out; hidden folders are not entered.
struct FileWalk {
    private struct Entry {
        var name: String
        var bytes: [UInt8]
        var isDirectory = false
        var size: UInt64 = 0
        var modified: Int64 = 0
        var leftOut: LeftOutReason?
    }

    /// A directory on the way down: its path with a slash, what is left of it in reverse order, and which it is.
    private struct Level {
        var prefix: String
        var entries: [Entry]
        var sidecars: Sidecars
        var identity: Identity
    }

    private struct Identity: Hashable {
        var device: UInt64
        var number: UInt64
    }

    private let root: String
    private var open: [Level] = []
    /// Folders outside of their place that links led to, without links in their paths.
    private(set) var linkedFolders: [String] = []

    init(_ root: String) throws {
        self.root = root
        try enter("")
    }

    mutating func next() throws -> WalkedFile? {
        while let last = open.indices.last {
            guard let entry = open[last].entries.popLast() else {
                open.removeLast()
                continue
            }
            let prefix = open[last].prefix
            if entry.isDirectory {
                if try enter(prefix + entry.name) { continue }
                return WalkedFile(path: prefix + entry.name, leftOut: .linkLoop)
            }
            var file = WalkedFile(
                path: prefix + entry.name, size: entry.size, modified: entry.modified, leftOut: entry.leftOut)
            file.lacksImage = open[last].sidecars.lacksImage(entry.name)
            file.sidecars = open[last].sidecars.captions(of: entry.name).map {
                Sidecars.Sidecar(name: $0.name, file: prefix + $0.file)
            }
            return file
        }
        return nil
    }

    /// Goes down into a directory, whose path below the root ends with a slash; false where the walk stands in it already.
    @discardableResult private mutating func enter(_ prefix: String) throws -> Bool {
        let path = root + "/" + prefix
        guard let found = Self.status(of: path) else {
            throw StorageError.system(path: path, operation: "list the directory", code: errno)
        }
        let identity = Identity(device: UInt64(found.st_dev), number: UInt64(found.st_ino))
        guard !open.contains(where: { $0.identity == identity }) else { return false }
        if !prefix.isEmpty, Self.isLink(String(path.dropLast())), let place = Directory.resolved(path) {
            linkedFolders.append(place)
        }
        let entries = try Self.entries(of: path)
        let files = entries.filter { !$0.isDirectory && $0.leftOut == nil }
        open.append(
            Level(
                prefix: prefix, entries: entries, sidecars: Sidecars(files.map(\.name)), identity: identity))
        return true
    }

    /// Directories carry their slash, by which they are sorted where their files belong.
    private static func entries(of directory: String) throws -> [Entry] {
        try Directory.names(in: directory).compactMap { entry($0, in: directory) }
            .sorted { $1.bytes.lexicographicallyPrecedes($0.bytes) }
    }

    private static func entry(_ name: String, in directory: String) -> Entry? {
        let path = directory + name
        guard let found = status(of: path) else {
            // A link to nothing is a file that can't be read: whoever reads it says so.
            return isLink(path) ? Entry(name: name, bytes: ForeignName.bytes(name)) : nil
        }
        let isDirectory = found.st_mode & S_IFMT == S_IFDIR
        let full = isDirectory ? name + "/" : name
        var entry = Entry(name: full, bytes: ForeignName.bytes(full))
        if SourceRules.isPassedOver(component: name) {
            entry.leftOut = .hidden
        } else if isDirectory {
            entry.isDirectory = true
        } else if found.st_mode & S_IFMT == S_IFREG {
            (entry.size, entry.modified) = (UInt64(found.st_size), modified(found))
        } else {
            entry.leftOut = .special
        }
        return entry
    }

    /// A single file as if it had been walked over; paths beside it as the path itself has them.
    static func file(_ path: String) throws -> WalkedFile? {
        guard let found = status(of: path), found.st_mode & S_IFMT == S_IFREG else { return nil }
        let name = Directory.name(of: path)
        var file = WalkedFile(path: name, size: UInt64(found.st_size), modified: modified(found))
        guard SourceRules.imageNames.contains(SampleName.fileExtension(name)) else { return file }
        let folder = Directory.parent(of: path)
        file.sidecars = Sidecars(try Directory.names(in: folder)).captions(of: name).filter {
            Directory.kind(of: folder + "/" + $0.file) == .file
        }
        return file
    }

    private static func status(of path: String) -> stat? {
        var found = stat()
        return stat(path.systemPath, &found) == 0 ? found : nil
    }

    private static func isLink(_ path: String) -> Bool {
        var found = stat()
        return lstat(path.systemPath, &found) == 0 && found.st_mode & S_IFMT == S_IFLNK
    }

    private static func modified(_ found: stat) -> Int64 {
        Int64(found.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(found.st_mtim.tv_nsec)
    }
}
