import FoundationEssentials
import Runtime
import Storage

/// The JSON of Karpathy's splits (`dataset_coco.json`, `dataset_flickr30k.json`): `images`, each with `filename`,
/// `filepath` (where there is one), `split` and `sentences` with `raw`. All captions of an image stay together.
struct KarpathySplits: SampleReader {
    private let file: SourceFile
    private let decoder = JSONDecoder()
    private var elements: JSONElements
    private var number: Int

    private struct Image: Decodable {
        struct Sentence: Decodable { var raw: String }
        var filename: String
        var filepath: String?
        var split: String?
        var sentences: [Sentence]
    }

    init(_ file: SourceFile, at place: UnitPlace) throws {
        self.file = file
        elements = try JSONElements(path: file.path, list: "images", at: place.offset)
        number = place.number
    }

    var consumed: UInt64 { elements.consumed }

    mutating func next() throws -> UnitEvent? {
        while let element = try elements.next() {
            let place = UnitPlace(offset: element.offset, number: number)
            let origin = "\(file.path):images[\(number)]"
            number += 1
            do {
                guard let item = try item(element.bytes, origin) else { continue }
                return UnitEvent(place: place, event: .item(item))
            } catch {
                let rejected = RejectedSource(path: origin, reason: "\(error)")
                return UnitEvent(place: place, event: .rejected(rejected))
            }
        }
        return nil
    }

    /// The sample of an image; nil when it is of another split.
    private func item(_ bytes: [UInt8], _ origin: String) throws -> PackItem? {
        let image: Image
        do { image = try decoder.decode(Image.self, from: Data(bytes)) } catch {
            throw SampleRejection(description: "no image of a Karpathy split: \(JSONFault.summary(error, in: bytes))")
        }
        if !file.settings.splits.isEmpty, !file.settings.splits.contains(image.split ?? "") { return nil }
        let name = (image.filepath.map { $0.isEmpty ? "" : $0 + "/" } ?? "") + image.filename
        // A path in JSON is text: nothing in it stands for a byte.
        let path = ForeignName.text(Array(name.utf8))
        let key = file.key(named: SampleName.withoutExtension(path))
        guard !key.isEmpty else { throw SampleRejection(description: "the file name is empty") }
        var item = PackItem(origin: origin, key: key)
        item.image = .file(file.resolve(path))
        if file.settings.kind == .pairs { item.text = .captions(image.sentences.map(\.raw)) }
        return item
    }
}
