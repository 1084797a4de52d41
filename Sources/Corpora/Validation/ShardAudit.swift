import Runtime
import Storage

/// The full check of one shard, in parts that can be done in any order.
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
    }

    /// Without the right length nothing else is looked at.
    var parts: [Part] {
        do {
            try reader.checkSize()
            return [.file] + reader.shard.frames.indices.map(Part.frame)
        } catch {
            return [.file]
        }
    }

    func run(_ part: Part) -> Result {
        var result = Result(findings: CorpusFindings(limit: examples))
        switch part {
        case .file:
            do {
                try reader.checkSize()
                let file = try InputFile(path: reader.path)
                result.bytes = reader.shard.size - frameBytes
                try checkTable(file)
                try checkDigest(file)
            } catch { result.findings.add(CorpusFinding(.damaged, "\(error)")) }
        case .frame(let frame):
            result.bytes = UInt64(reader.shard.frames[frame].size)
            checkFrame(frame, &result)
        }
        return result
    }

    private var frameBytes: UInt64 { reader.shard.frames.last.map { $0.offset + UInt64($0.size) } ?? 0 }

    /// What follows the frames: the seek table, byte by byte.
    private func checkTable(_ file: InputFile) throws {
        let shard = reader.shard
        let table = SeekTable(shard.frames.map { ($0.size, $0.rawSize) })
        guard try file.read(at: frameBytes, count: Int(shard.size - frameBytes)) == table.bytes else {
            throw CorpusError.damaged(
                FileFault(
                    path: reader.path, offset: frameBytes, expected: "a seek table as in the index",
                    found: "other bytes", remedy: "the shard was changed or damaged: copy or pack it again"))
        }
    }

    private func checkDigest(_ file: InputFile) throws {
        let found = try file.digest().sha256
        guard found == reader.shard.sha256 else {
            throw CorpusError.damaged(
                FileFault(
                    path: reader.path, expected: "SHA-256 \(reader.shard.sha256)", found: found,
                    remedy: "the shard was changed or damaged: copy or pack it again"))
        }
    }

    private func checkFrame(_ frame: Int, _ result: inout Result) {
        let samples = samples(of: frame)
        do {
            let bytes = try reader.read(frame: frame)
            if frame == reader.shard.frames.count - 1, bytes != Tar.end {
                let text = "\(reader.path): the archive does not end with two zero blocks"
                result.findings.add(CorpusFinding(.damaged, text))
            }
            for number in samples { check(number, in: bytes, frame: frame, &result) }
        } catch {
            let text = "\(error) (samples \(range(samples)))"
            result.findings.add(CorpusFinding(.damaged, text, sample: samples.first.map { firstSample + $0 }))
        }
    }

    /// Samples of the shard that begin in a frame.
    private func samples(of frame: Int) -> Range<Int> {
        func firstSample(from frame: Int) -> Int {
            var (low, high) = (0, reader.shard.keys.count)
            while low < high {
                let middle = (low + high) / 2
                if reader.frame(ofSample: middle) < frame { low = middle + 1 } else { high = middle }
            }
            return low
        }
        return firstSample(from: frame)..<firstSample(from: frame + 1)
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
        return "`\(reader.shard.keys[first])` to `\(reader.shard.keys[last])`"
    }
}
