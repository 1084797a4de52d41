import FoundationEssentials
import Vision

/// Tokens of a text; called from several threads.
public typealias TokenCount = @Sendable (_ text: [UInt8]) -> Int

/// What `corpus verify` holds the contents of samples against.
public struct ContentLimits: Sendable {
    /// Bytes of a text that is not called long.
    public var longestText = 64 << 10
    /// Tokens of a text that is not called long, and what counts them; nil where only bytes count.
    public var longestTokens: (limit: Int, count: TokenCount)?
    /// Pixels of the shorter side of an image that is not called tiny.
    public var smallestSide = 16

    public init() {}
}

/// Looks into the members of one sample: decodes its images, reads its texts, holds its arrays against each other.
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
        func add(_ kind: CorpusFinding.Kind, _ text: String) {
            findings.add(CorpusFinding(kind, "\(place): \(text)", sample: number))
        }
        func check(_ text: [UInt8], _ name: String) {
            digests.texts.append(ContentDigest(text, sample: number))
            if let found = fault(inText: text) { add(found.kind, "\(name): \(found.text)") }
        }
        for member in sample.members where !member.bytes.isEmpty {
            if StoredSample.imageNames.contains(member.name) {
                digests.images.append(ContentDigest(member.bytes, sample: number))
                if let found = fault(inImage: member.bytes) { add(found.kind, "\(member.name): \(found.text)") }
            } else if StoredSample.textNames.contains(member.name) {
                check(member.bytes, member.name)
            } else if member.name == "json" {
                let found = fault(inJSON: member.bytes, isCaption: sample.text == nil)
                if let found { add(found.kind, "\(member.name): \(found.text)") }
            }
        }
        do throws(MemberError) {
            for (place, caption) in try sample.furtherCaptions { check(caption, "caption \(place)") }
            if sample.member([RegionSet.descriptorName]) != nil { _ = try RegionSet(sample) }
            if sample.member([RewriteList.memberName]) != nil { _ = try RewriteList(sample) }
            if sample.member([NeighbourList.memberName]) != nil { _ = try NeighbourList(sample) }
        } catch { add(.brokenMember, error.description) }
    }

    private func fault(inImage bytes: [UInt8]) -> (kind: CorpusFinding.Kind, text: String)? {
        do {
            let image = try decodeImage(bytes)
            let shorter = min(image.width, image.height)
            guard shorter < limits.smallestSide else { return nil }
            let size = "\(image.width) × \(image.height) pixels"
            return (.tinyImage, "\(size): shorter side \(shorter), below the minimum of \(limits.smallestSide)")
        } catch {
            return (.brokenImage, error.description)
        }
    }

    private func fault(inText bytes: [UInt8]) -> (kind: CorpusFinding.Kind, text: String)? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return (.invalidUTF8, "not UTF-8") }
        guard !text.allSatisfy(\.isWhitespace) else { return (.emptyText, "nothing but blanks") }
        if bytes.count > limits.longestText {
            return (.longText, "\(bytes.count) bytes, above the maximum of \(limits.longestText)")
        }
        guard let (limit, count) = limits.longestTokens else { return nil }
        let tokens = count(bytes)
        return tokens > limit ? (.longText, "\(tokens) tokens, above the maximum of \(limit)") : nil
    }

    private func fault(inJSON bytes: [UInt8], isCaption: Bool) -> (kind: CorpusFinding.Kind, text: String)? {
        struct Caption: Decodable { var caption: String? }
        guard String(validating: bytes, as: UTF8.self) != nil else { return (.invalidUTF8, "not UTF-8") }
        guard isCaption, let decoded = try? JSONDecoder().decode(Caption.self, from: Data(bytes)),
            let caption = decoded.caption
        else { return nil }
        return fault(inText: Array(caption.utf8))
    }
}
