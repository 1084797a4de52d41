import FoundationEssentials
import Storage
import Vision

/// What `corpus verify` holds the contents of samples against.
public struct ContentLimits: Sendable, Equatable {
    /// Bytes of a text that is not called long.
    public var longestText = 64 << 10
    /// Pixels of the shorter side of an image that is not called tiny.
    public var smallestSide = 16

    public init() {}
}

/// Looks into the members of one sample: decodes its images, reads its texts.
struct ContentCheck {
    let limits: ContentLimits

    /// Digests of what may occur twice.
    struct Digests {
        var images: [ContentDigest] = []
        var texts: [ContentDigest] = []
    }

    /// - Parameters:
    ///   - number: of the sample in the corpus.
    ///   - place: file, byte and key, for messages.
    func run(
        _ sample: StoredSample, number: Int, place: String, findings: inout CorpusFindings, digests: inout Digests
    ) {
        for member in sample.members where !member.bytes.isEmpty {
            var found: (kind: CorpusFinding.Kind, text: String)?
            if StoredSample.imageNames.contains(member.name) {
                digests.images.append(ContentDigest(member.bytes, sample: number))
                found = fault(inImage: member.bytes)
            } else if StoredSample.textNames.contains(member.name) {
                digests.texts.append(ContentDigest(member.bytes, sample: number))
                found = fault(inText: member.bytes)
            } else if member.name == "json" {
                found = fault(inJSON: member.bytes, isCaption: sample.text == nil)
            }
            if let found {
                findings.add(CorpusFinding(found.kind, "\(place): \(member.name): \(found.text)", sample: number))
            }
        }
    }

    private func fault(inImage bytes: [UInt8]) -> (CorpusFinding.Kind, String)? {
        do {
            let image = try decodeImage(bytes)
            guard min(image.width, image.height) < limits.smallestSide else { return nil }
            return (.tinyImage, "\(image.width) × \(image.height) pixels, the limit is \(limits.smallestSide)")
        } catch {
            return (.brokenImage, error.description)
        }
    }

    private func fault(inText bytes: [UInt8]) -> (CorpusFinding.Kind, String)? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return (.invalidUTF8, "not UTF-8") }
        guard !text.allSatisfy(\.isWhitespace) else { return (.emptyText, "nothing but blanks") }
        guard bytes.count > limits.longestText else { return nil }
        return (.longText, "\(bytes.count) bytes, the limit is \(limits.longestText)")
    }

    private func fault(inJSON bytes: [UInt8], isCaption: Bool) -> (CorpusFinding.Kind, String)? {
        struct Caption: Decodable { var caption: String? }
        guard String(validating: bytes, as: UTF8.self) != nil else { return (.invalidUTF8, "not UTF-8") }
        guard isCaption, let decoded = try? JSONDecoder().decode(Caption.self, from: Data(bytes)),
            let caption = decoded.caption
        else { return nil }
        return fault(inText: Array(caption.utf8))
    }
}

/// The first 128 bits of a SHA-256, and the sample it is of.
struct ContentDigest: Comparable {
    let high: UInt64
    let low: UInt64
    let sample: Int

    init(_ bytes: [UInt8], sample: Int) {
        let digest = SHA256.digest(bytes)
        high = digest[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = digest[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
        self.sample = sample
    }

    static func < (a: ContentDigest, b: ContentDigest) -> Bool {
        (a.high, a.low, UInt(a.sample)) < (b.high, b.low, UInt(b.sample))
    }

    /// Each digest that occurred before, with the first sample that has it, in the order of samples. A sample that
    /// holds the same contents twice counts as well.
    static func repeated(_ digests: [ContentDigest]) -> [(sample: Int, first: Int)] {
        let sorted = digests.sorted()
        var found: [(sample: Int, first: Int)] = []
        var first = 0
        for index in sorted.indices.dropFirst() {
            let isSame = sorted[index].high == sorted[first].high && sorted[index].low == sorted[first].low
            if isSame { found.append((sorted[index].sample, sorted[first].sample)) } else { first = index }
        }
        return found.sorted { $0.sample < $1.sample }
    }
}
