import Storage

/// One image with what lies beside it: for pairs the caption in a `.txt` or `.json` of the same name.
enum ImageFile {
    static func event(_ file: SourceFile) -> PackEvent {
        var item = PackItem(origin: file.path, key: file.key(named: file.stem), image: .file(file.path))
        let stem = SampleName.withoutExtension(file.path)
        let hasJSON = Directory.kind(of: stem + ".json") == .file
        if file.settings.isDownload && hasJSON { item.status = .file(stem + ".json") }
        guard file.settings.kind == .pairs else { return .item(item) }
        if Directory.kind(of: stem + ".txt") == .file {
            item.text = file.settings.isDownload ? .whole(file: stem + ".txt") : .firstLine(ofFile: stem + ".txt")
        } else if hasJSON {
            item.text = .json(file: stem + ".json")
        } else {
            return .unpaired(file.path)
        }
        return .item(item)
    }
}
