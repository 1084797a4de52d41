import Synchronization

extension WorkerPool {
    /// What `body` makes of each task of `0 ..< count`, in their order.
    /// - Throws: what the first task threw that threw anything. Those behind it are left out if they haven't begun.
    public func map<Value>(
        _ count: Int, _ body: (_ task: Int, _ worker: Int) throws -> Value
    ) throws -> [Value] {
        var made = [Result<Value, any Error>?](repeating: nil, count: count)
        let end = Atomic<Int>(count)
        made.withUnsafeMutableBufferPointer { made in
            let base = made.baseAddress
            run(count) { task, worker in
                guard task < end.load(ordering: .relaxed) else { return }
                let result = Result { try body(task, worker) }
                if case .failure = result { end.min(task, ordering: .relaxed) }
                base?[task] = result
            }
        }
        return try made.compactMap { try $0?.get() }
    }
}
