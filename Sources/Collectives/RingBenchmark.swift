import Glibc
import Runtime

/// Times the ways of all-reduce against each other, in one run, on memory of zeros (which repeated sums do not
/// change): shared for the window, private for messages.
public enum RingBenchmark {
    public struct Row: Sendable, Equatable {
        /// `ring`, `window` or the name of the rival.
        public var name: String
        /// Bytes summed on each rank.
        public var bytes: Int
        /// GB/s of payload: bytes over the median time of the slowest rank.
        public var value: Double
        public static let unit = "GB/s"
    }

    /// An all-reduce of the transport's own, in place.
    public struct Rival: Sendable {
        public var name: String
        public var allReduce: @Sendable (UnsafeMutablePointer<Float>, Int) throws -> Void

        public init(name: String, allReduce: @escaping @Sendable (UnsafeMutablePointer<Float>, Int) throws -> Void) {
            self.name = name
            self.allReduce = allReduce
        }
    }

    /// Payloads from 1 MB to 256 MB.
    public static let defaultSizes = [1, 4, 16, 64, 256].map { $0 << 20 }

    /// The rows, alike on every rank; collective. A way that is not possible here has no row; `notes` say why.
    public static func run(
        on thread: CommunicationThread, sizes: [Int] = defaultSizes, repetitions: Int = 7, rival: Rival?
    ) throws -> (rows: [Row], notes: [String]) {
        precondition(sizes.allSatisfy { $0 > 0 && $0 % 4 == 0 }, "sizes are positive multiples of 4 bytes: \(sizes)")
        precondition(repetitions > 0, "a median needs a repetition, got \(repetitions)")
        let longest = sizes.max() ?? 0
        let shared = try SharedRegion(byteCount: longest, name: "ring-benchmark")
        let region = try SharedRegion(byteCount: longest, name: "ring-benchmark", isShared: false)
        return try thread.perform("bench ring") { communicator in
            let ring = try Reducer(.ring, region: region, communicator: communicator)
            let window = try Reducer(.window, region: shared, communicator: communicator)
            var ways: [(name: String, body: (Int) throws -> Void)] = [("ring", { try ring.allReduce(0..<$0) })]
            if window.reduction == .window { ways.append(("window", { try window.allReduce(0..<$0) })) }
            if let rival {
                ways.append((rival.name, { try rival.allReduce(region.floats.baseAddress!, $0) }))
            }
            var rows: [Row] = []
            for bytes in sizes {
                let times = try medians(ways.map(\.body), count: bytes / 4, repetitions, communicator)
                for (way, seconds) in zip(ways, times) {
                    rows.append(Row(name: way.name, bytes: bytes, value: Double(bytes) / seconds * 1e-9))
                }
            }
            return (rows, [window.note].compactMap { $0 })
        }
    }

    /// Median over repetitions of the slowest rank's seconds, for each way; the ways take turns, so that a change of
    /// the machine's mood meets them all.
    private static func medians(
        _ ways: [(Int) throws -> Void], count: Int, _ repetitions: Int, _ communicator: Communicator
    ) throws -> [Double] {
        var samples = [[Double]](repeating: [], count: ways.count)
        for repetition in 0...repetitions {
            for (index, way) in ways.enumerated() {
                try communicator.barrier()
                let start = Clock.seconds
                try way(count)
                let seconds = Clock.seconds - start
                let slowest = try communicator.allGather(bits(of: seconds)).map(seconds(of:)).max()!
                if repetition > 0 { samples[index].append(slowest) }
            }
        }
        return samples.map { $0.sorted()[$0.count / 2] }
    }

    private static func bits(of seconds: Double) -> [UInt8] { withUnsafeBytes(of: seconds) { Array($0) } }
    private static func seconds(of bytes: [UInt8]) -> Double {
        bytes.withUnsafeBytes { $0.loadUnaligned(as: Double.self) }
    }
}
