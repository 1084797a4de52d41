import Glibc
import Runtime
import Storage

/// Reads recipe files and lays `extends:` and `--set` over one another.
enum RecipeSource {
    /// Bytes of one recipe file.
    static let maximumBytes = 1 << 20

    /// The tree of `file`, with the files it extends below it.
    /// - Parameter ancestors: resolved paths of the files that led here.
    static func load(_ file: String, from reference: RecipeOrigin? = nil, ancestors: [String] = []) throws -> RecipeTree
    {
        let identity = realpath(file.systemPath, nil).map { pointer in
            defer { free(pointer) }
            return String(cString: pointer)
        }
        if let identity, ancestors.contains(identity), let reference {
            throw RecipeError(
                origin: reference, path: "extends", reason: .cycle,
                problem: "\(file) is already being read: extends goes round in a circle", remedy: "remove one extends")
        }
        let text = try read(file, from: reference)
        var tree = try RecipeTree(yaml: text) { .file(path: file, line: $0) }
        guard case .mapping = tree.content else {
            throw RecipeError(
                origin: tree.origin, path: "", reason: .value,
                problem: "expected a mapping of keys to values, found \(tree.summary)",
                remedy: "write at least `seed: 1`, or see recipes/debug.yaml")
        }
        guard let extends = tree.remove("extends"), !extends.value.isNull else { return tree }
        guard case .scalar(let base, _) = extends.value.content else {
            throw RecipeError(
                origin: extends.origin, path: "extends", reason: .value,
                problem: "expected the path of one recipe, found \(extends.value.summary)",
                remedy: "chain files: let the extended recipe extend the other")
        }
        let path = base.hasPrefix("/") ? base : directory(of: file) + base
        return try load(path, from: extends.origin, ancestors: ancestors + [identity ?? file]).merged(with: tree)
    }

    private static func directory(of file: String) -> String {
        file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    }

    private static func read(_ file: String, from reference: RecipeOrigin?) throws -> String {
        func unreadable(_ problem: String, _ remedy: String) -> RecipeError {
            RecipeError(
                origin: reference ?? .file(path: file, line: 1), path: reference == nil ? "" : "extends",
                reason: .unreadable, problem: problem, remedy: remedy)
        }
        let descriptor = open(file.systemPath, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw unreadable(
                "can't open \(file): \(String(cString: strerror(errno)))",
                reference == nil ? "check the path of the recipe" : "extends is relative to the file that says it")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes[count...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 || errno != EISDIR else {
                throw unreadable(
                    "\(file) is \(KnownDirectory.found(at: file)), not a recipe",
                    "name the recipe's file; `--run DIR` names a run's directory")
            }
            guard got >= 0 else {
                throw unreadable("can't read \(file): \(String(cString: strerror(errno)))", "a recipe is a text file")
            }
            if got == 0 { break }
            count += got
        }
        guard count <= maximumBytes else {
            throw unreadable("\(file) is larger than \(maximumBytes) bytes", "a recipe is a page or two of YAML")
        }
        do throws(ForeignText.Fault) { return try ForeignText.text(Array(bytes[..<count])) } catch {
            throw unreadable("\(file) is \(error.found), not UTF-8", error.remedy)
        }
    }
}
