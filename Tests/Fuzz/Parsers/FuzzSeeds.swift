import Storage

/// `Tests/Fuzz/Seeds`: a folder for each parser.
public enum FuzzSeeds {
    public static let folder = String("\(#filePath)".dropLast("Parsers/FuzzSeeds.swift".count)) + "Seeds"

    /// Inputs are small, so that they stay a small part of the sources.
    public static let byteLimit = 500_000

    /// The seeds of a parser that are in its folder, sorted by name.
    public static func stored(of parser: FuzzParser) throws -> [FuzzParser.Seed] {
        let place = folder + "/" + parser.name
        return try Directory.names(in: place).map {
            FuzzParser.Seed($0, try InputFile.contents(of: place + "/" + $0, limit: UInt64(byteLimit)))
        }
    }

    /// Writes what the program makes today, beside what is there.
    public static func write(to folder: String) throws {
        for parser in FuzzParser.all {
            try Directory.create(folder + "/" + parser.name)
            for seed in try parser.seeds() {
                let path = folder + "/" + parser.name + "/" + seed.name
                try Directory.remove(path)
                try AtomicFile.write(seed.bytes, to: path)
            }
        }
    }
}
