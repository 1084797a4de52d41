extension SampleNeeds {
    /// A sample that takes as much memory as any that these needs describe, before `prepare`: what memory is measured with.
    /// - Parameter tokens: of the text, `<s>` and `</s>` among them; `maxTokens` unless said otherwise.
    public func largestSample(tokens: Int? = nil) -> Sample {
        var sample = Sample(key: "")
        if let most = maxTokens {
            sample.tokens = [Int32](repeating: 4, count: max(2, min(tokens ?? most, most)))
            sample.wordStarts = sample.tokens.map { _ in true }
        }
        sample.images = views.map { _ in
            PixelImage(size: imageSize, pixels: [UInt8](repeating: 0, count: 3 * imageSize * imageSize))
        }
        sample.regions = regions?.largest
        sample.related = related.map { largestRelated($0, tokens: sample.tokens) } ?? []
        return sample
    }

    private func largestRelated(_ related: RelatedNeeds, tokens: [Int32]) -> [RelatedSample] {
        let text = Sample(key: "", tokens: tokens, wordStarts: tokens.map { _ in true })
        let image = Sample(key: "", regions: regions?.largest)
        return Array(repeating: RelatedSample(.paraphrase, text), count: related.joint)
            + Array(repeating: RelatedSample(.image, image), count: related.images)
            + Array(repeating: RelatedSample(.text, text), count: related.texts)
    }

    /// Bytes of such a sample in the loader's memory.
    public var sampleBytes: Int {
        let image = views.count * 3 * imageSize * imageSize + (regions?.byteCount ?? 0)
        // Ids, where words start, and the masks of an objective.
        let text = (maxTokens ?? 0) * 16
        let (texts, images) = related.map { ($0.joint + $0.texts, $0.images) } ?? (0, 0)
        return 1024 + image + text * (1 + texts) + images * (regions?.byteCount ?? 0)
    }
}

extension RegionNeeds {
    /// As many regions as are read, each over the whole image: whichever is hidden, all are.
    fileprivate var largest: RegionFeatures {
        RegionFeatures(
            width: width, classCount: classCount, features: [Float](repeating: 0, count: count * width),
            boxes: (0..<count).flatMap { _ in [0, 0, 1, 1] as [Float] },
            classes: [Float](repeating: 0, count: count * classCount))
    }

    /// Bytes of an image's regions and of its mean region, once as read and once where all are hidden.
    fileprivate var byteCount: Int { 2 * 4 * (count + 1) * (width + classCount + 9) }
}
