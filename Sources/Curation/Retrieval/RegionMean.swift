import Corpora

extension StoredSample {
    /// The mean of the sample's region features, of length one; zero where the mean is.
    /// - Parameters:
    ///   - width: features of a region; nil for any. - corpus: for messages.
    /// - Returns: `(C)`.
    /// - Throws: `CurationError.sample` where the regions can't be read or have another width.
    func regionMean(width: Int?, in corpus: String) throws(CurationError) -> [Float] {
        func fault(_ expected: String, _ found: String) -> CurationError {
            .sample(
                corpus: corpus, key: key, expected: expected, found: found,
                remedy: "repair the source and pack it again, or leave the sample out")
        }
        let regions: RegionSet
        do { regions = try RegionSet(self) } catch {
            throw fault("\(error.expected) in `\(error.member)`", error.found)
        }
        let C = regions.features.shape[1]
        guard width == nil || width == C else {
            throw fault("\(width ?? C) features of each region, as others have", "\(C)")
        }
        var sums = [Float](repeating: 0, count: C)
        let features = regions.features.floats
        for region in 0..<regions.count {
            for feature in 0..<C { sums[feature] += features[region * C + feature] }
        }
        // Scaled first, so that squares stay in range.
        let largest = sums.reduce(0) { max($0, abs($1)) }
        guard largest > 0, largest.isFinite else { return [Float](repeating: 0, count: C) }
        let length = sums.reduce(0.0) { $0 + Double($1 / largest) * Double($1 / largest) }.squareRoot()
        return sums.map { $0 / largest / Float(length) }
    }
}
