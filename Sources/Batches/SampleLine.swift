import Runtime

/// The text line that says which samples a rank computes of a batch: `batch rank entry key key …`.
///
/// The sampler's dump and a training run with `log.samples` write the same lines, so that the sorted union over ranks
/// of what was computed can be compared byte by byte with what was planned. Where a sample could not be used, the run's
/// line has the key of its stand-in.
public enum SampleLine {
    /// - Parameters:
    ///   - entry: name of the mixture's entry.
    ///   - keys: of the rank's slice, in the order of positions; none when the slice is empty. Control characters in them
    ///     are written out.
    public static func text(batch: Int, rank: Int, entry: String, keys: [String]) -> String {
        var line = "\(batch) \(rank) \(entry)"
        for key in keys {
            line += " "
            line += key.printableLine
        }
        return line
    }
}

extension Batch {
    /// The `SampleLine` of this rank's slice.
    public func sampleLine(rank: Int, entry: String) -> String {
        SampleLine.text(batch: number, rank: rank, entry: entry, keys: chunks.flatMap(\.keys))
    }
}
