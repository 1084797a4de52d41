import Glibc
import Testing

@testable import Telemetry

@Suite struct ProgressLineTests {
    @Test("the line says step, losses, rates, waits and time left")
    func text() {
        var average = ProgressAverage(steps: 101)
        average.add(metrics(0))
        #expect(
            average.text
                == "step 1/101 · masked_language 2.500 · 16.0 samples/s · 200 tokens/s · data 10% · comm 20% · 50 s left"
        )
    }

    @Test("steps that take longer count at once, older ones fade")
    func averages() {
        var average = ProgressAverage(steps: 1000)
        for step in 0..<100 { average.add(metrics(step, loss: 8)) }
        for step in 100..<200 { average.add(metrics(step, loss: 2)) }
        #expect(average.text.contains("masked_language 2.0"))
        #expect(average.text.contains("6 min 40 s left"))
    }

    @Test("non-finite figures never end a run")
    func nonFinite() {
        var average = ProgressAverage(steps: 5)
        var step = metrics(0, loss: .nan)
        (step.dataWait, step.seconds, step.skipped) = (.nan, 0, true)
        average.add(step)
        #expect(
            average.text
                == "step 1/5 · 8000.0M samples/s · 100000.0M tokens/s · data ?% · comm 999% · skipped 1 · 0 s left")
    }

    @Test("without a terminal a line is printed every five seconds and at the end")
    func plain() {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let line = ProgressLine(steps: 40, descriptor: ends[1], isLive: false)
        for step in 0..<40 { line.update(metrics(step), now: Double(step) * 0.5) }
        line.finish()
        close(ends[1])
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(ends[0], &buffer, buffer.count)
        close(ends[0])
        let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
        #expect(
            lines.map { $0.prefix(while: { $0 != "·" }) } == [
                "step 1/40 ", "step 11/40 ", "step 21/40 ", "step 31/40 ", "step 40/40 ",
            ])
    }

    @Test("figures have three or four digits")
    func figures() {
        let figures: [(Double, String)] = [
            (0, "0.0000"), (0.0123, "0.0123"), (0.5, "0.500"), (-2.5, "-2.500"), (45.67, "45.7"), (123.4, "123"),
            (45_600, "45.6k"), (1.2e7, "12.0M"), (.nan, "?"),
        ]
        for (value, text) in figures { #expect(ProgressAverage.figure(value) == text) }
        let durations: [(Double, String)] = [
            (12, "12 s"), (200, "3 min 20 s"), (18_720, "5 h 12 min"), (273_600, "3 d 4 h"), (.infinity, "?"),
        ]
        for (value, text) in durations { #expect(ProgressAverage.duration(value) == text) }
    }
}
