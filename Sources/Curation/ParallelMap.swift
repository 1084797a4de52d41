import Runtime

extension WorkerPool {
    /// What `body` makes of each task of `0 ..< count`, in their order.
    /// - Throws: what the first task threw that threw anything.
    func map<Value>(_ count: Int, _ body: (_ task: Int, _ worker: Int) throws -> Value) throws -> [Value] {
        var made = [Result<Value, any Error>?](repeating: nil, count: count)
        made.withUnsafeMutableBufferPointer { made in
            let base = made.baseAddress
            run(count) { task, worker in base?[task] = Result { try body(task, worker) } }
        }
        return try made.compactMap { try $0?.get() }
    }
}
