import Runtime
import Storage

/// Samples of an archive in the WebDataset layout: files that follow each other and share a key, which ends at the first
/// dot of the file's name. Links stand for what they lead to.
struct ArchiveSamples: SampleReader {
    private let file: SourceFile
    private let format: ForeignArchive.Format
    private let archive: ForeignArchive
    private var number: Int
    /// Met already: the beginning of the next unit.
    private var ahead: Step?
    private var found: [UnitEvent] = []
    private var given = 0
    /// Made for the first link that is wanted.
    private var links: ArchiveLinks?

    private struct Member {
        var key: String
        /// In lower case.
        var name: String
        var entry: ForeignArchive.Member
    }

    /// What the walk over the members meets.
    private enum Step {
        case member(Member)
        case leftOut(LeftOutReason, String, offset: UInt64)
    }

    init(_ file: SourceFile, at place: UnitPlace) throws {
        self.file = file
        format = try ForeignArchive.Format(of: file.path)
        archive = try ForeignArchive(path: file.path, format: format, at: place.offset)
        number = place.number
    }

    var consumed: UInt64 { archive.consumed }

    mutating func next() throws -> UnitEvent? {
        while given == found.count {
            found = []
            given = 0
            guard try readUnit() else { return nil }
        }
        given += 1
        return found[given - 1]
    }

    private mutating func nextStep() throws -> Step? {
        if let step = ahead {
            ahead = nil
            return step
        }
        while let entry = try archive.next() {
            guard entry.kind != .directory, entry.name.utf8.last != UInt8(ascii: "/") else { continue }
            let path = SourceRules.resolved(entry.name)
            func leftOut(_ reason: LeftOutReason) -> Step {
                .leftOut(reason, "\(file.path):\(entry.name)", offset: entry.offset)
            }
            if SourceRules.isPassedOver(path: path) { return leftOut(.hidden) }
            if entry.kind == .special { return leftOut(.special) }
            let (key, name) = SampleName.split(path)
            guard !name.isEmpty else { return leftOut(.other) }
            return .member(Member(key: key, name: SampleName.lowercased(name), entry: entry))
        }
        return nil
    }

    /// Reads the members of one sample, or something that belongs to none; false at the end of the archive. What is met
    /// among the members of a sample, or behind them, belongs to its unit: going on from there meets it again.
    private mutating func readUnit() throws -> Bool {
        switch try nextStep() {
        case nil: return false
        case .leftOut(let reason, let path, let offset):
            let place = UnitPlace(offset: offset, number: number)
            found = [UnitEvent(place: place, event: .leftOut(reason, path))]
        case .member(let first): try readSample(first)
        }
        return true
    }

    private mutating func readSample(_ first: Member) throws {
        let place = UnitPlace(offset: first.entry.offset, number: number)
        let origin = "\(file.path):\(first.key)"
        var parts = Parts()
        var aside: [PackEvent] = []
        try take(first, into: &parts, &aside)
        while let step = try nextStep() {
            switch step {
            case .leftOut(let reason, let path, _):
                aside.append(.leftOut(reason, path))
                continue
            case .member(let member) where ByteText(member.key) == ByteText(first.key):
                try take(member, into: &parts, &aside)
                continue
            case .member: ahead = step
            }
            break
        }
        number += 1
        let key = file.settings.isDownload ? file.key(named: first.key) : file.key(named: file.stem + "/" + first.key)
        let events: [PackEvent]
        do {
            if let fault = parts.fault { throw SampleRejection(description: fault) }
            // Links to nothing are counted as that.
            events = parts.names.isEmpty ? [] : try self.events(parts, key: key, origin: origin)
        } catch {
            events = [.rejected(RejectedSource(path: origin, reason: "\(error)"))]
        }
        found = (events + aside).map { UnitEvent(place: place, event: $0) }
    }

    /// What was met of a sample.
    private struct Parts {
        /// All names, and the contents of those that are wanted.
        var names: [String] = []
        var contents: [StoredSample.Member] = []
        /// The first thing that is wrong.
        var fault: String?

        mutating func fail(_ reason: String) { fault = fault ?? reason }
    }

