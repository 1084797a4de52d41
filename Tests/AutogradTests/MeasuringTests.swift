import Autograd
import Runtime
import Tensors
import Testing

/// A tape that only measures says what memory a computation takes before any of it is there.
@Suite struct MeasuringTests {
    init() { MatrixLibrary.configure() }

    /// Most bytes of the arena that an operation took, forward and backward.
    private func highWater(_ instance: OperationInstance, on arena: Arena) -> Int {
        let call = instance.call(on: arena)
        if case .rows(let y) = call.forward() {
            let gradient = arena.borrow(rows: y.rows, columns: y.columns)
            call.tape.compute { gradient.fill(1) }
            call.tape.seed(y, gradient)
            arena.recycle(gradient)
        }
        call.tape.backward()
        return arena.highWater
    }

    @Test("an operation takes what a tape that only measures says, to the byte", arguments: OperationTable.cases)
    func measuredIsTaken(operation: OperationCase) throws {
        for threads in 1...2 {
            let instance = try OperationInstance(operation, size: .small, pool: WorkerPool(threads: threads))
            let measured = highWater(instance, on: Arena(measuring: ()))
            #expect(measured > 0)
            #expect(try highWater(instance, on: Arena(capacity: measured)) == measured)
        }
    }

    @Test("a stack without a record takes the memory of one layer, and gives the bits of a stack with one")
    func stackTakesOneLayer() throws {
        let pool = WorkerPool(threads: 1)
        func grown(_ layers: Int, _ tape: Tape) -> Variable {
            let x = tape.variable(rows: 40, columns: 32)
            tape.compute { for place in 0..<x.value.count { x.value.floats[place] = Float(place % 7) - 3 } }
            return tape.stack(Array(0..<layers), on: x) { _, x in tape.gelu(tape.normalize(tape.gelu(x))) }
        }
        let one = Tape.footprint(pool) { _ = grown(1, $0) }
        let twelve = Tape.footprint(pool) { _ = grown(12, $0) }
        #expect(one == twelve)
        #expect(Tape.footprint(pool, records: true) { _ = grown(12, $0) } > 3 * twelve)
        func elements(records: Bool) throws -> [Float] {
            let tape = Tape(arena: try Arena(capacity: 1 << 20), pool: pool, records: records)
            let y = grown(5, tape).value
            return Array(UnsafeBufferPointer(start: y.floats, count: y.count))
        }
        #expect(try elements(records: true) == elements(records: false))
    }

    @Test("a scope without a record ends the lifetime of all its values but the result")
    func scopeKeepsItsResult() throws {
        let arena = try Arena(capacity: 1 << 20)
        let tape = Tape(arena: arena, pool: WorkerPool(threads: 1), records: false)
        let before = arena.mark
        let kept = tape.scoped {
            for _ in 0..<10 { _ = tape.variable(rows: 8, columns: 16) }
            let result = tape.variable(rows: 8, columns: 16)
            result.value.fill(2.5)
            return result
        }
        #expect(arena.mark - before == 8 * 16 * 4)
        #expect((0..<kept.value.count).allSatisfy { kept.value.floats[$0] == 2.5 })
    }

    @Test("address space beyond any machine is an error with a remedy, not a trap")
    func addressSpaceIsRefused() {
        #expect(throws: MemoryFault.self) { try Arena(capacity: 1 << 60) }
        #expect(throws: MemoryFault.self) { try Reservation.probe(byteCount: 1 << 61) }
        do throws(MemoryFault) {
            _ = try Reservation(byteCount: 1 << 60)
        } catch {
            #expect(error.exitCode == .usage)
            #expect(error.description.contains("ulimit -v"))
        }
    }
}
