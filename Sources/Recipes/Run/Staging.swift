import Collectives
import Corpora
import Logging
import Runtime

extension Recipe {
    /// Copies the packed corpora to `loader.stage`, once per node, and returns them with their new places; as they are when
    /// the recipe stages nothing. Collective, file by file, so that nobody waits longer than for one.
    func staged(_ communication: CommunicationThread, _ log: Logger) throws -> [CorpusSource] {
        guard let root = loader.stage else { return corpora }
        let nodes = communication.topology.nodes
        let copies = nodes.firstIndex(of: nodes[communication.rank]) == communication.rank
        return try corpora.map { source in
            guard case .directory(let path) = source.origin else { return source }
            let staging = try communication.together("looking at \(source.name)") {
                try places.named("corpora.\(source.name).directory") {
                    try CorpusStaging(source: path, root: root, retry: .standard(log))
                }
            }
            try stage(source.name, staging, copies: copies, communication, log)
            var source = source
            source.origin = .directory(staging.destination)
            return source
        }
    }

    private func stage(
        _ name: String, _ staging: CorpusStaging, copies: Bool, _ communication: CommunicationThread, _ log: Logger
    ) throws {
        let isDone = try communication.together("looking for copies") { staging.isDone }
        let own = copies && !isDone
        try communication.together("staging \(name)") {
            if own { try places.named("loader.stage") { try staging.begin() } }
        }
        var said = Clock.seconds
        for (number, file) in staging.files.enumerated() {
            try communication.together("staging \(name)/\(file)") { if own { try staging.copy(file) } }
            if communication.rank == 0, own, Clock.seconds - said > 10 {
                said = Clock.seconds
                log.info("staging \(name): \(number + 1) of \(staging.files.count) files")
            }
        }
        try communication.together("finishing the copy of \(name)") { if own { try staging.commit() } }
        if communication.rank == 0 { log.info("corpus \(name) is read from \(staging.destination)") }
    }
}
