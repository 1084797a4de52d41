import Storage

/// What the links of an archive stand for: the contents of the files they lead to, wherever in the archive these are.
///
/// Made when the first link is met, by reading the archive twice from its beginning, so that a compressed one is not read
/// anew for each link: once for the names that links lead to, once for the contents of the files with these names, which
/// lie in a file without a name (`TMPDIR`) until the archive is done. Memory grows with the number of links only.
final class ArchiveLinks {
    enum Target {
        case contents([UInt8])
        case tooLarge(UInt64)
        /// No such file is in the archive, or the links lead round in a circle.
        case nothing
    }

    /// Links in one archive at most.
    private static let limit = 1 << 20

    private struct Place {
        var size: UInt64
        /// Where the contents lie; nil for more bytes than any member may have.
        var offset: UInt64?
    }

    private let path: String
    private let format: ForeignArchive.Format
    private let spool: SpoolFile
    /// Names that links lead to, by their hashes.
    private var targets: Set<UInt64> = []
    /// What has a name, by its hash; of several, the last so far.
    private var named: [UInt64: Place] = [:]
    /// Links to names that have not been met: their offsets and their own names.
    private var waiting: [UInt64: [(link: UInt64, name: UInt64)]] = [:]
    /// What each link stands for, by its offset.
    private var places: [UInt64: Place] = [:]

    init(path: String, format: ForeignArchive.Format) throws {
        self.path = path
        self.format = format
        spool = try SpoolFile()
        try forEachMember { member, _ in
            guard let target = Self.target(of: member) else { return }
            targets.insert(target)
        }
        try forEachMember { member, archive in
            let name = KeySet.hash(SourceRules.resolved(member.name))
            if let target = Self.target(of: member) {
                if let place = named[target] {
                    resolve(member.offset, name, place)
                } else {
                    waiting[target, default: []].append((member.offset, name))
                }
            } else if member.kind == .file, targets.contains(name) {
                give(name, try store(member, archive))
            }
        }
        (targets, named, waiting) = ([], [:], [:])
    }

    /// What the link at an offset stands for.
    func target(ofLinkAt offset: UInt64, limit: Int) throws -> Target {
        guard let place = places[offset] else { return .nothing }
        guard let start = place.offset, place.size <= UInt64(limit) else { return .tooLarge(place.size) }
        return .contents(try spool.read(at: start, count: Int(place.size)))
    }

    private func forEachMember(_ body: (ForeignArchive.Member, ForeignArchive) throws -> Void) throws {
        let archive = try ForeignArchive(path: path, format: format)
        var links = 0
        while let member = try nextMember(archive) {
            if Self.target(of: member) != nil { links += 1 }
            guard links <= Self.limit else {
                throw SampleRejection(description: "the archive holds more than \(Self.limit) links; unpack it")
            }
            try body(member, archive)
        }
    }

    /// Damage ends the walk; the reader of the samples comes to it too, and says so.
    private func nextMember(_ archive: ForeignArchive) throws -> ForeignArchive.Member? {
        do { return try archive.next() } catch StorageError.damaged { return nil }
    }

    private func store(_ member: ForeignArchive.Member, _ archive: ForeignArchive) throws -> Place {
        guard member.size <= UInt64(PackItem.imageLimit) else { return Place(size: member.size) }
        do {
            let contents = try archive.contents(limit: PackItem.imageLimit)
            return Place(size: member.size, offset: try spool.append(contents))
        } catch StorageError.damaged { return Place(size: member.size) }
    }

    private func resolve(_ link: UInt64, _ name: UInt64, _ place: Place) {
        places[link] = place
        if targets.contains(name) { give(name, place) }
    }

    /// Gives a name its file, and with it the links that wait for it, and those that wait for these.
    private func give(_ name: UInt64, _ place: Place) {
        var names = [name]
        while let name = names.popLast() {
            named[name] = place
            for waiter in waiting.removeValue(forKey: name) ?? [] {
                places[waiter.link] = place
                if targets.contains(waiter.name) { names.append(waiter.name) }
            }
        }
    }

    /// The hash of the name that a link leads to; nil for what is no link.
    private static func target(of member: ForeignArchive.Member) -> UInt64? {
        switch member.kind {
        case .hardLink(let target): KeySet.hash(SourceRules.resolved(target))
        case .symbolicLink(let target): KeySet.hash(SourceRules.target(of: member.name, target))
        case .file, .directory, .special: nil
        }
    }
}
