import Glibc

/// Tokenizer files are not larger than this.
private let largestFile = 256 << 20

private func fault(_ path: String, _ action: String) -> TextError {
    .inaccessible(path: path, action: action, reason: String(cString: strerror(errno)))
}

func readFile(_ path: String) throws(TextError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw fault(path, "open") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 20)
    while true {
        let count = read(descriptor, &block, block.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw fault(path, "read") }
        guard count > 0 else { return bytes }
        bytes += block[..<count]
        guard bytes.count <= largestFile else {
            throw .inaccessible(path: path, action: "read", reason: "more than \(largestFile) bytes")
        }
    }
}

/// Writes under a temporary name, then renames: the file is complete or what it was.
func writeFile(_ path: String, _ bytes: [UInt8]) throws(TextError) {
    let temporary = path + ".partial"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw fault(temporary, "create") }
    do throws(TextError) {
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, path: temporary)
        guard fsync(descriptor) == 0 else { throw fault(temporary, "write") }
    } catch {
        unlink(temporary)
        throw error
    }
    guard rename(temporary, path) == 0 else {
        let error = fault(path, "replace")
        unlink(temporary)
        throw error
    }
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(TextError) {
    var written = 0
    while written < bytes.count {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, bytes.count - written) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw fault(path, "write") }
        written += count
    }
}

/// Makes renames in a directory last.
func synchronize(directory: String) throws(TextError) {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw fault(directory, "open") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw fault(directory, "write") }
}
