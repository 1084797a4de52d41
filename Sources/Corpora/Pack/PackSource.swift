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
        /// Folders elsewhere that links in it lead to.
        var linkedFolders: [String] = []
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
        survey.linkedFolders = try forEachFile { file in
            let line = Array("\(file.path)\0\(file.size)\0\(file.modified)\n".utf8)
            line.withUnsafeBytes { hash.update($0) }
            survey.bytes += file.size
            guard file.leftOut == nil else { return }
            // Beside its files `00000.tar` or `00000/…`, img2dataset leaves `00000_stats.json`.
            if Self.isStatistics(file.path) { survey.isDownload = true }
            if let format = readFormat(of: file) {
                survey.counts[format, default: 0] += 1
            } else if !isReported(file) {
                survey.passedOver[SampleName.fileExtension(file.path), default: 0] += 1
            }
        }
        if format != .automatic { survey.isDownload = settings.isDownload }
        survey.digest = hash.hex()
        return survey
    }

    private static func isStatistics(_ path: String) -> Bool {
        path.utf8.reversed().starts(with: "_stats.json".utf8.reversed())
    }

    /// Whether a file that is not read is accounted for otherwise: captions, and what img2dataset says of its files.
    private func isReported(_ file: WalkedFile) -> Bool {
        if Self.isStatistics(file.path) { return true }
        guard settings.kind == .pairs else { return false }
        return isSidecar(file.path) && file.lacksImage != "json"
    }

    private func isSidecar(_ path: String) -> Bool {
        SourceRules.captionNames.contains(SampleName.fileExtension(path))
    }

    /// The source as the survey has found it to be.
    func adapted(to survey: Survey) -> PackSource {
        guard isFolder, format == .automatic, survey.isDownload else { return self }
        var settings = settings
        settings.isDownload = true
        return PackSource(self, settings: settings)
    }

    /// What becomes of a file; nil for one that is not read, and counted by its extension.
    private func use(of file: WalkedFile) -> (SourceFile.Use, FileFormat)? {
        if let reason = file.leftOut { return (.leftOut(reason), .image) }
        if let format = readFormat(of: file) { return (.samples, format) }
        guard settings.kind == .pairs || settings.isDownload, let kind = file.lacksImage,
            FileFormat.readsImages(format), !Self.isStatistics(file.path)
        else { return nil }
        if kind == "json" { return settings.isDownload ? (.record, .image) : nil }
        return settings.kind == .pairs && !settings.isDownload ? (.leftOut(.captionWithoutImage), .image) : nil
    }

    private func sourceFile(_ walked: WalkedFile, _ use: SourceFile.Use, _ format: FileFormat) -> SourceFile {
        let folder = isFolder ? path : Directory.parent(of: path)
        var file = SourceFile(
            path: isFolder ? path + "/" + walked.path : path, stem: FileFormat.stem(walked.path), format: format,
            size: walked.size, settings: settings)
        file.use = use
        file.sidecars = walked.sidecars.map { Sidecars.Sidecar(name: $0.name, file: folder + "/" + $0.file) }
        return file
    }

    private func readFormat(of file: WalkedFile) -> FileFormat? {
        isFolder ? FileFormat(inFolder: file.path, format: format, kind: settings.kind) : fileFormat
    }

    /// Whether `other` lies in this folder, or in one that a link in it leads to.
    func contains(_ other: String, linked: [String]) -> Bool {
        guard isFolder, let own = Directory.resolved(path), let place = Directory.resolved(other) else { return false }
        return ([own] + linked).contains { folder in
            let inside = folder == "/" ? folder : folder + "/"
            return ByteText(place) == ByteText(folder) || place.utf8.starts(with: inside.utf8)
        }
    }

    /// - Returns: folders elsewhere that links lead to.
    private func forEachFile(_ body: (WalkedFile) throws -> Void) throws -> [String] {
        if isFolder {
            var walk = try FileWalk(path)
            while let file = try walk.next() { try body(file) }
            return walk.linkedFolders
        }
        if let file = try FileWalk.file(path) {
            try body(file)
            // What lies beside an image belongs to it.
            for sidecar in file.sidecars where fileFormat == .image {
                let place = Directory.parent(of: path) + "/" + sidecar.file
                if let beside = try FileWalk.file(place) { try body(beside) }
            }
        }
        return []
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
            if source.isFolder { walk = try FileWalk(source.path) } else { single = try FileWalk.file(source.path) }
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
            let file = source.use(of: walked).map { use, format in
                source.sourceFile(walked, use, format)
            }
            return (file, number, bytesBefore)
        }
    }
}
