import Curation
import Storage

extension FuzzParser {
    static let curation = [
        FuzzParser("region-classes", seeds: regionClassSeeds) { bytes, scratch in
            let file = try RegionClassFile(path: scratch.put("classes.safetensors", bytes))
            try promise(
                file.classes.centres.count == file.classes.count * file.classes.width, "\(file.classes.count) centres")
            let path = scratch.path + "/again.safetensors"
            try file.write(to: path)
            try promise(RegionClassFile(path: path) == file, "classes do not survive")
        }
    ]

    private static func regionClassSeeds() -> [Seed] {
        func header(_ metadata: String, _ shape: String) -> String {
            #"{"__metadata__":{\#(metadata)},"centres":{"dtype":"F32","shape":\#(shape),"data_offsets":[0,24]},"#
                + #""temperature":{"dtype":"F32","shape":[1],"data_offsets":[24,28]}}"#
        }
        let metadata =
            #""encoder":"e0","format":"unimo-region-classes-1","grid":"4","seed":"1","source":"c0""#
        let numbers: [Float] = [1, 2, 3, 4, 5, 6, 0.5]
        let data = numbers.flatMap { SeedBytes.little($0.bitPattern) }
        return [
            Seed("two", safetensors(header(metadata, "[2,3]"), data)),
            Seed("flat", safetensors(header(metadata, "[6]"), data)),
            Seed("unnamed", safetensors(header("", "[2,3]"), data)),
        ]
    }
}
