import Storage

/// Samples of a tar archive in the WebDataset layout: files that follow each other and share a key, which ends at the
/// first dot of the file's name. Files whose name begins with a dot or has none are passed over.
struct ArchiveSamples: SampleReader {
    private let file: SourceFile
    private var archive: TarStream
    private var number: Int
    /// The first member of the next sample, met already.
    private var ahead: Member?
    private var found: [UnitEvent] = []
    private var given = 0

    private struct Member {
        var key: String
        var name: String
        var entry: TarStream.Entry
    }

    init(_ file: SourceFile, at place: UnitPlace) throws {
        self.file = file
        archive = try TarStream(path: file.path, at: place.offset)
        number = place.number
    }

    var consumed: UInt64 { archive.stream.consumed }

    mutating func next() throws -> UnitEvent? {
        while given == found.count {
            found = []
            given = 0
            guard try readSample() else { return nil }
        }
        given += 1
        return found[given - 1]
    }

    private mutating func nextMember() throws -> Member? {
        if let member = ahead {
            ahead = nil
            return member
        }
        while let entry = try archive.next() {
            let (key, name) = SampleName.split(
                entry.name.hasPrefix("./") ? String(entry.name.dropFirst(2)) : entry.name)
            let base = key.utf8.lastIndex(of: UInt8(ascii: "/")).map { key.utf8.index(after: $0) } ?? key.startIndex
            if name.isEmpty || base == key.endIndex { continue }
            return Member(key: key, name: name.lowercased(), entry: entry)
        }
        return nil
    }

    /// Reads the members of one sample; false at the end of the archive.
    private mutating func readSample() throws -> Bool {
        guard let first = try nextMember() else { return false }
        let place = UnitPlace(offset: first.entry.offset, number: number)
        let origin = "\(file.path):\(first.key)"
        var contents: [StoredSample.Member] = []
        var fault: String?
        var member: Member? = first
        while let current = member, current.key == first.key {
            if contents.contains(where: { $0.name == current.name }) {
                fault = fault ?? "two members `\(current.name)`"
            } else if isWanted(current.name) {
                let limit = limit(of: current.name)
                if current.entry.size > limit {
                    fault = fault ?? "`\(current.name)` has \(current.entry.size) bytes, at most \(limit) are taken"
                } else if fault == nil {
                    contents.append(.init(name: current.name, bytes: try archive.contents()))
                }
            }
            member = try nextMember()
        }
        ahead = member
        number += 1
        let key = file.settings.isDownload ? file.key(named: first.key) : file.key(named: file.stem + "/" + first.key)
        do {
            if let fault { throw SampleRejection(description: fault) }
            found = try events(contents, key: key, origin: origin).map { UnitEvent(place: place, event: $0) }
        } catch {
            found = [UnitEvent(place: place, event: .rejected(RejectedSource(path: origin, reason: "\(error)")))]
        }
        return true
    }

    private func isWanted(_ name: String) -> Bool {
        if file.settings.keptMembers.contains(name) || name == "json" { return true }
        switch file.settings.kind {
        case .images: return StoredSample.imageNames.contains(name)
        case .texts: return Self.textNames.contains(name)
        case .pairs:
            return StoredSample.imageNames.contains(name) || Self.textNames.contains(name)
                || name == CaptionList.memberName
        case .regions:
            return RegionSet.memberNames.contains(name) || Self.textNames.contains(name)
                || StoredSample.imageNames.contains(name) || name == CaptionList.memberName
        case .annotations: return false
        }
    }

    /// Bytes of a member at most.
    private func limit(of name: String) -> Int {
        Self.textNames.contains(name) || name.hasSuffix("json") ? PackItem.textLimit : PackItem.imageLimit
    }

    private static let textNames = ["txt", "text", "caption"]

    private func events(_ members: [StoredSample.Member], key: String, origin: String) throws -> [PackEvent] {
        func member(_ names: [String]) -> [UInt8]? { members.first { names.contains($0.name) }?.bytes }
        var item = PackItem(origin: origin, key: key)
        let json = member(["json"])
        item.kept = members.filter { file.settings.keptMembers.contains($0.name) }
        if file.settings.isDownload, let json { item.status = .inline(json) }
        let image = member(StoredSample.imageNames)
        switch file.settings.kind {
        case .texts:
            guard let bytes = member(Self.textNames) else {
                guard let json else { throw SampleRejection(description: "no member `txt` or `json`") }
                item.text = .jsonBytes(json)
                return [.item(item)]
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw SampleRejection(description: "the text is not UTF-8")
            }
            return item.cut(text, maxBytes: file.settings.maxTextBytes).map { .item($0) }
        case .images:
            guard let image else { return try lacksImage(item, members) }
            item.image = .inline(image)
        case .pairs:
            guard let image else { return try lacksImage(item, members) }
            item.image = .inline(image)
            guard let text = text(of: members) else { return [.unpaired(origin)] }
            item.text = text
        case .regions:
            let sample = StoredSample(key: key, members: members)
            item.regions = .members(try RegionSet(sample))
            item.halvesFeatures = file.settings.halvesFeatures
            if let image { item.image = .inline(image) }
            item.text = text(of: members) ?? .none
        case .annotations: throw SampleRejection(description: "annotations are made from a corpus, not packed")
        }
        return [.item(item)]
    }

    /// A record by itself may be of a download that failed.
    private func lacksImage(_ item: PackItem, _ members: [StoredSample.Member]) throws -> [PackEvent] {
        if case .inline(let record) = item.status, try PackItem.isFailure(record) { return [.item(item)] }
        throw SampleRejection(description: "no image beside \(members.map { "`\($0.name)`" }.joined(separator: ", "))")
    }

    private func text(of members: [StoredSample.Member]) -> PackItem.Text? {
        if let list = members.first(where: { $0.name == CaptionList.memberName }) { return .captionList(list.bytes) }
        if let text = members.first(where: { Self.textNames.contains($0.name) }) { return .bytes(text.bytes) }
        return members.first { $0.name == "json" }.map { .jsonBytes($0.bytes) }
    }
}
