/// A row-major matrix in double precision: what oracles compute with, slowly and plainly.
struct Matrix {
    var rows: Int
    var columns: Int
    var elements: [Double]

    init(_ rows: Int, _ columns: Int, _ elements: [Double]) {
        precondition(elements.count == rows * columns, "\(elements.count) elements for \(rows) × \(columns)")
        self.rows = rows
        self.columns = columns
        self.elements = elements
    }

    init(_ rows: Int, _ columns: Int, _ element: (Int, Int) -> Double) {
        self.init(rows, columns, (0..<rows * columns).map { element($0 / columns, $0 % columns) })
    }

    subscript(row: Int, column: Int) -> Double {
        get { elements[row * columns + column] }
        set { elements[row * columns + column] = newValue }
    }

    subscript(row row: Int) -> [Double] { Array(elements[row * columns..<(row + 1) * columns]) }

    /// self · otherᵀ.
    func timesTransposed(_ other: Matrix) -> Matrix {
        Matrix(rows, other.rows) { i, j in (0..<columns).reduce(0) { $0 + self[i, $1] * other[j, $1] } }
    }

    func map(_ body: (Double) -> Double) -> Matrix { Matrix(rows, columns, elements.map(body)) }

    static func + (a: Matrix, b: Matrix) -> Matrix {
        Matrix(a.rows, a.columns, zip(a.elements, b.elements).map { $0 + $1 })
    }

    static func * (a: Matrix, b: Matrix) -> Matrix {
        Matrix(a.rows, a.columns, zip(a.elements, b.elements).map { $0 * $1 })
    }

    /// The row added to every row.
    func adding(row: [Double]) -> Matrix { Matrix(rows, columns) { self[$0, $1] + row[$1] } }
}
