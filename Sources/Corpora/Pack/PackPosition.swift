/// Where the samples of one unit of a file begin: a line, a record, an archive member, or the file itself.
struct UnitPlace: Sendable, Equatable, Codable {
    /// Byte in the decoded file.
    var offset: UInt64 = 0
    /// Lines before it.
    var line = 0
    /// Documents, records or samples before it.
    var number = 0
}

/// A place between two events of a walk over all sources: packing can go on there.
struct PackPosition: Sendable, Equatable, Codable {
    /// Which source, in the order in which they were named.
    var source = 0
    /// Which file of that source, in the order of the walk.
    var file = 0
    var unit = UnitPlace()
    /// Events of the unit that lie before.
    var taken = 0
}

/// What a file of a source yields, and where it was found.
struct UnitEvent {
    var place: UnitPlace
    var event: PackEvent
}

/// Reads the samples of one file, front to back. It can be begun at any place it has named.
protocol SampleReader {
    /// Bytes of the file read so far, before decompression.
    var consumed: UInt64 { get }
    /// The next event; nil at the end. What it throws ends the file, not the work.
    mutating func next() throws -> UnitEvent?
}
