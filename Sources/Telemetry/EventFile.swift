import Glibc
import Runtime

/// A TensorBoard event file: records of `length, checksum, Event, checksum`, the Event in protocol buffers.
///
/// Fields written: `Event { 1: wall_time double, 2: step int64, 3: file_version string, 5: summary, 7: session_log }`,
/// `Summary { 1: repeated value }`, `Value { 1: tag string, 2: simple_value float }`, `SessionLog { 1: status enum }`.
public final class EventFile {
    public let path: String
    private let descriptor: Int32

    /// Begins a new file in `directory`.
    /// - Parameter start: the first step that will be written. A `SessionLog` START with this step makes TensorBoard
    ///   forget what earlier files say of it and of later steps.
    public init(directory: String, startingAt start: Int) throws {
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let name = host.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        let time = Clock.wallSeconds
        path = "\(directory)/events.out.tfevents.\(Int(time)).\(name).\(getpid()).0"
        descriptor = open(path.systemPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw TelemetryError.system(path, "open it") }
        try append(Event.version(wallTime: time) + Event.start(step: start, wallTime: time))
    }

    deinit { close(descriptor) }

    /// Appends one event with all the scalars. NaN and infinities are written as they are: TensorBoard marks them.
    public func write(step: Int, scalars: [(tag: String, value: Double)]) throws {
        try append(Event.scalars(step: step, scalars, wallTime: Clock.wallSeconds))
    }

    private func append(_ bytes: [UInt8]) throws {
        try Appending.write(bytes, to: descriptor, path: path, action: "append an event")
    }
}

/// Framed events.
enum Event {
    static func version(wallTime: Double) -> [UInt8] {
        var event = ProtocolBuffer()
        event.double(1, wallTime)
        event.string(3, "brain.Event:2")
        return framed(event.bytes)
    }

    static func start(step: Int, wallTime: Double) -> [UInt8] {
        var session = ProtocolBuffer()
        session.integer(1, 1)
        var event = ProtocolBuffer()
        event.double(1, wallTime)
        event.integer(2, step)
        event.message(7, session)
        return framed(event.bytes)
    }

    static func scalars(step: Int, _ scalars: [(tag: String, value: Double)], wallTime: Double) -> [UInt8] {
        var summary = ProtocolBuffer()
        for (tag, value) in scalars {
            var entry = ProtocolBuffer()
            entry.string(1, tag)
            entry.float(2, Float(value))
            summary.message(1, entry)
        }
        var event = ProtocolBuffer()
        event.double(1, wallTime)
        event.integer(2, step)
        event.message(5, summary)
        return framed(event.bytes)
    }

    /// `UInt64` length, its masked checksum, the bytes, their masked checksum; little endian.
    static func framed(_ bytes: [UInt8]) -> [UInt8] {
        let length = withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) }
        var record = length
        record += withUnsafeBytes(of: CRC32C.masked(length).littleEndian) { Array($0) }
        record += bytes
        record += withUnsafeBytes(of: CRC32C.masked(bytes).littleEndian) { Array($0) }
        return record
    }
}

/// The few wire types of protocol buffers that an event needs.
struct ProtocolBuffer {
    private(set) var bytes: [UInt8] = []

    mutating func integer(_ field: Int, _ value: Int) {
        varint(UInt64(field << 3))
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func double(_ field: Int, _ value: Double) {
        varint(UInt64(field << 3 | 1))
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    mutating func float(_ field: Int, _ value: Float) {
        varint(UInt64(field << 3 | 5))
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    mutating func string(_ field: Int, _ value: String) { delimited(field, Array(value.utf8)) }

    mutating func message(_ field: Int, _ value: ProtocolBuffer) { delimited(field, value.bytes) }

    private mutating func delimited(_ field: Int, _ value: [UInt8]) {
        varint(UInt64(field << 3 | 2))
        varint(UInt64(value.count))
        bytes += value
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// The Castagnoli checksum, and the masking TensorBoard's records apply to it.
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }

    static func masked(_ bytes: [UInt8]) -> UInt32 {
        let value = checksum(bytes)
        return (value >> 15 | value << 17) &+ 0xA282_EAD8
    }
}
