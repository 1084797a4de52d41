import Foundation
import Rehearsal
import Runtime
import Testing

@testable import Telemetry

@Suite struct MetricsTests {
    @Test("a row has the agreed fields in the agreed order")
    func row() {
        #expect(
            metrics(3).json.text
                == #"{"step":3,"batches":[{"objective":"masked_language","corpus":"texts","loss":2.5,"#
                + #""terms":{"a":0.5,"b":1.0},"samples":8,"tokens":100}],"lr":0.0001,"grad_norm":1.5,"seconds":0.5,"#
                + #""data_wait":0.05,"exposed_communication":0.1,"skipped":false}"#)
    }

    @Test("what was read is added to the rows of steps that know it, and to TensorBoard")
    func reading() {
        var step = metrics(3)
        let start = String(step.json.text.dropLast())
        step.reading = [
            ReadingMetrics(corpus: "pairs", read: 300, used: 200, relativesRead: 7, relativesUsed: 5, retries: 2),
            ReadingMetrics(corpus: "texts", read: 0, used: 0, relativesRead: 1, relativesUsed: 1),
        ]
        #expect(
            step.json.text
                == start + #","reading":[{"corpus":"pairs","read":300,"used":200,"amplification":1.5,"#
                + #""relatives_read":7,"relatives_used":5,"retries":2},{"corpus":"texts","read":0,"used":0,"#
                + #""amplification":null,"relatives_read":1,"relatives_used":1,"retries":0}]}"#)
        let scalars = Dictionary(uniqueKeysWithValues: step.scalars.map { ($0.tag, $0.value) })
        #expect(scalars["reading/pairs/amplification"] == 1.5 && scalars["reading/pairs/retries"] == 2)
        #expect(scalars["reading/texts/amplification"] == nil && scalars["reading/texts/retries"] == 0)
    }

    @Test("JSON is readable by others whatever is in it")
    func json() throws {
        let value: JSONValue = [
            "nan": .number(.nan), "inf": .number(.infinity), "tiny": .number(.leastNonzeroMagnitude),
            "text": "a\"\\\n\t\u{1}é犬\u{2028}",
            "list": [1, true, nil, []], "empty": [:], "min": .integer(.min),
        ]
        #expect(value.text.hasPrefix(#"{"nan":null,"inf":null,"tiny":5e-324,"text":"a\"\\\n\t\u0001é犬"#))
        for text in [value.text, value.indentedText] {
            let read = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect(read["text"] as? String == "a\"\\\n\t\u{1}é犬\u{2028}")
            #expect(read["tiny"] as? Double == .leastNonzeroMagnitude)
            #expect(read["min"] as? Int == .min)
            #expect((read["list"] as? [Any])?.count == 4)
            #expect(read["nan"] is NSNull)
        }
        #expect(
            JSONValue.object([("a", [1, 2]), ("b", [:])]).indentedText
                == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}")
    }

    @Test("what a terminal would obey is escaped in strings and in JSON that is passed on, and reads as before")
    func controls() throws {
        let text = "a\u{1B}[31m\u{7F}\u{9B}2J\u{202E}\u{FEFF}é"
        let value: JSONValue = ["text": .string(text), "more": .encoded("[\n \"\u{9B}\u{202E}\"]")]
        #expect(
            value.text == #"{"text":"a\u001b[31m\u007f\u009b2J\u202e\ufeffé","more":["# + "\n " + #""\u009b\u202e"]}"#)
        let read = try JSONSerialization.jsonObject(with: Data(value.text.utf8)) as? [String: Any]
        #expect(read?["text"] as? String == text && read?["more"] as? [String] == ["\u{9B}\u{202E}"])
    }

    @Test("resuming cuts off rows from the resume step on, and a torn last row")
    func resuming() throws {
        let scratch = try TemporaryDirectory()
        do {
            let rows = try RowFile(path: scratch("metrics.jsonl"), startingAt: 0)
            for step in 0..<12 { try rows.append(metrics(step).json) }
        }
        let whole = try scratch.text("metrics.jsonl")
        try scratch.put("metrics.jsonl", whole + #"{"step":3,"bat"#)
        _ = try RowFile(path: scratch("metrics.jsonl"), startingAt: 100)
        #expect(try scratch.text("metrics.jsonl") == whole)
        do {
            let rows = try RowFile(path: scratch("metrics.jsonl"), startingAt: 10)
            #expect(try scratch.text("metrics.jsonl").split(separator: "\n").count == 10)
            try rows.append(metrics(10).json)
            try rows.append(metrics(11).json)
        }
        #expect(try scratch.text("metrics.jsonl") == whole)
        _ = try RowFile(path: scratch("metrics.jsonl"), startingAt: 0)
        #expect(try scratch.text("metrics.jsonl").isEmpty)
    }

    @Test("rows that begin with their number are cut off by it")
    func bareNumbers() throws {
        let scratch = try TemporaryDirectory()
        try scratch.put("rank-0000.txt", "5 0 pairs a\n6 0 pairs b\n7 0 pairs c\n8 0 pa")
        _ = try RowFile(path: scratch("rank-0000.txt"), prefix: "", startingAt: 7)
        #expect(try scratch.text("rank-0000.txt") == "5 0 pairs a\n6 0 pairs b\n")
    }

    @Test("rows of others stay, and rows longer than a buffer are passed over")
    func foreignRows() throws {
        let scratch = try TemporaryDirectory()
        let long = #"{"step":1,"text":""# + String(repeating: "x", count: 200_000) + "\"}\n"
        let kept = "# a remark\n" + #"{"step":99999999999999999999999}"# + "\n" + #"{"stepping":7}"# + "\n" + long
        try scratch.put("rows", kept + #"{"step":2}"# + "\n" + "{\"step\":1}\n")
        _ = try RowFile(path: scratch("rows"), startingAt: 2)
        #expect(try scratch.text("rows") == kept)
    }

    @Test("a file that can't be written is named, with what to do")
    func unwritable() throws {
        do {
            _ = try MetricsWriter(directory: "/nonexistent/run", startingAt: 0)
            Issue.record("opened a file in a directory that isn't there")
        } catch let error as TelemetryError {
            #expect(
                error.description
                    == "/nonexistent/run/metrics.jsonl: can't open it: No such file or directory; the run directory "
                    + "must exist")
            #expect(error.exitCode == .checkpoint)
        }
    }

    @Test("a full disk is named, with what to do")
    func fullDisk() throws {
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        do {
            try Appending.write([1, 2, 3], to: full, path: "run/metrics.jsonl", action: "append a row")
            Issue.record("wrote to a full disk")
        } catch {
            #expect(
                "\(error)"
                    == "run/metrics.jsonl: can't append a row: No space left on device; free some space and resume")
        }
    }

    @Test("several batches of one objective are averaged by samples for TensorBoard")
    func scalars() {
        var step = metrics(0, loss: 1)
        step.batches.append(
            BatchMetrics(objective: "masked_language", corpus: "texts", loss: 4, samples: 16, tokens: 0))
        let scalars = Dictionary(uniqueKeysWithValues: step.scalars.map { ($0.tag, $0.value) })
        #expect(scalars["loss/masked_language/texts"] == 3)
        #expect(scalars["terms/masked_language/texts/a"] == 0.5)
        #expect(scalars["speed/samples_per_second"] == 48)
        #expect(scalars["speed/data_wait"] == 0.1)
    }
}
