public import Runtime

/// What keeps images from being described by regions.
public enum RegionError: DiagnosedError, Equatable {
    /// Cells of this grid would cut patches.
    case grid(Int, patches: Int)
    /// Fewer regions than classes to be found among them.
    case tooFew(regions: Int, classes: Int)
    /// The encoder gives something else than finite numbers, or numbers that half precision doesn't reach.
    case outOfRange(key: String, value: Float, largest: Float)
    /// A file of classes is damaged or none.
    case classes(FileFault)
    /// A file of classes was made with another encoder, or from other images.
    case stale(FileFault)

    public var exitCode: ExitCode {
        switch self {
        case .grid, .tooFew: .usage
        case .outOfRange: .checkpoint
        case .classes, .stale: .data
        }
    }

    public var description: String {
        switch self {
        case .grid(let grid, let patches):
            "grid \(grid): expected a grid whose cells hold whole patches, found \(patches) × \(patches) patches; "
                + "possible are \(PatchGrid.possible(side: patches).map(String.init).joined(separator: ", "))"
        case .tooFew(let regions, let classes):
            "\(classes) classes: expected as many regions at least, found \(regions); ask for fewer classes, name more "
                + "images, or take classes that were found before"
        case .outOfRange(let key, let value, let largest):
            "sample \(key): expected features within ±\(largest), found \(value); name another checkpoint"
                + (value.isFinite ? ", or store the features in full precision" : "")
        case .classes(let fault), .stale(let fault): fault.description
        }
    }
}
