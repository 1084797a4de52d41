import Runtime
import Storage

@testable import Corpora

/// A way by which bytes of the world get into the program: a name, and what reads them.
///
/// Whatever the bytes are, reading ends in a value or in a typed error. A trap, a hang, a report of a sanitizer and an
/// error of another type are faults of the program.
public struct FuzzParser: Sendable {
    /// How reading may end.
    public enum Outcome: Sendable, Equatable {
        case value
        /// With the message of the typed error.
        case refused(String)
    }

    /// A small input that mutation begins with.
    public struct Seed: Sendable {
        public var name: String
        public var bytes: [UInt8]

        init(_ name: String, _ bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }
        init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }
    }

    typealias Read = @Sendable (_ bytes: [UInt8], _ scratch: FuzzDirectory) throws -> Void

    /// Also the name of the folder with its seeds.
    public let name: String
    /// Bytes of an input at most.
    public let maxLength: Int
    private let makeSeeds: @Sendable () throws -> [Seed]
    private let read: Read

    init(
        _ name: String, maxLength: Int = 4096, seeds: @escaping @Sendable () throws -> [Seed], read: @escaping Read
    ) {
        (self.name, self.maxLength, makeSeeds, self.read) = (name, maxLength, seeds, read)
    }

    /// Every parser, sorted by name.
    public static let all: [FuzzParser] =
        (storage + checkpoints + tokenizers + images + members + corpora + sources + recipes + curation)
        .sorted { $0.name < $1.name }

    /// The seeds as the program makes them today.
    public func seeds() throws -> [Seed] { try makeSeeds() }

    /// Reads an input.
    /// - Parameter scratch: where parsers of files find it.
    /// - Throws: an error that is not typed.
    public func outcome(of bytes: [UInt8], in scratch: FuzzDirectory) throws -> Outcome {
        do {
            try read(bytes, scratch)
            return .value
        } catch  where Self.isTyped(error) {
            let message = "\(error)"
            try promise(!message.isEmpty, "\(name): an error that says nothing")
            return .refused(message)
        }
    }

    /// Errors with file, place and remedy, and the reasons for which packing and loading leave a sample out.
    private static func isTyped(_ error: any Error) -> Bool {
        error is any DiagnosedError || error is ForeignText.Fault || error is SampleRejection || error is UnusableSample
            || error is FailedDownload
    }
}

/// Something that was read is not what readers rely on.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String
}

/// Holds what was read against what its readers rely on.
func promise(_ condition: @autoclosure () throws -> Bool, _ found: @autoclosure () -> String) throws {
    guard try condition() else { throw BrokenPromise(description: found()) }
}
