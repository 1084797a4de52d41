import Rehearsal
import Storage
import Testing

@testable import Telemetry

@Suite struct EventFileTests {
    @Test("the checksum is CRC-32C")
    func checksum() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([]) == 0)
    }

    /// Bytes that TensorBoard's `RecordWriter` makes of
    /// `Event(wall_time=1.5, file_version="brain.Event:2")`,
    /// `Event(wall_time=1.5, step=300, session_log=SessionLog(status=SessionLog.START))` and
    /// `Event(wall_time=1.5, step=300, summary=Summary(value=[Summary.Value(tag="loss", simple_value=0.25),
    /// Summary.Value(tag="rate", simple_value=float("nan"))]))`.
    @Test("events are byte for byte what TensorBoard writes")
    func golden() {
        #expect(
            hexadecimal(Event.version(wallTime: 1.5))
                == "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c")
        #expect(
            hexadecimal(Event.start(step: 300, wallTime: 1.5))
                == "100000000000000095fbfe1809000000000000f83f10ac023a020801713b788a")
        #expect(
            hexadecimal(Event.scalars(step: 300, [("loss", 0.25), ("rate", .nan)], wallTime: 1.5))
                == "2800000000000000ff70164a09000000000000f83f10ac022a1a0a0b0a046c6f7373150000803e0a0b0a0472617465150000"
                + "c07f062fda30")
    }

    @Test("a run's file begins with the version and the start of the session")
    func beginning() throws {
        let scratch = try TemporaryDirectory()
        let file = try EventFile(directory: scratch.path, startingAt: 7)
        try file.write(step: 7, scalars: [("loss", 1)])
        let name = try #require(try Directory.names(in: scratch.path).first)
        #expect(name.hasPrefix("events.out.tfevents."))
        let bytes = try scratch.bytes(name)
        #expect(
            bytes.count == Event.version(wallTime: 0).count + Event.start(step: 7, wallTime: 0).count
                + Event.scalars(step: 7, [("loss", 1)], wallTime: 0).count)
        #expect(String(decoding: bytes, as: UTF8.self).contains("brain.Event:2"))
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
