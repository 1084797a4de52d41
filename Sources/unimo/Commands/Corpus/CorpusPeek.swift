public import ArgumentParser
import Corpora
import Runtime
import Storage
public import Vision

struct CorpusPeek: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peek", abstract: "Show one sample of a corpus.",
        discussion: """
            Its members, texts, sizes of images, and on a terminal the image itself. With --member, the member's bytes go \
            to standard output as they are (on a terminal with control characters written out), or with --save into a file. With --pixels the image is decoded first, and \
            resized as for a model, and written as PNG.
            """)

    @Argument(help: "The corpus directory.")
    var directory: String

    @Argument(help: "The sample's key, or its number from 0 as N or #N.")
    var key: String

    @Option(help: ArgumentHelp("Write out this member: png, jpg, txt, ….", valueName: "name"))
    var member: String?

    @Option(help: ArgumentHelp("Write out the decoded image: `original`, or WIDTHxHEIGHT.", valueName: "size"))
    var pixels: PixelSize?

    @Option(help: "How --pixels resizes: bicubic, bilinear.")
    var filter = ResizeFilter.bicubic

    @Option(
        help: ArgumentHelp("Write to this file; the member is the image, or else the first.", valueName: "file"))
    var save: String?

    @Flag(help: "Show the image in 24-bit colours, even when standard output is no terminal.")
    var image = false

    @OptionGroup var json: JSONOption

    func run() throws {
        if let save { try OutputOption.check("--save", save) }
        let corpus = try ShardCorpus(directory: directory)
        let sample = try corpus.read(try number(in: corpus))
        if pixels != nil || member != nil || save != nil { return try write(try bytes(of: sample)) }
        try json.write(sample.json, else: sample.lines)
        guard !json.isOn, image || TerminalImage.isPossible, let picture = sample.image else { return }
        // A broken image is named in the lines above.
        guard let decoded = try? decodeImage(picture.bytes) else { return }
        let lines = TerminalImage.lines(decoded, columns: TerminalImage.columns)
        try StandardOutput.write(sequence: lines.joined(separator: "\n") + "\n")
    }

    private func write(_ bytes: [UInt8]) throws {
        if let save {
            try AtomicFile.write(bytes, to: save)
        } else if TerminalImage.isPossible {
            try StandardOutput.write(lines: [String(decoding: bytes, as: UTF8.self)])
        } else {
            try StandardOutput.write(bytes)
        }
    }

    private func bytes(of sample: StoredSample) throws -> [UInt8] {
        if let pixels {
            guard let picture = sample.image else { throw missing("image", of: sample) }
            let image = try decodeImage(picture.bytes)
            guard let size = pixels.size else { return try encodePNG(image, compression: 1) }
            return try encodePNG(
                resize(image, width: size.width, height: size.height, filter: filter), compression: 1)
        }
        guard let member else {
            guard let found = sample.image ?? sample.members.first else { throw missing("member", of: sample) }
            return found.bytes
        }
        guard let found = sample.member([member]) else { throw missing("member \(member)", of: sample) }
        return found.bytes
    }

    private func missing(_ what: String, of sample: StoredSample) -> UsageError {
        let names = sample.members.map(\.name).joined(separator: ", ")
        return UsageError(description: "\(sample.key) has no \(what); it has \(names)")
    }

    /// A key goes before a number that looks the same.
    private func number(in corpus: ShardCorpus) throws -> Int {
        if !key.hasPrefix("#"), let number = try corpus.find(key) { return number }
        if let number = Int(key.hasPrefix("#") ? key.dropFirst() : key[...]) {
            guard (0..<corpus.count).contains(number) else {
                throw UsageError(description: "\(directory) has samples #0 to #\(corpus.count - 1), not \(key)")
            }
            return number
        }
        let first = corpus.count > 0 ? "the first key is \(try corpus.key(0))" : "it is empty"
        throw UsageError(description: "no sample of \(directory) has the key \(key); \(first)")
    }
}

/// `original`, or a width and a height.
struct PixelSize: ExpressibleByArgument {
    /// Nil for the image's own.
    let size: (width: Int, height: Int)?

    init?(argument: String) {
        if argument == "original" {
            size = nil
            return
        }
        let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count == 2, let width = sides[0], let height = sides[1], (1...16384).contains(width),
            (1...16384).contains(height)
        else { return nil }
        size = (width, height)
    }
}

extension ResizeFilter: ExpressibleByArgument {}
