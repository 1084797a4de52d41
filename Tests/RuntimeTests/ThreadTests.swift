import Runtime
import Synchronization
import Testing

@Suite struct ThreadTests {
    @Test("a pool may go before its threads have begun")
    func poolsGoEarly() {
        for threads in 1...4 {
            for _ in 0..<100 { #expect(WorkerPool(threads: threads).threads == threads) }
        }
    }

    @Test("every task runs once, under a worker number nobody else has at the time", arguments: [1, 2, 5])
    func poolRunsEveryTask(threads: Int) {
        let pool = WorkerPool(threads: threads)
        defer { pool.stop() }
        for round in 0..<200 {
            let count = round % 17
            let visits = (0..<count).map { _ in Visit() }
            let busy = (0..<threads).map { _ in Visit() }
            pool.run(count) { task, worker in
                #expect(busy[worker].count.add(1, ordering: .relaxed).newValue == 1)
                visits[task].count.add(1, ordering: .relaxed)
                busy[worker].count.subtract(1, ordering: .relaxed)
            }
            #expect(visits.allSatisfy { $0.count.load(ordering: .relaxed) == 1 })
        }
    }

    private final class Visit: Sendable { let count = Atomic<Int>(0) }

    @Test("a channel keeps order, holds no more than its capacity, and drains after it is closed")
    func channelKeepsOrder() {
        let channel = Channel<Int>(capacity: 3)
        let most = Atomic<Int>(0)
        let sender = Thread(name: "sender") {
            for number in 0..<1000 { channel.send(number) }
            channel.close()
        }
        var received: [Int] = []
        while let number = channel.receive() {
            received.append(number)
            most.max(channel.count, ordering: .relaxed)
        }
        sender.join()
        #expect(received == Array(0..<1000))
        #expect(most.load(ordering: .relaxed) <= 3)
        #expect(!channel.send(1))
    }

    @Test("the machine has what the build was compiled for")
    func levelsFit() {
        #expect(Machine.buildLevel & ~Machine.cpuLevel == 0)
        #expect(Affinity.count >= 1 && Affinity.cpus.count == Affinity.count)
    }
}