    private mutating func take(_ member: Member, into parts: inout Parts, _ aside: inout [PackEvent]) throws {
        let (name, entry) = (member.name, member.entry)
        guard !parts.names.contains(where: { ByteText($0) == ByteText(name) }) else {
            return parts.fail("two members `\(name)`")
        }
        parts.names.append(name)
        guard isWanted(name) else { return }
        if let warning = entry.warning { return parts.fail("the header of `\(name)` is damaged: \(warning)") }
        let limit = limit(of: name)
        func tooLarge(_ size: UInt64) -> String { "`\(name)` has \(size) bytes, at most \(limit) are taken" }
        switch entry.kind {
        case .file:
            guard entry.size <= UInt64(limit) else { return parts.fail(tooLarge(entry.size)) }
            // Of a sample that is rejected nothing more is needed.
            guard parts.fault == nil else { return }
            parts.contents.append(.init(name: name, bytes: try archive.contents(limit: limit)))
        case .hardLink, .symbolicLink:
            let links = try self.links ?? ArchiveLinks(path: file.path, format: format)
            self.links = links
            switch try links.target(ofLinkAt: entry.offset, limit: limit) {
            case .contents(let bytes): parts.contents.append(.init(name: name, bytes: bytes))
            case .tooLarge(let size): parts.fail(tooLarge(size))
            case .nothing:
                parts.names.removeLast()
                aside.append(.leftOut(.linkToNothing, "\(file.path):\(entry.name)"))
            }
        case .directory, .special: break
        }
    }

    private func isWanted(_ name: String) -> Bool {
        if file.settings.keptMembers.contains(name) || name == "json" { return true }
        switch file.settings.kind {
        case .images: return SourceRules.imageNames.contains(name)
        case .texts: return SourceRules.textNames.contains(name)
        case .pairs: return SourceRules.imageNames.contains(name) || SourceRules.captionNames.contains(name)
        case .regions:
            return RegionSet.memberNames.contains(name) || SourceRules.imageNames.contains(name)
                || SourceRules.captionNames.contains(name)
        case .annotations: return false
        }
    }

    /// Bytes of a member at most.
    private func limit(of name: String) -> Int {
        SourceRules.textNames.contains(name) || name.hasSuffix("json") ? PackItem.textLimit : PackItem.imageLimit
    }

    private func events(_ parts: Parts, key: String, origin: String) throws -> [PackEvent] {
        let members = parts.contents
        func member(_ names: [String]) -> [UInt8]? { members.first { names.contains($0.name) }?.bytes }
        var item = PackItem(origin: origin, key: key)
        let json = member(["json"])
        item.kept = members.filter { file.settings.keptMembers.contains($0.name) }
        if file.settings.isDownload, let json { item.status = .inline(json) }
        let image = member(SourceRules.imageNames)
        switch file.settings.kind {
        case .texts:
            guard let bytes = member(SourceRules.textNames) else {
                guard let json else { return [try lacksText(parts, origin)] }
                item.text = .jsonBytes(json)
                return [.item(item)]
            }
            return item.cut(try PackItem.text(bytes), maxBytes: file.settings.maxTextBytes).map { .item($0) }
        case .images:
            guard let image else { return [try lacksImage(item, parts)] }
            item.image = .inline(image)
        case .pairs:
            guard let image else { return [try lacksImage(item, parts)] }
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

    /// A record by itself may be of a download that failed; a caption by itself is no sample; but an image under a name
    /// that is not known as one is a mistake in the names.
    private func lacksImage(_ item: PackItem, _ parts: Parts) throws -> PackEvent {
        if case .inline(let record) = item.status, try PackItem.isFailure(record) { return .item(item) }
        try refuseDots(parts, SourceRules.imageNames, "an image")
        if file.settings.isDownload { throw SampleRejection(description: "no image beside \(Self.list(parts.names))") }
        let isCaption = parts.names.contains { SourceRules.captionNames.contains($0) }
        return .leftOut(isCaption ? .captionWithoutImage : .other, item.origin)
    }

    private func lacksText(_ parts: Parts, _ origin: String) throws -> PackEvent {
        try refuseDots(parts, SourceRules.textNames, "a text")
        return .leftOut(.other, origin)
    }

    private func refuseDots(_ parts: Parts, _ names: [String], _ what: String) throws {
        guard parts.names.contains(where: { names.contains(SampleName.fileExtension("x." + $0)) }) else { return }
        throw SampleRejection(
            description: "no member is \(what), which is called \(names.joined(separator: ", ")); it has "
                + "\(Self.list(parts.names)): a key ends at the first dot, so rename the files")
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
        if names.isEmpty { return "nothing" }
        return names.count > 8 ? "\(shown) and \(names.count - 8) others" : shown
    }

    private func text(of members: [StoredSample.Member]) -> PackItem.Text? {
        for name in SourceRules.captionNames {
            guard let member = members.first(where: { $0.name == name }) else { continue }
            return switch name {
            case CaptionList.memberName: .captionList(member.bytes)
            case "json": .jsonBytes(member.bytes)
            default: .bytes(member.bytes)
            }
        }
        return nil
    }
}
