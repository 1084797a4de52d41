import Glibc
import Storage

/// Runs a command of bash, up to its first failure; the exit code and what was printed.
public func shell(_ command: String) -> (code: Int32, output: String) {
    guard let directory = try? TemporaryDirectory() else { return (-1, "no temporary directory") }
    let script = directory("script")
    do { try AtomicFile.write(Array(command.utf8), to: script) } catch { return (-1, "\(error)") }
    guard let pipe = popen("bash -e \(script) 2>&1", "r") else { return (-1, "") }
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = fread(&piece, 1, piece.count, pipe)
        if count == 0 { break }
        output += piece[..<count]
    }
    let status = pclose(pipe)
    return (status >> 8 & 0xff, String(decoding: output, as: UTF8.self))
}
