import Runtime
import Storage

/// The events of all sources, one after another, from any position on.
struct SourceStream {
    private let sources: [PackSource]
    /// Bytes of each source, for the progress.
    private let sizes: [UInt64]
    private var position: PackPosition
    private var files: PackSource.Files?
    private var reader: (any SampleReader)?
    private var file: SourceFile?
    private var fileStart: UInt64 = 0
    /// Events of the unit to pass over: they were taken before.
    private var skipping = 0

    /// - Parameter position: where to go on; an event's own position comes after the event.
    init(_ sources: [PackSource], sizes: [UInt64], from position: PackPosition = PackPosition()) {
        self.sources = sources
        self.sizes = sizes
        self.position = position
        skipping = position.taken
    }

    /// Bytes of the sources that lie behind.
    var consumed: UInt64 {
        sizes.prefix(position.source).reduce(0, +) + fileStart + (reader?.consumed ?? 0)
    }

    /// The next event, and the position after it; nil at the end of all sources.
    mutating func next() throws -> (event: PackEvent, position: PackPosition)? {
        while try open() {
            let found: UnitEvent?
            do { found = try reader?.next() } catch { return finish(failing: error) }
            guard let found else {
                leaveFile()
                continue
            }
            if found.place != position.unit {
                (position.unit, position.taken, skipping) = (found.place, 0, 0)
            }
            if skipping > 0 {
                skipping -= 1
                continue
            }
            position.taken += 1
            return (found.event, position)
        }
        return nil
    }

    /// Opens the file at the position, or the next that is to be read; false at the end of all sources.
    private mutating func open() throws -> Bool {
        while reader == nil {
            guard position.source < sources.count else { return false }
            if files == nil { files = try sources[position.source].files(from: position.file) }
            guard let next = try files?.next() else {
                files = nil
                position = PackPosition(source: position.source + 1)
                fileStart = 0
                continue
            }
            if next.number != position.file {
                position.file = next.number
                (position.unit, position.taken, skipping) = (UnitPlace(), 0, 0)
            }
            fileStart = next.bytesBefore
            guard let file = next.file else { continue }
            self.file = file
            // A file that can't be opened is one event: when it was taken before, there is nothing more in it.
            do { reader = try file.reader(at: position.unit) } catch { reader = FailedFile(file, error) }
        }
        return true
    }

    private mutating func leaveFile() {
        reader = nil
        fileStart += file?.size ?? 0
        // The walk's next file has another number, by which the position within this one is forgotten.
        position.unit = UnitPlace(offset: .max)
        position.taken = 0
        skipping = 0
    }

    /// A file that can't be read on is left, with one rejection in place of the rest.
    private mutating func finish(failing error: any Error) -> (event: PackEvent, position: PackPosition) {
        let rejected = file?.rejected(error) ?? RejectedSource(path: "", reason: "\(error)")
        leaveFile()
        position.file += 1
        position.unit = UnitPlace()
        return (.rejected(rejected), position)
    }
}

extension SourceFile {
    /// The whole file, with the reason; the path that errors about files begin with is not said twice.
    fileprivate func rejected(_ error: any Error) -> RejectedSource {
        var reason = "\(error)"[...]
        if reason.hasPrefix(path) { reason = reason.dropFirst(path.count) }
        while let first = reason.first, first == ":" || first == " " { reason = reason.dropFirst() }
        return RejectedSource(path: path, reason: String(reason))
    }
}

/// A file that could not be opened.
private struct FailedFile: SampleReader {
    private var event: UnitEvent?

    init(_ file: SourceFile, _ error: any Error) {
        event = UnitEvent(place: UnitPlace(), event: .rejected(file.rejected(error)))
    }

    var consumed: UInt64 { 0 }

    mutating func next() -> UnitEvent? {
        defer { event = nil }
        return event
    }
}
