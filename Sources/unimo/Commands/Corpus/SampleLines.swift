import Corpora
import Telemetry
import Vision

extension StoredSample {
    /// What a member holds, for scripts and for people.
    private struct Content {
        var name: String
        var value: JSONValue
        var text: String

        static func fault(_ error: any Error) -> Content {
            Content(name: "fault", value: .string("\(error)"), text: "\(error)")
        }
    }

    private func content(of member: Member) -> Content {
        do {
            if member.name == CaptionList.memberName { return Self.content(try CaptionList(member)) }
            if member.name == RewriteList.memberName { return Self.content(try RewriteList(self)) }
            if member.name == NeighbourList.memberName { return Self.content(try NeighbourList(self)) }
            if member.name.hasSuffix("npy") { return Self.content(try NumpyArray(member.bytes, name: member.name)) }
            if Self.imageNames.contains(member.name) { return Self.content(try decodeImage(member.bytes)) }
        } catch { return .fault(error) }
        guard Self.textNames.contains(member.name) || member.name.hasSuffix("json") else {
            return Content(name: "content", value: nil, text: "")
        }
        let text = String(decoding: member.bytes, as: UTF8.self)
        return Content(name: "text", value: .string(text), text: text)
    }

    private static func content(_ list: CaptionList) -> Content {
        Content(
            name: "captions", value: .array(list.captions.map { .string($0) }),
            text: list.captions.map { "\n    " + $0 }.joined())
    }

    private static func content(_ list: RewriteList) -> Content {
        Content(name: "rewrites", value: list.json, text: list.lines.map { "\n    " + $0 }.joined())
    }

    private static func content(_ list: NeighbourList) -> Content {
        Content(name: "neighbours", value: list.json, text: list.lines.map { "\n    " + $0 }.joined())
    }

    private static func content(_ array: NumpyArray) -> Content {
        Content(
            name: "shape", value: .array(array.shape.map { .integer($0) }),
            text: "\(array.shape.map(String.init).joined(separator: " × ")) of \(array.element)")
    }

    private static func content(_ image: DecodedImage) -> Content {
        Content(
            name: "pixels", value: [.integer(image.width), .integer(image.height)],
            text: "\(image.width) × \(image.height) pixels")
    }

    var json: JSONValue {
        let members = members.map { member -> JSONValue in
            let content = content(of: member)
            return .object([
                ("name", .string(member.name)), ("bytes", .integer(member.bytes.count)), (content.name, content.value),
            ])
        }
        return [
            "key": .string(key), "shard": .string(shard), "offset": .integer(Int(offset)), "members": .array(members),
        ]
    }

    var lines: [String] {
        ["\(key) (\(shard) at byte \(offset))"]
            + members.map { "  \($0.name), \($0.bytes.count) bytes: \(content(of: $0).text)" }
    }
}
