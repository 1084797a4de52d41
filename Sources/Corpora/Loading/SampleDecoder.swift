import Batches
import Foundation
import Runtime
import Vision

/// Makes of stored bytes the sample that an objective wants: a pure function of (bytes, seed, batch, position).
struct SampleDecoder: Sendable {
    private struct Caption: Decodable {
        var caption: String?
    }

    let needs: SampleNeeds
    let prepare: Prepare
    let tokenize: Tokenize
    let textEnds: TextEnds

    init(
        needs: SampleNeeds, prepare: @escaping Prepare, tokenize: @escaping Tokenize, textEnds: TextEnds = TextEnds()
    ) {
        if let maxTokens = needs.maxTokens {
            precondition(maxTokens >= 3, "a text of \(maxTokens) tokens has no room for one besides <s> and </s>")
        }
        precondition(needs.views.isEmpty || needs.imageSize > 0, "images of \(needs.imageSize) pixels")
        self.needs = needs
        self.prepare = prepare
        self.tokenize = tokenize
        self.textEnds = textEnds
    }

    /// - Parameters:
    ///   - related: what the sample is compared with.
    ///   - random: seed, batch and position; the purpose is set for each use.
    func decode(
        _ stored: StoredSample, related: RelatedSource.Drawn? = nil, random: RandomKey
    ) throws(UnusableSample) -> Sample {
        var sample = Sample(key: stored.key)
        if let maxTokens = needs.maxTokens {
            try addText(stored, maxTokens: maxTokens, random: random, to: &sample)
        }
        if !needs.views.isEmpty {
            let wanted = needs.views.enumerated().map { view, augmentation in
                (policy: augmentation.policy, random: random.with(purpose: .augmentation(view: view)))
            }
            sample.images = try pixels(of: stored, wanted).map { PixelImage(size: needs.imageSize, pixels: $0) }
        }
        if let regions = needs.regions { sample.regions = try RegionDecoding(needs: regions).decode(stored) }
        if let related { sample.related = try decode(related, besides: sample, random: random) }
        var key = random.with(purpose: .masking)
        prepare(&sample, key)
        for number in sample.continuations.indices {
            key.pass = UInt8(number + 1)
            prepare(&sample.continuations[number], key)
        }
        return sample
    }

    private func addText(
        _ stored: StoredSample, maxTokens: Int, random: RandomKey, to sample: inout Sample
    ) throws(UnusableSample) {
        if needs.packsTexts { return try addTexts(stored, maxTokens: maxTokens, to: &sample) }
        try add(try text(of: stored, random: random), maxTokens: maxTokens, to: &sample)
    }

    private func add(_ text: String, maxTokens: Int, to sample: inout Sample) throws(UnusableSample) {
        guard sample.take(text, maxTokens: maxTokens, ends: textEnds, tokenize: tokenize) else {
            throw UnusableSample(reason: "the text has no tokens")
        }
    }

    /// Related samples in the order in which they were drawn; texts that read as the sample's own are left out.
    private func decode(
        _ drawn: RelatedSource.Drawn, besides sample: Sample, random: RandomKey
    ) throws(UnusableSample) -> [RelatedSample] {
        var related: [RelatedSample] = []
        for (role, text) in drawn.texts {
            var other = Sample(key: sample.key)
            if let maxTokens = needs.maxTokens { try add(text, maxTokens: maxTokens, to: &other) }
            if other.tokens != sample.tokens { related.append(RelatedSample(role, other)) }
        }
        for (role, stored) in drawn.neighbours {
            var other = Sample(key: stored.key)
            do throws(UnusableSample) {
                if role == .image, let regions = needs.regions {
                    other.regions = try RegionDecoding(needs: regions).decode(stored)
                } else if let maxTokens = needs.maxTokens {
                    try addText(stored, maxTokens: maxTokens, random: random, to: &other)
                }
            } catch { throw UnusableSample(reason: "its neighbour \(stored.key): \(error.reason)") }
            related.append(RelatedSample(role, other))
        }
        return related
    }

    /// All texts, in as many sequences as they need.
    private func addTexts(_ stored: StoredSample, maxTokens: Int, to sample: inout Sample) throws(UnusableSample) {
        var texts: [(ids: [Int32], wordStarts: [Bool])] = []
        for member in stored.members where StoredSample.textNames.contains(member.name) {
            guard let text = String(validating: member.bytes, as: UTF8.self) else {
                throw UnusableSample(reason: "the text is not UTF-8")
            }
            texts.append(tokenize(text))
        }
        guard !texts.isEmpty else {
            throw UnusableSample(reason: "expected a txt member, found \(names(of: stored))")
        }
        let sequences = try TextPacking(maxTokens: maxTokens, textEnds: textEnds).sequences(texts)
        (sample.tokens, sample.wordStarts) = sequences[0]
        sample.continuations = sequences.dropFirst().map {
            Sample(key: stored.key, tokens: $0.ids, wordStarts: $0.wordStarts)
        }
    }

    /// One of several captions, drawn anew each time; or the `txt` member, or else `caption` of the `json` member;
    /// without blanks at its ends.
    private func text(of stored: StoredSample, random: RandomKey) throws(UnusableSample) -> String {
        let text: String
        if let member = stored.member([CaptionList.memberName]) {
            text = try caption(of: member, random: random)
        } else if let member = stored.text {
            guard let valid = String(validating: member.bytes, as: UTF8.self) else {
                throw UnusableSample(reason: "the text is not UTF-8")
            }
            text = valid
        } else if let member = stored.member(["json"]) {
            do {
                text = try JSONDecoder().decode(Caption.self, from: Data(member.bytes)).caption ?? ""
            } catch {
                throw UnusableSample(reason: "the json member is not an object with a caption")
            }
        } else {
            throw UnusableSample(reason: "expected a txt or json member, found \(names(of: stored))")
        }
        var trimmed = text[...].drop(while: \.isWhitespace)
        while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
        guard !trimmed.isEmpty else { throw UnusableSample(reason: "the text is empty") }
        return String(trimmed)
    }

    private func caption(
        of member: StoredSample.Member, random: RandomKey
    ) throws(UnusableSample) -> String {
        do {
            let captions = try CaptionList(member).captions
            var stream = random.with(purpose: .caption).stream
            return captions[stream.integer(below: captions.count)]
        } catch { throw UnusableSample(reason: error.description) }
    }

    private func pixels(
        of stored: StoredSample, _ wanted: [(policy: AugmentationPolicy, random: RandomKey)]
    ) throws(UnusableSample) -> [[UInt8]] {
        if let member = stored.member([PortablePixmap.memberName]) {
            let image = try PortablePixmap.decode(member.bytes)
            return wanted.map { augment(image, $0.policy, size: needs.imageSize, random: $0.random) }
        }
        guard let member = stored.image else {
            throw UnusableSample(reason: "expected an image member, found \(names(of: stored))")
        }
        do {
            return try views(ofEncoded: member.bytes, wanted, size: needs.imageSize)
        } catch {
            throw UnusableSample(reason: error.description)
        }
    }

    private func names(of stored: StoredSample) -> String {
        stored.members.isEmpty ? "none" : stored.members.map(\.name).joined(separator: ", ")
    }
}

extension Augmentation {
    /// How `Vision` does it.
    var policy: AugmentationPolicy {
        switch self {
        case .none: .none
        case .mild: .mild
        case .moderate: .moderate
        case .strong: .strong
        }
    }
}
