import Glibc
import Vision

/// An image as text: each character cell is two pixels, the upper one in the colour of the letter, the lower one in that
/// of the background.
enum TerminalImage {
    /// Whether standard output shows colours.
    static var isPossible: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Columns of the terminal; 80 where there is none.
    static var columns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// - Parameter columns: characters in a line at most.
    static func lines(_ image: DecodedImage, columns: Int) -> [String] {
        let width = max(1, min(columns, image.width, 100))
        let height = max(1, (image.height * width + image.width / 2) / image.width)
        let small = resize(image, width: width, height: min(height, 4 * width), filter: .bilinear)
        return stride(from: 0, to: small.height, by: 2).map { y in
            var line = ""
            for x in 0..<small.width {
                line += "\u{1B}[38;2;\(colour(small, x, y))m"
                line += y + 1 < small.height ? "\u{1B}[48;2;\(colour(small, x, y + 1))m" : "\u{1B}[49m"
                line += "▀"
            }
            return line + "\u{1B}[0m"
        }
    }

    private static func colour(_ image: DecodedImage, _ x: Int, _ y: Int) -> String {
        let pixel = 3 * (y * image.width + x)
        return "\(image.rgb[pixel]);\(image.rgb[pixel + 1]);\(image.rgb[pixel + 2])"
    }
}
