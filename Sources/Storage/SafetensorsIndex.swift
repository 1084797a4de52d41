import FoundationEssentials
import Runtime

/// `….safetensors.index.json`: which file holds which tensor, as Hugging Face's loaders read it.
public struct SafetensorsIndex: Sendable, Equatable {
    private static let byteLimit: UInt64 = 100_000_000

    /// Bytes of all tensors.
    public var totalSize: UInt64
    /// Tensor name → file name.
    public var files: [String: String]

    public init(totalSize: UInt64, files: [String: String]) {
        self.totalSize = totalSize
        self.files = files
    }

    private struct Body: Codable {
        struct Metadata: Codable { var total_size: UInt64 }
        var metadata: Metadata
        var weight_map: [String: String]
    }

    public var bytes: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            let body = Body(metadata: .init(total_size: totalSize), weight_map: files)
            return Array(try encoder.encode(body)) + [UInt8(ascii: "\n")]
        }
    }

    public init(path: String) throws(StorageError) {
        let bytes = try InputFile.contents(of: path, limit: Self.byteLimit)
        let body: Body
        do throws(JSONDocument.Fault) { body = try JSONDocument.decode(Body.self, bytes) } catch {
            throw .damaged(
                FileFault(
                    path: path, expected: error.expected, found: error.found,
                    remedy: "the file is damaged: copy or make it again"))
        }
        for (name, file) in body.weight_map where file.contains("/") || file == ".." {
            throw .damaged(
                FileFault(
                    path: path, expected: "a file beside the index for `\(name)`", found: "`\(file)`",
                    remedy: "do not trust this file"))
        }
        totalSize = body.metadata.total_size
        files = body.weight_map
    }
}
