import Storage

/// A sample that is still to be read: where its parts are.
struct PackItem: Sendable {
    enum Image: Sendable {
        case none
        case file(String)
        case inline([UInt8])
    }

    /// Text that comes with an image or stands alone.
    enum Text: Sendable {
        case none
        case inline(String)
        /// UTF-8 that is still to be checked.
        case bytes([UInt8])
        /// Several captions of one image.
        case captions([String])
        /// The first line of a file.
        case firstLine(ofFile: String)
        case whole(file: String)
        /// `caption`, `captions` or `text` of a JSON object in a file, or in bytes.
        case json(file: String)
        case jsonBytes([UInt8])
        /// A member `captions.json`, or such a file.
        case captionList([UInt8])
        case captionFile(String)
    }

    enum Regions: Sendable {
        case none
        /// A row of a bottom-up-attention table.
        case row(RegionRow)
        case archive(path: String)
        case members(RegionSet)
    }

    /// For messages: file and line.
    var origin: String
    /// Already safe for the naming rule.
    var key: String
    var image = Image.none
    var text = Text.none
    var regions = Regions.none
    /// Members taken over as they are.
    var kept: [StoredSample.Member] = []
    /// Features are stored in half precision.
    var halvesFeatures = false
    /// img2dataset's record of the download, a file or bytes.
    var status = Status.none

    enum Status: Sendable {
        case none
        case file(String)
        case inline([UInt8])
    }

    /// The key of the document a piece was cut from, or the sample's own: no document is split by a hold-out.
    var document: String {
        guard case .inline = text, let mark = key.utf8.lastIndex(of: UInt8(ascii: "@")) else { return key }
        let digits = key.utf8[key.utf8.index(after: mark)...]
        return digits.count >= 10 && digits.allSatisfy { (48...57).contains($0) } ? String(key[..<mark]) : key
    }

    /// A rough size, by which work is dealt out.
    var weight: Int {
        var weight = 1024 + kept.reduce(0) { $0 + $1.bytes.count }
        switch image {
        case .none: break
        case .file: weight += 512 << 10
        case .inline(let bytes): weight += bytes.count
        }
        switch text {
        case .inline(let text): weight += text.utf8.count
        case .bytes(let bytes), .jsonBytes(let bytes), .captionList(let bytes): weight += bytes.count
        case .captions(let texts): weight += texts.reduce(0) { $0 + $1.utf8.count }
        default: break
        }
        switch regions {
        case .none: break
        case .row(let row): weight += row.bytes.count
        case .archive: weight += 1 << 20
        case .members(let regions): weight += regions.features.data.count
        }
        return weight
    }
}

/// What a walk over the sources meets.
enum PackEvent: Sendable {
    case item(PackItem)
    case rejected(RejectedSource)
    /// An image without a caption.
    case unpaired(String)
    /// Something that becomes no sample, although nothing about it is broken.
    case leftOut(LeftOutReason, String)
}

/// Why a sample can't be packed.
struct SampleRejection: Error, CustomStringConvertible {
    let description: String
}

/// A sample whose download failed: not bad, only not there.
struct FailedDownload: Error {}
