import Runtime
import Storage

/// The members of a zip archive, as `.npz` files are: stored or deflated, with the extension for large files.
struct ZipArchive {
    struct Member {
        var name: String
        var method: Int
        var checksum: UInt32
        var packedSize: Int
        var size: Int
        var header: UInt64
    }

    private static let memberLimit = 1024
    private static let directoryLimit = 1 << 20
    /// Bytes of one member at most.
    private static let contentLimit = 1 << 30

    let members: [Member]
    private let file: InputFile

    init(path: String) throws {
        file = try InputFile(path: path)
        members = try Self.directory(of: file)
    }

    /// The contents of a member, held against its checksum.
    func contents(_ member: Member) throws -> [UInt8] {
        guard member.size <= Self.contentLimit else {
            throw fault(member.header, "at most \(Self.contentLimit) bytes in `\(member.name)`", "\(member.size)")
        }
        let local = try file.read(at: member.header, count: 30)
        guard Self.number(local, 0, 4) == 0x0403_4B50 else { throw fault(member.header, "a zip member", "other bytes") }
        guard Self.number(local, 6, 2) & 1 == 0 else { throw fault(member.header, "no encryption", "some") }
        let start = member.header + 30 + UInt64(Self.number(local, 26, 2) + Self.number(local, 28, 2))
        let packed = try file.read(at: start, count: member.packedSize)
        let bytes: [UInt8]
        switch member.method {
        case 0:
            guard packed.count == member.size else { throw fault(start, "\(member.size) bytes", "\(packed.count)") }
            bytes = packed
        case 8: bytes = try Deflate.inflate(packed, size: member.size, path: file.path, offset: start)
        default: throw fault(member.header, "stored or deflated bytes", "method \(member.method)")
        }
        guard Deflate.checksum(bytes) == member.checksum else { throw fault(start, "the CRC-32 stated", "another") }
        return bytes
    }

    /// The list of members, at the end of the file.
    private static func directory(of file: InputFile) throws -> [Member] {
        let tail = try file.read(
            at: file.size - min(file.size, 22 + 65535), count: Int(min(file.size, 22 + 65535)))
        let base = file.size - UInt64(tail.count)
        guard tail.count >= 22,
            let end = (0...(tail.count - 22)).reversed().first(where: { number(tail, $0, 4) == 0x0605_4B50 })
        else { throw fault(file, 0, "a zip archive", "no list of members at its end") }
        var (count, size, offset) = (
            number(tail, end + 10, 2), number(tail, end + 12, 4), number(tail, end + 16, 4)
        )
        if end >= 20, number(tail, end - 20, 4) == 0x0706_4B50 {
            let place = wide(tail, end - 20 + 8)
            let record = try file.read(at: place, count: 56)
            guard number(record, 0, 4) == 0x0606_4B50 else { throw fault(file, place, "a zip64 record", "other bytes") }
            (count, size, offset) = (
                Int(clamping: wide(record, 32)), Int(clamping: wide(record, 40)), Int(clamping: wide(record, 48))
            )
        }
        guard count <= memberLimit, size <= directoryLimit else {
            throw fault(
                file, base + UInt64(end), "at most \(memberLimit) members and \(directoryLimit) bytes about them",
                "\(count) and \(size)")
        }
        let list = try file.read(at: UInt64(offset), count: size)
        var (members, place): ([Member], Int) = ([], 0)
        for _ in 0..<count {
            guard list.count - place >= 46, number(list, place, 4) == 0x0201_4B50 else {
                throw fault(file, UInt64(offset + place), "a member of the list", "other bytes")
            }
            let lengths = (number(list, place + 28, 2), number(list, place + 30, 2), number(list, place + 32, 2))
            let next = place + 46 + lengths.0 + lengths.1 + lengths.2
            guard next <= list.count else { throw fault(file, UInt64(offset + place), "a whole member", "a part") }
            members.append(member(list, place, nameLength: lengths.0, extraLength: lengths.1))
            place = next
        }
        return members
    }

    private static func member(_ list: [UInt8], _ place: Int, nameLength: Int, extraLength: Int) -> Member {
        let name = list[(place + 46)..<(place + 46 + nameLength)]
        var member = Member(
            name: String(decoding: name, as: UTF8.self), method: number(list, place + 10, 2),
            checksum: UInt32(number(list, place + 16, 4)), packedSize: number(list, place + 20, 4),
            size: number(list, place + 24, 4), header: UInt64(number(list, place + 42, 4)))
        // Numbers that don't fit are all ones, and stand in a field of their own in this order.
        var at = place + 46 + nameLength
        let end = at + extraLength
        while at + 4 <= end {
            let (kind, length) = (number(list, at, 2), number(list, at + 2, 2))
            at += 4
            guard at + length <= end else { break }
            if kind == 1 {
                var wideAt = at
                func next() -> UInt64? {
                    guard wideAt + 8 <= at + length else { return nil }
                    defer { wideAt += 8 }
                    return wide(list, wideAt)
                }
                if member.size == 0xFFFF_FFFF, let value = next() { member.size = Int(clamping: value) }
                if member.packedSize == 0xFFFF_FFFF, let value = next() { member.packedSize = Int(clamping: value) }
                if member.header == 0xFFFF_FFFF, let value = next() { member.header = value }
            }
            at += length
        }
        return member
    }

    private static func number(_ bytes: [UInt8], _ at: Int, _ length: Int) -> Int {
        (0..<length).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }

    private static func wide(_ bytes: [UInt8], _ at: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(bytes[at + $1]) << (8 * UInt64($1)) }
    }

    private func fault(_ offset: UInt64, _ expected: String, _ found: String) -> StorageError {
        Self.fault(file, offset, expected, found)
    }

    private static func fault(_ file: InputFile, _ offset: UInt64, _ expected: String, _ found: String) -> StorageError
    {
        .damaged(
            FileFault(
                path: file.path, offset: offset, expected: expected, found: found,
                remedy: "the file is damaged or is no zip archive: copy or make it again"))
    }
}
