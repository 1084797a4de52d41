import Glibc
import Runtime

/// A box of whole pixels with a random area and aspect; after ten that do not fit, the largest centred one that does.
func randomCrop(
    width: Int, height: Int, area: ClosedRange<Float>, aspect: ClosedRange<Float>, _ stream: inout RandomStream
) -> SourceBox {
    let (low, high) = (logf(aspect.lowerBound), logf(aspect.upperBound))
    for _ in 0..<10 {
        let share = area.lowerBound + (area.upperBound - area.lowerBound) * stream.uniform()
        let ratio = expf(low + (high - low) * stream.uniform())
        let pixels = Float(width) * Float(height) * share
        let cropWidth = Int((pixels * ratio).squareRoot().rounded())
        let cropHeight = Int((pixels / ratio).squareRoot().rounded())
        guard (1...width).contains(cropWidth), (1...height).contains(cropHeight) else { continue }
        let x = stream.integer(below: width - cropWidth + 1)
        let y = stream.integer(below: height - cropHeight + 1)
        return SourceBox(x: Double(x), y: Double(y), width: Double(cropWidth), height: Double(cropHeight))
    }
    return centralCrop(width: width, height: height, aspect: aspect)
}

private func centralCrop(width: Int, height: Int, aspect: ClosedRange<Float>) -> SourceBox {
    let ratio = min(max(Float(width) / Float(height), aspect.lowerBound), aspect.upperBound)
    let cropWidth = max(1, min(width, Int((Float(height) * ratio).rounded())))
    let cropHeight = max(1, min(height, Int((Float(width) / ratio).rounded())))
    return SourceBox(
        x: Double((width - cropWidth) / 2), y: Double((height - cropHeight) / 2), width: Double(cropWidth),
        height: Double(cropHeight))
}
