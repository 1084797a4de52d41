import Glibc

/// Natural logarithm of one number, in double precision inside.
public func logarithm(_ x: Float) -> Float { Float(log(Double(x))) }
