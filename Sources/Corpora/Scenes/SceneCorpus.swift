import Runtime
import Storage
public import Vision

/// What pins a procedural corpus down.
public struct SceneSettings: Sendable, Equatable {
    /// Scenes that a corpus may have.
    public static let counts = 1...1_000_000_000

    public var seed: UInt64
    /// Scenes in the corpus.
    public var count: Int
    /// Number of the first scene: corpora of one seed that share no number share no scene.
    public var first: Int
    public var part: ScenePart
    /// Objects in a scene, within 1...3.
    public var objects: ClosedRange<Int>
    /// Side of the image in pixels.
    public var side: Int
    /// Scenes in a row that show the same objects in other places.
    public var alike: Int

    /// Numbers of objects as people write them, `2` or `2-3`; nil for what is not within 1…3.
    public static func objects(_ text: some StringProtocol) -> ClosedRange<Int>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard (1...2).contains(ends.count), let first = ends.first, let last = ends.last, first >= 1, last <= 3,
            first <= last
        else { return nil }
        return first...last
    }

    public init(
        seed: UInt64, count: Int, first: Int = 0, part: ScenePart = .train, objects: ClosedRange<Int> = 1...3,
        side: Int = 64, alike: Int = 1
    ) {
        precondition(
            count > 0 && first >= 0 && side >= 8 && alike >= 1, "\(count) scenes from \(first), \(side) pixels")
        self.seed = seed
        self.count = count
        self.first = first
        self.part = part
        self.objects = objects
        self.side = side
        self.alike = alike
    }
}

/// Procedural scenes as a corpus without files: sample `i` is rendered when it is read, and is the same bytes whenever
/// and wherever that happens.
///
/// - `pairs`: an image and a one-phrase caption.
/// - `images`: the image alone.
/// - `texts`: a description of a few sentences.
/// - `regions`: what a perfect detector would say, and the caption.
/// - `annotations`: what may be said instead of the caption.
public final class SceneCorpus: StoredCorpus {
    /// How images are written.
    public enum Encoding: Sendable {
        /// A `png` member, for packing.
        case png
        /// A `ppm` member (binary portable pixmap): the same pixels at a tenth of the cost, for training directly.
        case pixmap
    }

    /// Counted up whenever the same settings would give other samples.
    private static let version = 1

    public let name: String
    public let kind: CorpusKind
    public let settings: SceneSettings
    public let fingerprint: String
    private let encoding: Encoding
    private let generator: SceneGenerator
    private let renderer: SceneRenderer

    public init(name: String, kind: CorpusKind, settings: SceneSettings, encoding: Encoding = .pixmap) {
        self.name = name
        self.kind = kind
        self.settings = settings
        self.encoding = encoding
        generator = SceneGenerator(
            seed: settings.seed, part: settings.part, objects: settings.objects, alike: settings.alike)
        renderer = SceneRenderer(side: settings.side)
        fingerprint = SHA256.hex(
            of: "scenes \(Self.version) \(kind.rawValue) \(settings.seed) \(settings.first) \(settings.count) "
                + "\(settings.part.rawValue) \(settings.objects) \(settings.side)"
                + (settings.alike > 1 ? " \(settings.alike)" : ""))
    }

    public var count: Int { settings.count }
    /// Counted on the first thousand and taken to be the same for the others.
    public var textBytes: Int {
        let counted = min(count, 1000)
        return (0..<counted).reduce(0) { $0 + textBytes($1) } * count / counted
    }

    public func textBytes(_ index: Int) -> Int {
        switch kind {
        case .pairs, .regions: caption(index).utf8.count
        case .texts: description(index).utf8.count
        case .images, .annotations: 0
        }
    }

    public func scene(_ index: Int) -> Scene {
        precondition(index >= 0 && index < count, "scene \(index) of \(count)")
        return generator.scene(settings.first + index)
    }

    public func image(_ index: Int) -> DecodedImage { renderer.render(scene(index)) }
    public func caption(_ index: Int) -> String { SceneGrammar.caption(scene(index)) }
    public func description(_ index: Int) -> String { SceneGrammar.description(scene(index)) }

    /// For example `train-00000042`.
    public func key(_ index: Int) -> String {
        let digits = String(settings.first + index)
        return "\(settings.part.rawValue)-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    public func read(_ index: Int) throws -> StoredSample {
        func text(_ text: String) -> StoredSample.Member { .init(name: "txt", bytes: Array(text.utf8)) }
        let members =
            switch kind {
            case .images: [try imageMember(index)]
            case .pairs: [try imageMember(index), text(caption(index))]
            case .texts: [text(description(index))]
            case .regions: regions(scene(index)) + [text(caption(index))]
            case .annotations: [rewrites(index).member]
            }
        return StoredSample(key: key(index), members: members)
    }

    private func regions(_ scene: Scene) -> [StoredSample.Member] {
        SceneRegions.describe(scene, renderer.render(scene)).members
    }

    private func rewrites(_ index: Int) -> RewriteList {
        let random = RandomKey(seed: settings.seed, batch: settings.first + index, pass: 2, purpose: .scenes)
        return SceneRewrites.list(scene(index), random: random) { caption((index + $0) % count) }
    }

    private func imageMember(_ index: Int) throws -> StoredSample.Member {
        let image = image(index)
        return switch encoding {
        case .png: StoredSample.Member(name: "png", bytes: try encodePNG(image))
        case .pixmap: StoredSample.Member(name: "ppm", bytes: PortablePixmap.encode(image))
        }
    }
}
