import Runtime
import Storage

/// One image with what lies beside it: for pairs its captions in a file of the same name.
enum ImageFile {
    static func event(_ file: SourceFile) -> PackEvent {
        var item = PackItem(origin: file.path, key: file.key(named: file.stem), image: .file(file.path))
        if file.settings.isDownload, let json = file.sidecars.first(where: { $0.name == "json" }) {
            item.status = .file(json.file)
        }
        guard file.settings.kind == .pairs else { return .item(item) }
        guard let best = file.sidecars.first else { return .unpaired(file.path) }
        let equals = file.sidecars.filter { $0.name == best.name }
        guard equals.count == 1 else {
            let names = equals.map { "`\(Directory.name(of: $0.file))`" }.joined(separator: " and ")
            return .rejected(RejectedSource(path: file.path, reason: "its captions are in \(names): keep one of them"))
        }
        item.text =
            switch best.name {
            case CaptionList.memberName: .captionFile(best.file)
            case "json": .json(file: best.file)
            default: file.settings.isDownload ? .whole(file: best.file) : .firstLine(ofFile: best.file)
            }
        return .item(item)
    }

    /// What img2dataset says of a download without an image: that it failed, or else it is bad.
    static func record(_ file: SourceFile) -> PackEvent {
        do {
            let record = try InputFile.contents(of: file.path, limit: UInt64(PackItem.textLimit))
            guard try PackItem.isFailure(record) else { throw SampleRejection(description: "no image beside it") }
            var item = PackItem(origin: file.path, key: file.key(named: file.stem))
            item.status = .inline(record)
            return .item(item)
        } catch { return .rejected(RejectedSource(path: file.path, reason: "\(error)")) }
    }
}
