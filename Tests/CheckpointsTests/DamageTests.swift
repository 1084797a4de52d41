import Rehearsal
import Checkpoints
import Glibc
import Runtime
import Storage
import Synchronization
import Testing

/// A wrong kind of error.
struct Unexpected: Error {}

@Suite struct DamageTests {
    @Test("a flipped byte, a cut and a missing file are each named, set aside, and stepped over")
    func everyFile() throws {
        let directory = try TemporaryDirectory()
        try ToyModel(seed: 1).save(to: directory.path, step: 1, fileSize: 3000)
        try ToyModel(seed: 2).save(to: directory.path, step: 2, fileSize: 3000)
        let newest = directory("step-00000002")
        let names = try Directory.names(in: newest)
        #expect(names.count > 7)
        let store = CheckpointStore(directory: directory.path)
        for name in names {
            let good = try InputFile.contents(of: newest + "/" + name, limit: 1 << 20)
            for damage in ["flip", "cut", "missing"] {
                var bytes = good
                bytes[good.count / 2] ^= 1
                switch damage {
                case "flip": try AtomicFile.write(bytes, to: newest + "/" + name)
                case "cut": try AtomicFile.write(Array(good.dropLast()), to: newest + "/" + name)
                default: try Directory.remove(newest + "/" + name)
                }
                var reports: [String] = []
                let found = try #require(try store.newest { reports.append($0) }, "\(name) \(damage)")
                #expect(found.step == 1, "\(name) \(damage)")
                #expect(try ToyModel.values(in: found) == ToyModel.values(step: 1))
                #expect(reports.count == 1)
                // A flipped manifest accuses the file whose line it changed, or itself.
                if name != ChecksumManifest.fileName { #expect(reports[0].contains(newest + "/" + name)) }
                #expect(try Directory.names(in: directory.path) == ["step-00000001", "step-00000002.damaged"])
                try Directory.rename(newest + ".damaged", to: newest)
                try AtomicFile.write(good, to: newest + "/" + name)
            }
        }
        #expect(try store.newest { Issue.record("\($0)") }?.step == 2)
    }

    @Test("damaged checkpoints alone stop the run, the first time and every time")
    func noneWhole() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory("checkpoints"))
        #expect(try store.newest { _ in } == nil)
        for step in [1, 2] {
            try ToyModel(seed: step).save(to: store.directory, step: step)
            try AtomicFile.write([], to: store.path(step: step) + "/state.json")
        }
        let first = #expect(throws: CheckpointError.self) { try store.newest { _ in } }
        guard case .noneWhole(_, let faults) = first else { throw Unexpected() }
        #expect(faults.count == 2 && faults[0].contains("step-00000002/state.json"))
        let later = CheckpointStore(directory: store.directory)
        let again = #expect(throws: CheckpointError.self) { try later.newest { _ in } }
        guard case .noneWhole(_, let aside) = again else { throw Unexpected() }
        #expect(aside.count == 2 && aside[0].contains("step-00000001.damaged"))
        #expect(again?.exitCode == .checkpoint)
    }

    @Test("a named checkpoint that is damaged is refused where it lies")
    func named() throws {
        let directory = try TemporaryDirectory()
        try ToyModel(seed: 1).save(to: directory.path, step: 1)
        let path = directory("step-00000001")
        try AtomicFile.write([1], to: path + "/config.json")
        let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: path, threads: 3) }
        #expect("\(error!)".hasPrefix("\(path)/config.json: expected SHA-256 "))
        #expect(try Directory.names(in: directory.path) == ["step-00000001"])
    }

    @Test("a state of a later version is refused and not set aside")
    func laterVersion() throws {
        let directory = try TemporaryDirectory()
        try ToyModel(seed: 1).save(to: directory.path, step: 1)
        let change = "sed -i 's/\"version\" : 1/\"version\" : 2/' state.json && sha256sum * > m && "
        #expect(
            system(
                "cd \(directory("step-00000001")) && rm manifest.sha256 && \(change) grep -v ' m$' m > manifest.sha256 && rm m"
            ) == 0)
        let store = CheckpointStore(directory: directory.path)
        let error = #expect(throws: CheckpointError.self) { try store.newest { _ in } }
        guard case .unsupported = error else { throw Unexpected() }
        #expect(try store.steps() == [1])
    }

    @Test("what an interrupted save left is cleaned; what it replaced is brought back")
    func leftovers() throws {
        let directory = try TemporaryDirectory()
        try ToyModel(seed: 1).save(to: directory.path, step: 1)
        try Directory.create(directory("step-00000002.tmp"))
        try AtomicFile.write([1], to: directory("step-00000002.tmp/model-00001-of-00001.safetensors"))
        try Directory.rename(directory("step-00000001"), to: directory("step-00000001.replaced"))
        let store = CheckpointStore(directory: directory.path)
        #expect(try store.newest { Issue.record("\($0)") }?.step == 1)
        #expect(try Directory.names(in: directory.path) == ["step-00000001"])
    }

    @Test("saving a step again replaces it")
    func again() throws {
        let directory = try TemporaryDirectory()
        for seed in [4, 5] { try ToyModel(seed: seed).save(to: directory.path, step: 9) }
        #expect(try Directory.names(in: directory.path) == ["step-00000009"])
        #expect(try ToyModel.values(in: Checkpoint(path: directory("step-00000009"))) == ToyModel.values(step: 5))
    }

    @Test("pruning keeps the newest and the last verified one")
    func prune() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory.path)
        for step in 1...5 { try ToyModel(seed: step).save(to: directory.path, step: step) }
        store.trust(step: 2)
        try store.prune(keep: 2)
        #expect(try store.steps() == [2, 4, 5])
        store.trust(step: 5)
        try store.prune(keep: 1)
        #expect(try store.steps() == [5] && Directory.names(in: directory.path) == ["step-00000005"])
    }

    @Test("a disk that fills up while writing gives the bytes needed, and what was written back")
    func diskFull() throws {
        let directory = try TemporaryDirectory()
        let model = ToyModel(seed: 1)
        let layout = CheckpointLayout(model.contents, fileSize: 1000)
        let writer = CheckpointWriter(directory: directory.path, step: 1, layout: layout)
        try writer.begin()
        let victim = layout.files[2]
        #expect(symlink("/dev/full", "\(writer.path).tmp/\(victim.name)") == 0)
        let error = #expect(throws: CheckpointError.self) { try writer.write(model.contents, rank: 0, ranks: 1) }
        guard case .diskFull(let path, let needed, _) = error else { throw Unexpected() }
        #expect(path.hasSuffix(victim.name))
        #expect(needed == UInt64(layout.files[2...].reduce(0) { $0 + $1.byteCount }))
        #expect(try Directory.names(in: writer.path + ".tmp") == [])
        try writer.abandon()
        #expect(try Directory.names(in: directory.path) == [])
    }

    @Test("a disk that is too small is refused before a byte is written")
    func preflight() throws {
        let directory = try TemporaryDirectory()
        var byte: UInt8 = 0
        try withUnsafeBytes(of: &byte) { one in
            let layout = CheckpointLayout(
                CheckpointContents(weights: [
                    // Never read: only its size counts here.
                    CheckpointTensor(
                        name: "w", dtype: .u8, shape: [1 << 50],
                        bytes: UnsafeRawBufferPointer(start: one.baseAddress, count: 1 << 50))
                ]))
            let writer = CheckpointWriter(directory: directory("checkpoints"), step: 1, layout: layout)
            let error = #expect(throws: CheckpointError.self) { try writer.begin() }
            guard case .diskFull(_, let needed, let available) = error else { throw Unexpected() }
            #expect(needed >= 1 << 50 && available < needed && available > 0)
        }
        #expect(try Directory.names(in: directory("checkpoints")) == [])
    }
}
