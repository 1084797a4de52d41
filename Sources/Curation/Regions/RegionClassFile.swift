import Runtime
import Storage

/// Classes of regions as a safetensors file, so that other corpora get the same: `centres` `(K, C)`, `temperature` `(1)`, and
/// in the metadata where they come from.
public struct RegionClassFile: Sendable, Equatable {
    /// What the classes depend on.
    public struct Origin: Sendable, Equatable {
        /// Fingerprint of the checkpoint whose encoder gave the features.
        public var encoder: String
        /// Fingerprint of the corpus whose regions were grouped.
        public var source: String
        /// Cells along a side of an image.
        public var grid: Int
        public var seed: UInt64

        public init(encoder: String, source: String, grid: Int, seed: UInt64) {
            self.encoder = encoder
            self.source = source
            self.grid = grid
            self.seed = seed
        }
    }

    private static let format = "unimo-region-classes-1"

    public let classes: RegionClasses
    public let origin: Origin

    public init(classes: RegionClasses, origin: Origin) {
        self.classes = classes
        self.origin = origin
    }

    /// Writes the file: complete or not at all.
    public func write(to path: String) throws {
        try Directory.create(Directory.parent(of: path))
        try AtomicFile.write(to: path) { output in
            let file = try SafetensorsWriter(
                file: output,
                tensors: [
                    StoredTensor(name: "centres", dtype: .f32, shape: [classes.count, classes.width]),
                    StoredTensor(name: "temperature", dtype: .f32, shape: [1]),
                ],
                metadata: [
                    "format": Self.format, "encoder": origin.encoder, "source": origin.source,
                    "grid": "\(origin.grid)", "seed": "\(origin.seed)",
                ])
            try classes.centres.withUnsafeBytes { try file.write("centres", $0) }
            try withUnsafeBytes(of: classes.temperature) { try file.write("temperature", $0) }
            return try file.finish()
        }
    }

    /// - Throws: `StorageError` for what is no safetensors file, `RegionError.classes` for one of something else.
    public init(path: String) throws {
        let file = try SafetensorsFile(path: path)
        let origin = try Self.origin(file)
        guard let shape = file["centres"]?.shape, file["centres"]?.dtype == .f32, shape.count == 2,
            (1...RegionClasses.limit).contains(shape[0]), (1...1 << 16).contains(shape[1])
        else {
            throw Self.fault(
                path, "`centres` (classes, width) as F32", "\(file["centres"].map { "\($0.shape)" } ?? "none")")
        }
        guard file["temperature"] == StoredTensor(name: "temperature", dtype: .f32, shape: [1]) else {
            throw Self.fault(path, "`temperature` (1) as F32", "another")
        }
        let centres = try Self.floats(file, "centres")
        let temperature = try Self.floats(file, "temperature")[0]
        guard centres.allSatisfy(\.isFinite), temperature.isFinite, temperature >= 0 else {
            throw Self.fault(path, "finite numbers", "others")
        }
        self.init(
            classes: RegionClasses(centres: centres, width: shape[1], temperature: temperature), origin: origin)
    }

    /// - Throws: `RegionError.stale` when the classes are of another encoder's features.
    public func check(encoder: String, path: String) throws(RegionError) {
        guard origin.encoder != encoder else { return }
        throw .stale(
            FileFault(
                path: path, expected: "classes of this encoder, \(encoder.prefix(16))",
                found: "those of \(origin.encoder.prefix(16))",
                remedy: "name the checkpoint they were made with, or make others"))
    }

    private static func origin(_ file: SafetensorsFile) throws(RegionError) -> Origin {
        guard file.metadata["format"] == format, let encoder = file.metadata["encoder"],
            let source = file.metadata["source"], let grid = file.metadata["grid"].flatMap({ Int($0) }),
            let seed = file.metadata["seed"].flatMap({ UInt64($0) })
        else {
            throw fault(file.path, "metadata of classes, `\(format)`", file.metadata["format"] ?? "none")
        }
        return Origin(encoder: encoder, source: source, grid: grid, seed: seed)
    }

    private static func floats(_ file: SafetensorsFile, _ name: String) throws -> [Float] {
        try file.bytes(of: name).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    private static func fault(_ path: String, _ expected: String, _ found: String) -> RegionError {
        .classes(
            FileFault(
                path: path, expected: expected, found: found,
                remedy: "name a file that `corpus regions` wrote beside a corpus"))
    }
}
