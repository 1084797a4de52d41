import Collectives
import Glibc
import Runtime
import Synchronization
import Testing

/// A transport whose calls do not return while `isStuck`.
private final class StuckTransport: Transport {
    let rank = 0
    let size = 2
    let topology = Topology(nodes: [0, 0])
    let isStuck = Atomic<Bool>(false)
    let isReleased = Atomic<Bool>(false)

    func send(_ bytes: UnsafeRawBufferPointer, to peer: Int, tag: Int32) throws(CommunicationError.Cause) -> Request {
        Request(slot: 0)
    }
    func receive(
        _ bytes: UnsafeMutableRawBufferPointer, from peer: Int, tag: Int32
    ) throws(CommunicationError.Cause) -> Request {
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        return Request(slot: 0)
    }
    func test(_ request: Request) throws(CommunicationError.Cause) -> Bool {
        while isStuck.load(ordering: .relaxed) && !isReleased.load(ordering: .relaxed) { usleep(1000) }
        return true
    }
    func progress() throws(CommunicationError.Cause) {}
    func abort(_ code: ExitCode) {}
    func close() throws(CommunicationError.Cause) {}
}

/// A peer that answers during set-up and not afterwards.
private final class SilentTransport: Transport {
    let rank = 0
    let size = 2
    let topology = Topology(nodes: [0, 0])
    private let received = Atomic<Int>(0)

    func send(_ bytes: UnsafeRawBufferPointer, to peer: Int, tag: Int32) throws(CommunicationError.Cause) -> Request {
        .init(slot: 0)
    }
    func receive(
        _ bytes: UnsafeMutableRawBufferPointer, from peer: Int, tag: Int32
    ) throws(CommunicationError.Cause) -> Request {
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        return .init(slot: 1)
    }
    func test(_ request: Request) throws(CommunicationError.Cause) -> Bool {
        request.slot == 0 || received.add(1, ordering: .relaxed).newValue <= 1
    }
    func progress() throws(CommunicationError.Cause) {}
    func abort(_ code: ExitCode) {}
    func close() throws(CommunicationError.Cause) {}
}

/// What a watchdog wrote.
private final class Dump: Sendable {
    private let text = Mutex("")
    func write(_ dump: String) { text.withLock { $0 = dump } }
    /// Waits for the text, up to `seconds`.
    func read(within seconds: Double) -> String {
        let end = Clock.seconds + seconds
        while Clock.seconds < end, text.withLock({ $0.isEmpty }) { usleep(10_000) }
        return text.withLock { $0 }
    }
}

@Suite struct WatchdogTests {
    @Test("a transport call that never returns ends in a dump with rank, step, operation and what went before")
    func stuckTransport() throws {
        let (transport, dump) = (StuckTransport(), Dump())
        let thread = try CommunicationThread(deadline: 0.3, onStall: { dump.write($0) }) { transport }
        thread.begin([.barrier(name: "counts"), .barrier(name: "encoder.7")], step: 12)
        thread.submit(0)
        try thread.wait(0)
        transport.isStuck.store(true, ordering: .relaxed)
        thread.submit(1)
        let text = dump.read(within: 20)
        transport.isReleased.store(true, ordering: .relaxed)
        #expect(text.hasPrefix("rank 0 is stuck and ends itself: step 12, operation encoder.7: stuck for"))
        #expect(text.contains("  step 12 counts: took"))
        #expect(text.contains("  step 12 encoder.7: running for"))
        try thread.finish()
    }

    @Test("an error that the hanging compute thread never asks for ends in a dump too")
    func unseenError() throws {
        let dump = Dump()
        let thread = try CommunicationThread(deadline: 0.3, onStall: { dump.write($0) }) { SilentTransport() }
        thread.begin([.barrier(name: "counts")], step: 2)
        thread.submit(0)
        let text = dump.read(within: 20)
        #expect(text.contains("waited 0 s for a message from rank 1"))
        #expect(text.contains("the compute thread has not asked"))
    }
}
