import Foundation
import Storage

/// Numbers of the float64 reference: `Goldens/NAME.safetensors` beside a suite's sources.
public struct GoldenFile {
    private let file: SafetensorsFile

    /// - Parameter suite: the path of a source file of the suite.
    public init(_ name: String, suite: String = #filePath) throws {
        let folder = URL(fileURLWithPath: suite).deletingLastPathComponent()
        file = try SafetensorsFile(path: folder.appendingPathComponent("Goldens/\(name).safetensors").path)
    }

    public var metadata: [String: String] { file.metadata }

    /// Names of tensors that start with `prefix`, without it.
    public func names(_ prefix: String) -> [String] {
        file.tensors.map(\.name).filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }

    public func contains(_ name: String) -> Bool { file[name] != nil }

    public func shape(_ name: String) -> [Int] { file[name]?.shape ?? [] }

    /// The elements of an F32 or F64 tensor.
    public func doubles(_ name: String) throws -> [Double] {
        if file[name]?.dtype == .f32 { return try elements(name, .f32, Float.self).map(Double.init) }
        return try elements(name, .f64, Double.self)
    }

    public func floats(_ name: String) throws -> [Float] { try elements(name, .f32, Float.self) }
    public func integers(_ name: String) throws -> [Int32] { try elements(name, .i32, Int32.self) }
    public func bytes(_ name: String) throws -> [UInt8] { try elements(name, .u8, UInt8.self) }

    private func elements<Element>(_ name: String, _ dtype: StoredDType, _: Element.Type) throws -> [Element] {
        let bytes = try file.bytes(of: name)
        precondition(file[name]?.dtype == dtype, "\(name) is \(String(describing: file[name]?.dtype)), not \(dtype)")
        return bytes.withUnsafeBytes { raw in
            (0..<raw.count / MemoryLayout<Element>.stride).map {
                raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.stride, as: Element.self)
            }
        }
    }
}
