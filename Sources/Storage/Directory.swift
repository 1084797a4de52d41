import Glibc
import Runtime

/// Directories: made, listed, walked, flushed and removed.
public enum Directory {
    /// Kind of a directory entry, links followed.
    public enum Kind: Sendable { case file, directory, other }

    /// What is at `path`; nil when nothing is.
    public static func kind(of path: String) -> Kind? {
        var status = stat()
        guard stat(path.systemPath, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        default: return .other
        }
    }

    /// Bytes of the regular file at `path`, links followed; nil when there is none.
    public static func fileSize(of path: String) -> UInt64? {
        var status = stat()
        guard stat(path.systemPath, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return UInt64(status.st_size)
    }

    public static func exists(_ path: String) -> Bool { kind(of: path) != nil }

    /// Makes `path` and the directories above it; nothing to do when it is there.
    public static func create(_ path: String) throws(StorageError) {
        if kind(of: path) == .directory { return }
        let parent = parent(of: path)
        if parent != path { try create(parent) }
        guard mkdir(path.systemPath, 0o755) == 0 || errno == EEXIST else { throw fail("make the directory", path) }
        guard kind(of: path) == .directory else {
            throw .system(path: path, operation: "make the directory", code: ENOTDIR)
        }
    }

    /// Names in the directory, sorted bytewise, without `.` and `..`.
    public static func names(in path: String) throws(StorageError) -> [String] {
        guard let stream = opendir(path.systemPath) else { throw fail("list the directory", path) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                ForeignName.text(bytes.prefix { $0 != 0 })
            }
            if name != "." && name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw fail("list the directory", path) }
        return sorted(names)
    }

    /// Sorted by the bytes that the file system has.
    private static func sorted(_ names: [String]) -> [String] {
        names.map { (name: $0, bytes: ForeignName.bytes($0)) }
            .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.map(\.name)
    }

    /// Paths of all regular files below the directory, relative to it, sorted bytewise. Links to directories are not
    /// followed, so that a loop of links ends.
    public static func files(below path: String) throws(StorageError) -> [String] {
        var found: [String] = []
        try collect(path, prefix: "", into: &found)
        return sorted(found)
    }

    private static func collect(_ path: String, prefix: String, into found: inout [String]) throws(StorageError) {
        for name in try names(in: path) {
            let full = path + "/" + name
            switch kind(of: full) {
            case .file: found.append(prefix + name)
            case .directory where !isLink(full): try collect(full, prefix: prefix + name + "/", into: &found)
            default: continue
            }
        }
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path.systemPath, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// Removes a file, or a directory with everything in it; nothing to do when nothing is there.
    public static func remove(_ path: String) throws(StorageError) {
        var status = stat()
        guard lstat(path.systemPath, &status) == 0 else {
            if errno == ENOENT { return }
            throw fail("remove", path)
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in try names(in: path) { try remove(path + "/" + name) }
            guard rmdir(path.systemPath) == 0 || errno == ENOENT else { throw fail("remove", path) }
        } else {
            guard unlink(path.systemPath) == 0 || errno == ENOENT else { throw fail("remove", path) }
        }
    }

    /// Makes the names in the directory survive a power failure.
    public static func flush(_ path: String) throws(StorageError) {
        let descriptor = open(path.systemPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fail("open the directory", path) }
        defer { close(descriptor) }
        // Some network file systems know no flush of directories and say EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw fail("flush the directory", path) }
    }

    /// Renames within a file system and makes the new name survive a power failure.
    public static func rename(_ old: String, to new: String) throws(StorageError) {
        guard Glibc.rename(old.systemPath, new.systemPath) == 0 else { throw fail("rename to \(new)", old) }
        try flush(parent(of: new))
    }

    /// Bytes an unprivileged writer can still write on the file system of `path` (or of the nearest directory above it
    /// that exists); 0 when that is unknown.
    public static func availableBytes(at path: String) -> UInt64 {
        var status = statvfs()
        var place = path
        while statvfs(place.systemPath, &status) != 0 {
            let above = parent(of: place)
            guard above != place else { return 0 }
            place = above
        }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }

    /// The directory a path lies in; `/` and `.` lie in themselves.
    public static func parent(of path: String) -> String {
        let trimmed = trimmed(path)
        guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// The path without links, `.` and `..`, as far as it exists; nil when not even its beginning can be looked at.
    public static func resolved(_ path: String) -> String? {
        if let pointer = realpath(path.systemPath, nil) {
            defer { free(pointer) }
            return ForeignName.text(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
        }
        let parent = parent(of: path)
        guard parent != path, let above = resolved(parent) else { return nil }
        return (above == "/" ? "" : above) + "/" + name(of: path)
    }

    /// The last component of a path.
    public static func name(of path: String) -> String {
        let trimmed = trimmed(path)
        guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return trimmed }
        return String(trimmed[trimmed.utf8.index(after: slash)...])
    }

    /// Without slashes at its end. Slashes are looked for byte by byte: with an accent behind it, one is no `Character`.
    private static func trimmed(_ path: String) -> String {
        var kept = path.utf8[...]
        while kept.count > 1 && kept.last == UInt8(ascii: "/") { kept = kept.dropLast() }
        return String(Substring(kept))
    }
}
