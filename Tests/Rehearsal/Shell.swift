import Glibc

/// Runs a command; its exit code and what it printed.
public func shell(_ command: String) -> (code: Int32, output: String) {
    guard let pipe = popen("(\(command)) 2>&1", "r") else { return (-1, "") }
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
