import FuzzParsers
import Storage
import Testing

@Suite("Seeds of the fuzzers") struct SeedTests {
    @Test("every parser has a folder of seeds, and every folder a parser")
    func folders() throws {
        let names = FuzzParser.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(try Directory.names(in: FuzzSeeds.folder) == names)
    }

    @Test("every seed ends in a value or a typed error, and of each parser one at least in a value")
    func replay() throws {
        for parser in FuzzParser.all {
            let scratch = try FuzzDirectory()
            let seeds = try FuzzSeeds.stored(of: parser)
            #expect(!seeds.isEmpty, "\(parser.name)")
            var values = 0
            for seed in seeds {
                #expect(seed.bytes.count <= parser.maxLength, "\(parser.name)/\(seed.name)")
                if try parser.outcome(of: seed.bytes, in: scratch) == .value { values += 1 }
            }
            #expect(values > 0, "\(parser.name): every seed is refused")
        }
    }

    @Test("what the program makes as seeds today is what the folders hold by name, and small in all")
    func made() throws {
        var bytes = 0
        for parser in FuzzParser.all {
            let stored = try FuzzSeeds.stored(of: parser)
            let made = try parser.seeds().map(\.name)
            #expect(Set(made).isSubset(of: stored.map(\.name)), "\(parser.name): run tools/fuzz --seeds")
            bytes += stored.reduce(0) { $0 + $1.bytes.count }
        }
        #expect(bytes < FuzzSeeds.byteLimit)
    }
}
