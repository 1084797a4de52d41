import Runtime
import Storage

/// The full check of one shard whose table could be read, in parts that can be done in any order.
struct ShardAudit {
    let reader: ShardReader
    let kind: CorpusKind
    /// Number of the shard's first sample in the corpus.
    let firstSample: Int
    let contents: ContentCheck?
    let examples: Int

    enum Part {
        /// The file as a whole: its length, its digest, and the seek table behind the frames.
        case file
        case frame(Int)
    }

    struct Result {
        /// Samples in which nothing is wrong.
        var samples = 0
        /// Bytes of the file that this part was about.
        var bytes: UInt64 = 0
        var findings: CorpusFindings
        var digests = ContentCheck.Digests()
        /// Digests of keys.
        var keys: [ContentDigest] = []
    }

    var parts: [Part] { [.file] + reader.table.frames.indices.map(Part.frame) }

    func run(_ part: Part) -> Result {
        var result = Result(findings: CorpusFindings(limit: examples))
        switch part {
        case .file:
            result.keys = reader.table.keys.enumerated().map { number, key in
                ContentDigest(Array(key.utf8), sample: firstSample + number)
            }
            result.bytes = reader.row.size - frameBytes
            do {
                let file = try InputFile(path: reader.path)
                try checkTable(file)
                try checkDigest(file)
            } catch { result.findings.add(CorpusFinding(.damaged, "\(error)")) }
        case .frame(let frame):
            result.bytes = UInt64(reader.table.frames[frame].size)
            checkFrame(frame, &result)
        }
        return result
    }

    private var frameBytes: UInt64 { reader.table.frames.last.map { $0.offset + UInt64($0.size) } ?? 0 }

    /// What follows the frames: the seek table, byte by byte.
    private func checkTable(_ file: InputFile) throws {
        let table = SeekTable(reader.table.frames.map { ($0.size, $0.rawSize) })
        guard try file.read(at: frameBytes, count: Int(reader.row.size - frameBytes)) == table.bytes else {
            throw CorpusError.damaged(
                FileFault(
                    path: reader.path, offset: frameBytes, expected: "a seek table as in the index",
                    found: "other bytes", remedy: "the shard was changed or damaged: copy or pack it again"))
        }
    }

    private func checkDigest(_ file: InputFile) throws {
        let found = try file.digest().sha256
        guard found == reader.row.sha256 else {
            throw CorpusError.damaged(
                FileFault(
                    path: reader.path, expected: "SHA-256 \(reader.row.sha256)", found: found,
                    remedy: "the shard was changed or damaged: copy or pack it again"))
        }
    }

    private func checkFrame(_ frame: Int, _ result: inout Result) {
        let samples = samples(of: frame)
        do {
            let bytes = try reader.read(frame: frame)
            if frame == reader.table.frames.count - 1, bytes != Tar.end {
                let text = "\(reader.path): the archive does not end with two zero blocks"
                result.findings.add(CorpusFinding(.damaged, text))
            }
            for number in samples { check(number, in: bytes, frame: frame, &result) }
        } catch {
            let text = "\(error) (samples \(range(samples)))"
            result.findings.add(CorpusFinding(.damaged, text, sample: samples.first.map { firstSample + $0 }))
        }
    }

    /// Samples of the shard that lie in a frame; the last frame has none.
    private func samples(of frame: Int) -> Range<Int> {
        let counts = reader.row.frameSamples
        let first = counts[..<frame].reduce(0, +)
        return first..<first + (frame < counts.count ? counts[frame] : 0)
    }

    private func check(_ number: Int, in bytes: [UInt8], frame: Int, _ result: inout Result) {
        let before = result.findings.faults
        let index = firstSample + number
        do {
            let sample = try reader.sample(number, in: bytes, frame: frame)
            let place = "\(reader.path) at byte \(sample.offset): sample `\(sample.key)`"
            for names in kind.required where sample.member(names) == nil {
                let text = "\(place) has no member \(names.joined(separator: ", ")); pack the corpus again"
                result.findings.add(CorpusFinding(.missingMember, text, sample: index))
            }
            for member in sample.members where member.bytes.isEmpty {
                let isText = StoredSample.textNames.contains(member.name)
                let text = "\(place): \(member.name) is empty; pack the corpus again"
                result.findings.add(CorpusFinding(isText ? .emptyText : .missingMember, text, sample: index))
            }
            contents?.run(
                sample, number: index, place: place, findings: &result.findings, digests: &result.digests)
        } catch { result.findings.add(CorpusFinding(.damaged, "\(error)", sample: index)) }
        if result.findings.faults == before { result.samples += 1 }
    }

    private func range(_ samples: Range<Int>) -> String {
        guard let first = samples.first, let last = samples.last else { return "none" }
        return "`\(reader.table.keys[first])` to `\(reader.table.keys[last])`"
    }
}
