/// A file that is one sample, with what lies beside it.
struct SingleSample: SampleReader {
    private let file: SourceFile
    private let event: (SourceFile) -> PackEvent
    private var isDone = false

    /// - Parameter event: what the file is found to be.
    init(_ file: SourceFile, _ event: @escaping (SourceFile) -> PackEvent) {
        (self.file, self.event) = (file, event)
    }

    var consumed: UInt64 { isDone ? file.size : 0 }

    mutating func next() -> UnitEvent? {
        guard !isDone else { return nil }
        isDone = true
        return UnitEvent(place: UnitPlace(), event: event(file))
    }
}
