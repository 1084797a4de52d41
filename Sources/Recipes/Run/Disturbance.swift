import Autograd
import Runtime
import Training

/// Fault points where one bit of a replica flips, as a broken memory does it.
enum Disturbance {
    /// `replica.weights`, `replica.exp_avg`, `replica.exp_avg_sq`: a high bit of the last element of the middle tensor. A low
    /// one of a moment may be rounded away again, and nothing is left to notice.
    static func visit(_ optimizer: Optimizer) {
        for (name, base) in optimizer.arenas where FaultPoint.isReached("replica.\(name)") {
            let parameters = optimizer.store.parameters
            let place = base + (parameters[parameters.count / 2].range.upperBound - 1)
            place.pointee = Float(bitPattern: place.pointee.bitPattern ^ 1 << 20)
        }
    }
}
