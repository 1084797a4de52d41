import Runtime

/// What lies beside the images of one folder, by its names.
struct Sidecars {
    struct Sidecar: Sendable, Equatable {
        /// What it is: one of `SourceRules.captionNames`.
        var name: String
        /// The file, in the folder.
        var file: String
    }

    private var captions: [ByteText: [Sidecar]] = [:]
    private var images: Set<ByteText> = []

    /// - Parameter names: of the files in the folder.
    init(_ names: [String]) {
        for name in names {
            if SourceRules.imageNames.contains(SampleName.fileExtension(name)) {
                images.insert(ByteText(SampleName.withoutExtension(name)))
            }
            for (stem, kind) in Self.readings(name) {
                captions[ByteText(stem), default: []].append(Sidecar(name: kind, file: name))
            }
        }
    }

    /// The captions of an image, best first.
    func captions(of image: String) -> [Sidecar] {
        let found = captions[ByteText(SampleName.withoutExtension(image))] ?? []
        return SourceRules.captionNames.flatMap { name in
            found.filter { $0.name == name }.sorted { ByteText($0.file) < ByteText($1.file) }
        }
    }

    /// What a file would be to an image that is not there; nil for what is no caption, or lies beside its image.
    func lacksImage(_ name: String) -> String? {
        let readings = Self.readings(name)
        return readings.contains { images.contains(ByteText($0.stem)) } ? nil : readings.first?.kind
    }

    /// `a.captions.json` may be the list of captions of `a`, or the record of `a.captions`.
    private static func readings(_ name: String) -> [(stem: String, kind: String)] {
        // Every such name ends with one of these; most files are images, whose don't.
        guard let last = name.utf8.last, [UInt8(ascii: "t"), UInt8(ascii: "n")].contains(last | 0x20) else { return [] }
        let bytes = Array(name.utf8)
        return SourceRules.captionNames.compactMap { kind in
            let ending = Array(".\(kind)".utf8)
            guard bytes.count > ending.count,
                SampleName.lowercased(bytes.suffix(ending.count)).utf8.elementsEqual(ending)
            else { return nil }
            return (String(decoding: bytes.dropLast(ending.count), as: UTF8.self), kind)
        }
    }
}
