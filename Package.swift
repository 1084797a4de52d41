// swift-tools-version: 6.1
import PackageDescription

// One instruction set for the whole build (mixing levels would leak wide code into narrow modules through shared
// generic specialisations). `native` means the machine that builds; the binary checks the machine that runs it.
let march = Context.environment["UNIMO_MARCH"] ?? "native"

// `tools/test` builds so that tests see internals and a warning is an error.
let testing = Context.environment["UNIMO_TESTING"] == nil ? [] : ["-enable-testing", "-warnings-as-errors"]

// `tools/fuzz` names libFuzzer's archive: everything is then built so that a fuzzer sees where its inputs lead.
let fuzzer = Context.environment["UNIMO_FUZZ"]
let coverage = fuzzer == nil ? [] : ["-enable-testing", "-sanitize=fuzzer,address"]

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .unsafeFlags(["-Xcc", "-march=\(march)"] + testing + coverage),
]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// System libraries behind inline shims: name, pkg-config name.
let libraries = [
    ("CMPI", "mpi-c"), ("COpenBLAS", "openblas"), ("CZstd", "libzstd"), ("CZlib", "zlib"), ("CCrypto", "libcrypto"),
    ("CArchive", "libarchive"),
]

// The house: each room and what it may import. `tools/check-imports` holds the sources against this table.
let rooms: [(name: String, imports: [String], packages: [Target.Dependency])] = [
    ("Runtime", ["CBaseline"], [logging]),
    ("Tensors", ["Runtime", "CBaseline", "COpenBLAS"], []),
    ("Autograd", ["Runtime", "Tensors"], []),
    ("Storage", ["Runtime", "CZstd", "CZlib", "CCrypto", "CArchive"], [system]),
    ("Collectives", ["Runtime", "CBaseline"], []),
    ("MPITransport", ["Runtime", "Collectives", "CMPI"], []),
    ("Batches", ["Runtime", "Tensors"], []),
    ("Text", ["Runtime", "Storage"], []),
    ("Vision", ["Runtime", "CImage"], []),
    ("Corpora", ["Runtime", "Storage", "Batches", "Text", "Vision"], []),
    ("Models", ["Runtime", "Tensors", "Autograd", "Batches"], []),
    ("Objectives", ["Runtime", "Tensors", "Autograd", "Models", "Batches"], []),
    ("Checkpoints", ["Runtime", "Storage", "Tensors"], [system]),
    (
        "Training",
        ["Runtime", "Tensors", "Autograd", "Batches", "Models", "Objectives", "Collectives", "Checkpoints"], []
    ),
    ("Evaluation", ["Runtime", "Tensors", "Autograd", "Batches", "Models", "Objectives"], []),
    ("Curation", ["Runtime", "Tensors", "Storage", "Collectives", "Corpora"], []),
    ("Telemetry", ["Runtime"], []),
    (
        "Recipes",
        [
            "Runtime", "Tensors", "Autograd", "Storage", "Collectives", "Batches", "Text", "Vision", "Corpora",
            "Models", "Objectives", "Checkpoints", "Training", "Evaluation", "Curation", "Telemetry",
        ], [yams, system]
    ),
]

/// `UNIMO_SUITES=Text,Vision` builds these suites only, for a short way from a change to its tests.
let chosen = Context.environment["UNIMO_SUITES"]?.split(separator: ",").map(String.init)

/// Suites under `Tests/`: of a module each, and the seeds of the fuzzers.
let suites = [
    "Runtime", "Tensors", "Autograd", "Storage", "Collectives", "Text", "Vision", "Corpora", "Models", "Objectives",
    "Checkpoints", "Training", "Evaluation", "Curation", "Telemetry", "Recipes", "Fuzz",
].filter { chosen?.contains($0) ?? true }.filter { $0 != "Fuzz" || !testing.isEmpty }

/// Suites with a folder of expected values, which tests read by path.
let suitesWithGoldens = ["Autograd", "Objectives", "Text", "Vision"]

/// Data of a suite that tests read by path.
func dataFolders(_ suite: String) -> [String] {
    if suite == "Curation" { return ["Captions"] }
    return suitesWithGoldens.contains(suite) ? ["Goldens"] : []
}

/// Every parser of foreign bytes, for the suite that reads the seeds and for libFuzzer. It sees internals.
let fuzzParsers: [Target] =
    testing.isEmpty && fuzzer == nil
    ? []
    : [
        .target(
            name: "FuzzParsers",
            dependencies: [
                "Runtime", "Storage", "Batches", "Text", "Vision", "Corpora", "Models", "Checkpoints", "Curation",
                "Telemetry", "Recipes",
            ], path: "Tests/Fuzz/Parsers", swiftSettings: swiftSettings)
    ]

/// The fuzzer itself.
let fuzzTargets: [Target] =
    fuzzer.map { archive in
        [
            .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/Driver"),
            .executableTarget(
                name: "fuzz", dependencies: ["CFuzzer", "FuzzParsers"], path: "Tests/Fuzz/Entry",
                swiftSettings: swiftSettings + [.unsafeFlags(["-parse-as-library"])],
                linkerSettings: [.unsafeFlags(["-sanitize=address", archive, "-lstdc++"])]),
        ]
    } ?? []

let package = Package(
    name: "unimo",
    products: [.executable(name: "unimo", targets: ["unimo"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: libraries.map { .systemLibrary(name: $0.0, path: "Sources/\($0.0)", pkgConfig: $0.1) }
        + [
            .systemLibrary(name: "CImage", path: "Sources/CImage", pkgConfig: "libjpeg"),
            // What the build was compiled for (data only), and the check of it, which must itself run anywhere.
            .target(
                name: "CLevel",
                cSettings: [.unsafeFlags(["-march=\(march)"]), .define("UNIMO_MARCH", to: "\"\(march)\"")]),
            .target(name: "CBaseline", dependencies: ["CLevel"], cSettings: [.unsafeFlags(["-march=x86-64"])]),
        ]
        + rooms.map { room in
            .target(
                name: room.name, dependencies: room.imports.map { .byName(name: $0) } + room.packages,
                swiftSettings: swiftSettings)
        }
        + [
            .executableTarget(
                name: "unimo",
                dependencies: rooms.map { .byName(name: $0.name) } + [arguments], swiftSettings: swiftSettings)
        ]
        // Goldens, norms and ranks that are threads, for the suites.
        + [
            .target(
                name: "Rehearsal", dependencies: rooms.map { .byName(name: $0.name) }, path: "Tests/Rehearsal",
                swiftSettings: swiftSettings)
        ]
        + fuzzParsers + fuzzTargets
        + suites.map { suite in
            .testTarget(
                name: "\(suite)Tests",
                dependencies: ["Rehearsal"] + rooms.map { .byName(name: $0.name) }
                    + (suite == "Fuzz" ? ["FuzzParsers"] : []),
                exclude: dataFolders(suite),
                swiftSettings: swiftSettings)
        }
)
