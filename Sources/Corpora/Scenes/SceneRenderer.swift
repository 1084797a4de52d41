import Vision

/// Draws a scene. Every pixel is the mean of 4 × 4 points, counted in whole numbers, so that bytes are the same on any
/// machine.
struct SceneRenderer: Sendable {
    private static let grid = 4

    /// Pixels.
    let side: Int

    func render(_ scene: Scene) -> DecodedImage {
        var pixels = [UInt8](repeating: 0, count: 3 * side * side)
        fill(&pixels, tinted(scene.background.rgb, scene.tints[0]))
        for (object, tint) in zip(scene.objects, scene.tints.dropFirst()) {
            draw(object, tinted(object.colour.rgb, tint), &pixels)
        }
        return DecodedImage(width: side, height: side, rgb: pixels)
    }

    private func tinted(_ rgb: SIMD3<Int>, _ tint: SIMD3<Int>) -> SIMD3<Int> {
        (rgb &+ tint).clamped(lowerBound: .zero, upperBound: SIMD3(repeating: 255))
    }

    private func fill(_ pixels: inout [UInt8], _ rgb: SIMD3<Int>) {
        for index in 0..<side * side {
            for channel in 0..<3 { pixels[3 * index + channel] = UInt8(rgb[channel]) }
        }
    }

    private func draw(_ object: SceneObject, _ rgb: SIMD3<Int>, _ pixels: inout [UInt8]) {
        let rows = span(object.y, object.radius)
        let columns = span(object.x, object.radius)
        for row in rows {
            for column in columns {
                let inside = covered(object, row: row, column: column)
                guard inside > 0 else { continue }
                blend(&pixels, at: 3 * (row * side + column), rgb, share: inside)
            }
        }
    }

    /// Pixels that an interval of the image touches.
    private func span(_ centre: Double, _ radius: Double) -> Range<Int> {
        let low = Int((centre - radius) * Double(side))
        let high = Int((centre + radius) * Double(side)) + 1
        return max(0, low)..<min(side, high)
    }

    /// How many of the pixel's points lie inside the object.
    private func covered(_ object: SceneObject, row: Int, column: Int) -> Int {
        let step = 1 / Double(Self.grid * side)
        var count = 0
        for point in 0..<Self.grid * Self.grid {
            let x = (Double(column * Self.grid + point % Self.grid) + 0.5) * step
            let y = (Double(row * Self.grid + point / Self.grid) + 0.5) * step
            let (u, v) = ((x - object.x) / object.radius, (y - object.y) / object.radius)
            if object.shape.contains(u, v) { count += 1 }
        }
        return count
    }

    private func blend(_ pixels: inout [UInt8], at index: Int, _ rgb: SIMD3<Int>, share: Int) {
        let whole = Self.grid * Self.grid
        for channel in 0..<3 {
            let below = Int(pixels[index + channel])
            pixels[index + channel] = UInt8((below * (whole - share) + rgb[channel] * share + whole / 2) / whole)
        }
    }
}

extension SceneShape {
    /// Tips of a five-pointed star, upwards first.
    private static let tips: [(x: Double, y: Double)] = [
        (0, -1), (0.951_056_5, -0.309_017), (0.587_785_3, 0.809_017), (-0.587_785_3, 0.809_017),
        (-0.951_056_5, -0.309_017),
    ]

    /// Whether the outline of radius 1 around the origin contains a point; y grows downwards.
    func contains(_ x: Double, _ y: Double) -> Bool {
        switch self {
        case .circle: return x * x + y * y <= 0.9
        case .square: return abs(x) <= 0.82 && abs(y) <= 0.82
        case .triangle: return y <= 0.8 && abs(x) <= (y + 1) / 1.8
        case .diamond: return abs(x) / 0.72 + abs(y) <= 1
        case .star:
            // Inside at least four of the five half-planes that the star's long edges bound.
            return Self.tips.count { -x * $0.x - y * $0.y <= 0.309_017 } >= 4
        case .cross: return min(abs(x), abs(y)) <= 0.32 && max(abs(x), abs(y)) <= 0.95
        case .ring: return (0.3...0.95).contains(x * x + y * y)
        case .heart:
            let (u, v) = (1.2 * x, 0.15 - 1.2 * y)
            let disc = u * u + v * v - 1
            return disc * disc * disc <= u * u * v * v * v
        }
    }
}

extension SceneColour {
    var rgb: SIMD3<Int> {
        switch self {
        case .red: [214, 39, 40]
        case .green: [36, 150, 44]
        case .blue: [31, 85, 200]
        case .yellow: [240, 214, 30]
        case .purple: [140, 60, 190]
        case .orange: [250, 135, 15]
        case .cyan: [30, 205, 215]
        case .brown: [120, 72, 40]
        }
    }
}

extension SceneBackground {
    var rgb: SIMD3<Int> {
        switch self {
        case .white: [247, 247, 247]
        case .gray: [150, 150, 150]
        case .black: [8, 8, 8]
        case .beige: [232, 216, 184]
        }
    }
}
