import Runtime
import Storage

/// One source, a folder or a file, walked over in an order that depends on names and contents only.
struct PackSource {
    let path: String
    let format: SourceFormat
    let settings: SourceSettings
    private let isFolder: Bool
    /// How the one file is read, where the source is no folder.
    private let fileFormat: FileFormat?

    /// What a look at all its files told.
    struct Survey {
        /// Files of each format that will be read.
        var counts: [FileFormat: Int] = [:]
        /// Bytes of all files, read or not.
        var bytes: UInt64 = 0
        /// img2dataset's marks were found.
        var isDownload = false
        /// Files that are not read and belong to none that is, by extension.
        var passedOver: [String: Int] = [:]
        /// SHA-256 over path, size and time of every file.
        var digest = ""
    }

    init(path: String, format: SourceFormat, settings: SourceSettings) throws {
        self.path = path
        self.format = format
        var settings = settings
        if format == .img2dataset { settings.isDownload = true }
        self.settings = settings
        switch Directory.kind(of: path) {
        case .directory: (isFolder, fileFormat) = (true, nil)
        case .file:
            (isFolder, fileFormat) = (false, try FileFormat(named: path, format: format, kind: settings.kind))
        default: throw CorpusError.empty(sources: [path], reason: "there is no such file or folder")
        }
    }

    private init(_ other: PackSource, settings: SourceSettings) {
        (path, format, isFolder, fileFormat) = (other.path, other.format, other.isFolder, other.fileFormat)
        self.settings = settings
    }

    /// Lists the files, without opening them.
    func survey() throws -> Survey {
        var survey = Survey()
        let hash = SHA256()
        try forEachFile { file, _ in
            let line = Array("\(file.path)\0\(file.size)\0\(file.modified)\n".utf8)
            line.withUnsafeBytes { hash.update($0) }
            survey.bytes += file.size
            // Beside its files `00000.tar` or `00000/…`, img2dataset leaves `00000_stats.json`.
            if file.path.hasSuffix("_stats.json") { survey.isDownload = true }
            if let format = readFormat(of: file) {
                survey.counts[format, default: 0] += 1
            } else if !mayBeSidecar(file.path) {
                survey.passedOver[SampleName.fileExtension(file.path), default: 0] += 1
            }
        }
        if format != .automatic { survey.isDownload = settings.isDownload }
        survey.digest = hash.hex()
        return survey
    }

    /// Captions and records beside images, and what img2dataset says of its files.
    private func mayBeSidecar(_ path: String) -> Bool {
        let ending = SampleName.fileExtension(path)
        return path.hasSuffix("_stats.json") || (settings.kind == .pairs && ["txt", "json"].contains(ending))
    }

    /// The source as the survey has found it to be.
    func adapted(to survey: Survey) -> PackSource {
        guard isFolder, format == .automatic, survey.isDownload else { return self }
        var settings = settings
        settings.isDownload = true
        return PackSource(self, settings: settings)
    }

    private func readFormat(of file: WalkedFile) -> FileFormat? {
        isFolder ? FileFormat(inFolder: file.path, format: format, kind: settings.kind) : fileFormat
    }

    /// Whether `other` lies in this folder, links followed.
    func contains(_ other: String) -> Bool {
        guard isFolder, let own = Directory.resolved(path), let place = Directory.resolved(other) else { return false }
        return place == own || place.hasPrefix(own == "/" ? own : own + "/")
    }

    private func forEachFile(_ body: (WalkedFile, String) throws -> Void) throws {
        if isFolder {
            var walk = try FileWalk(path)
            while let file = try walk.next() { try body(file, path + "/" + file.path) }
        } else if let file = FileWalk.file(path) {
            try body(file, path)
            // What lies beside an image belongs to it.
            guard fileFormat == .image else { return }
            for ending in [".txt", ".json"] {
                let beside = SampleName.withoutExtension(path) + ending
                if beside != path, let file = FileWalk.file(beside) { try body(file, beside) }
            }
        }
    }

    /// The files to read, from the `first`-th on, with the bytes of all files before each.
    func files(from first: Int = 0) throws -> Files { try Files(self, from: first) }

    /// Walks over the files of a source.
    struct Files {
        private let source: PackSource
        private var walk: FileWalk?
        private var single: WalkedFile?
        /// Number of the next file, and bytes of those before it.
        private(set) var number = 0
        private(set) var bytesBefore: UInt64 = 0

        fileprivate init(_ source: PackSource, from first: Int) throws {
            self.source = source
            if source.isFolder { walk = try FileWalk(source.path) } else { single = FileWalk.file(source.path) }
            while number < first, let file = try nextWalked() {
                number += 1
                bytesBefore += file.size
            }
        }

        private mutating func nextWalked() throws -> WalkedFile? {
            if source.isFolder { return try walk?.next() }
            defer { single = nil }
            return single
        }

        mutating func next() throws -> (file: SourceFile?, number: Int, bytesBefore: UInt64)? {
            guard let walked = try nextWalked() else { return nil }
            defer {
                number += 1
                bytesBefore += walked.size
            }
            let format = source.readFormat(of: walked)
            let file = format.map {
                SourceFile(
                    path: source.isFolder ? source.path + "/" + walked.path : source.path,
                    stem: FileFormat.stem(walked.path), format: $0, size: walked.size, settings: source.settings)
            }
            return (file, number, bytesBefore)
        }
    }
}
