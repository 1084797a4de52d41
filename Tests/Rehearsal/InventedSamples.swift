public import Batches
public import Models
public import Objectives
import Autograd
import Runtime

/// Samples drawn from a seed: texts of 3 … `maxTokens` tokens and noise for images, prepared by their objective.
public func inventedSamples(
    _ count: Int, for objective: any Objective, vocabulary: Int, seed: UInt64 = 11
) -> [Sample] {
    let needs = objective.needs
    return (0..<count).map { position in
        var random = RandomKey(seed: seed, position: position, purpose: .test).stream
        var sample = Sample(key: "sample-\(position)")
        if let longest = needs.maxTokens {
            sample.tokens = inventedTokens(longest, vocabulary: vocabulary, &random)
            let length = sample.tokens.count
            sample.wordStarts = sample.tokens.indices.map { $0 > 0 && $0 < length - 1 && $0 % 2 == 1 }
        }
        sample.regions = needs.regions.map { inventedRegions($0, &random) }
        sample.images = needs.views.map { _ in
            let size = needs.imageSize
            return PixelImage(size: size, pixels: (0..<3 * size * size).map { _ in UInt8(random.integer(below: 256)) })
        }
        sample.related = needs.related.map { inventedRelated($0, needs, vocabulary: vocabulary, &random) } ?? []
        objective.prepare(&sample, RandomKey(seed: seed, position: position, purpose: .masking))
        return sample
    }
}

/// 3 to `longest` tokens with both ends.
private func inventedTokens(_ longest: Int, vocabulary: Int, _ random: inout RandomStream) -> [Int32] {
    let length = 3 + random.integer(below: longest - 2)
    return [0] + (0..<length - 2).map { _ in 5 + Int32(random.integer(below: vocabulary - 6)) } + [2]
}

/// Up to as many of each role as are wanted: pairs differ in what was found for them.
private func inventedRelated(
    _ related: RelatedNeeds, _ needs: SampleNeeds, vocabulary: Int, _ random: inout RandomStream
) -> [RelatedSample] {
    let counts: [(RelatedSample.Role, Int)] = [
        (.paraphrase, related.paraphrases), (.rewritten, related.rewritten), (.image, related.images),
        (.text, related.texts),
    ]
    return counts.flatMap { role, count in
        (0..<random.integer(below: count + 1)).map { _ in
            var sample = Sample(key: role.rawValue)
            if role == .image {
                sample.regions = needs.regions.map { inventedRegions($0, &random) }
            } else {
                sample.tokens = inventedTokens(needs.maxTokens ?? 3, vocabulary: vocabulary, &random)
            }
            return RelatedSample(role, sample)
        }
    }
}

/// One to `count` regions of noise, anywhere in the image.
private func inventedRegions(_ needs: RegionNeeds, _ random: inout RandomStream) -> RegionFeatures {
    let count = 1 + random.integer(below: needs.count)
    let boxes = (0..<count).flatMap { _ in
        let (left, top) = (0.7 * random.uniform(), 0.7 * random.uniform())
        return [left, top, left + 0.3 * random.uniform(), top + 0.3 * random.uniform()]
    }
    let classes = (0..<count).flatMap { _ in
        let shares = (0..<needs.classCount).map { _ in random.uniform() }
        return shares.map { $0 / shares.reduce(0, +) }
    }
    return RegionFeatures(
        width: needs.width, classCount: needs.classCount,
        features: (0..<count * needs.width).map { _ in 2 * random.uniform() - 1 }, boxes: boxes, classes: classes)
}

/// Weights in which every tensor matters: matrices of deviation 0.2, norms around 1, biases around 0.
public func widened(_ model: any Model, seed: UInt64 = 5) -> [String: [Float]] {
    var weights: [String: [Float]] = [:]
    for (index, parameter) in model.parameters.enumerated() {
        var random = RandomKey(seed: seed, position: index, purpose: .test).stream
        let isScale = parameter.name.hasSuffix("weight") && !parameter.decays
        weights[parameter.name] = (0..<parameter.count).map { _ in
            (isScale ? 1 : 0) + 0.7 * (random.uniform() - 0.5)
        }
        if parameter.name.hasSuffix(".temperature") { weights[parameter.name] = [0.07] }
        if parameter.name == "dictionary.sharpness" { weights[parameter.name] = [1.7] }
    }
    return weights
}
