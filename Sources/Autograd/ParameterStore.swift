import Glibc
import Runtime
public import Tensors

/// Every parameter of a model in forward order in flat arenas: one for weights, one for gradients.
///
/// A group (`vision`, `text`, …) is one contiguous extent, padded to `alignment` elements, so that a bucket of gradients
/// never straddles two groups and every rank's piece of it has whole vectors.
public final class ParameterStore {
    public let parameters: [Parameter]
    /// Groups in forward order and their extents in the arenas, padding included.
    public let groups: [(name: String, extent: Range<Int>)]
    /// Elements of each arena.
    public let count: Int
    public let weights: UnsafeMutablePointer<Float>
    public let gradients: UnsafeMutablePointer<Float>
    private let weightMemory: Reservation?
    private let gradientMemory: Reservation?
    private let indices: [String: Int]

    /// Elements that `parameters` need with groups padded to `alignment`.
    public static func count(_ parameters: [Parameter], alignment: Int) -> Int {
        layOut(parameters, alignment: alignment).last?.extent.upperBound ?? 0
    }

    /// - Parameters:
    ///   - parameters: in forward order; those of a group adjacent.
    ///   - alignment: elements; 16 · R for R ranks.
    ///   - gradients: memory of `count(_:alignment:)` elements that others may map too; nil for private memory. Must be zero.
    /// - Throws: `MemoryFault`.
    public convenience init(
        _ parameters: [Parameter], alignment: Int, gradients: UnsafeMutableRawPointer? = nil
    ) throws(MemoryFault) {
        let byteCount = ParameterStore.count(parameters, alignment: alignment) * MemoryLayout<Float>.size
        let memory = try Reservation(byteCount: byteCount)
        let own = gradients == nil ? try Reservation(byteCount: byteCount) : nil
        self.init(
            parameters, alignment: alignment, weightMemory: memory, gradientMemory: own, weights: memory.base,
            gradients: gradients ?? own?.base ?? memory.base)
    }

    /// A store without memory, for tapes that only measure: nothing may read or write what it gives.
    public convenience init(measuring parameters: [Parameter], alignment: Int) {
        let nowhere = UnsafeMutableRawPointer(bitPattern: 4096)!
        self.init(
            parameters, alignment: alignment, weightMemory: nil, gradientMemory: nil, weights: nowhere,
            gradients: nowhere)
    }

    private init(
        _ parameters: [Parameter], alignment: Int, weightMemory: Reservation?, gradientMemory: Reservation?,
        weights: UnsafeMutableRawPointer, gradients: UnsafeMutableRawPointer
    ) {
        self.parameters = parameters
        groups = ParameterStore.layOut(parameters, alignment: alignment)
        count = groups.last?.extent.upperBound ?? 0
        self.weightMemory = weightMemory
        self.gradientMemory = gradientMemory
        self.weights = weights.assumingMemoryBound(to: Float.self)
        self.gradients = gradients.assumingMemoryBound(to: Float.self)
        indices = Dictionary(uniqueKeysWithValues: parameters.enumerated().map { ($0.element.name, $0.offset) })
        for parameter in parameters {
            parameter.weights = self.weights
            parameter.gradients = self.gradients
        }
    }

    public subscript(name: String) -> Parameter? { indices[name].map { parameters[$0] } }

    /// Places parameters one after another (each at a multiple of 16 elements) and pads each group.
    private static func layOut(_ parameters: [Parameter], alignment: Int) -> [(name: String, extent: Range<Int>)] {
        precondition(alignment % 16 == 0, "groups are aligned to multiples of 16 elements, got \(alignment)")
        var groups: [(name: String, extent: Range<Int>)] = []
        var offset = 0
        for parameter in parameters {
            if groups.last?.name != parameter.group {
                precondition(
                    !groups.contains { $0.name == parameter.group },
                    "the parameters of \(parameter.group) are not adjacent")
                offset = (offset + alignment - 1) / alignment * alignment
                groups.append((parameter.group, offset..<offset))
            }
            parameter.range = offset..<offset + parameter.count
            offset = (offset + parameter.count + 15) & ~15
            let end = (offset + alignment - 1) / alignment * alignment
            groups[groups.count - 1].extent = groups[groups.count - 1].extent.lowerBound..<end
        }
        return groups
    }

    /// No gradients for the parameters of these groups.
    public func freeze(groups names: Set<String>) {
        for parameter in parameters { parameter.isFrozen = names.contains(parameter.group) }
    }

    /// Draws every weight: a pure function of the seed and the parameter's name.
    public func initialize(seed: UInt64) {
        for parameter in parameters { initialize(parameter, seed: seed) }
    }

    private func initialize(_ parameter: Parameter, seed: UInt64) {
        let target = weights + parameter.range.lowerBound
        var stream = RandomKey(seed: seed ^ ParameterStore.hash(parameter.name), purpose: .initialization).stream
        switch parameter.initialization {
        case .constant(let value):
            target.update(repeating: value, count: parameter.count)
        case .uniform(let magnitude):
            for i in 0..<parameter.count { target[i] = magnitude * (2 * stream.uniform() - 1) }
        case .truncatedNormal(let deviation):
            var i = 0
            while i < parameter.count {
                let pair = ParameterStore.normalPair(&stream)
                for lane in 0..<2 where abs(pair[lane]) <= 2 && i < parameter.count {
                    target[i] = deviation * pair[lane]
                    i += 1
                }
            }
        }
    }

    /// FNV-1a, so that a parameter's start depends on its name and not on its place.
    private static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// Two independent standard normal numbers (Box and Muller 1958).
    private static func normalPair(_ stream: inout RandomStream) -> SIMD2<Float> {
        let radius = (-2 * log(1 - Double(stream.uniform()))).squareRoot()
        let angle = 2 * .pi * Double(stream.uniform())
        return SIMD2(Float(radius * cos(angle)), Float(radius * sin(angle)))
    }
}
