import Glibc
import Synchronization

/// A request to save and stop, from a signal: SIGUSR1 (what launchers forward at once), SIGTERM or SIGINT.
public enum StopRequest {
    private static let isMade = Atomic<Bool>(false)
    /// Addresses of what SIGUSR1, and SIGTERM or SIGINT, are answered with: text that stays, for a handler that may do no more
    /// than write.
    private static let answer = Atomic<UInt>(0)
    private static let endingAnswer = Atomic<UInt>(0)

    /// From now on the first of these signals asks; a second SIGINT or SIGTERM ends the process.
    /// - Parameters:
    ///   - isLaunched: a launcher started this process, and passes its signals on.
    ///   - answers: whether this process answers the first signal on standard error; one of a job should.
    public static func listen(isLaunched: Bool = false, answers isAnswering: Bool = false) {
        if isAnswering { prepareAnswers(isLaunched: isLaunched) }
        for number in [SIGUSR1, SIGTERM, SIGINT] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { StopRequest.handle($0) }
            let once = number == SIGUSR1 ? 0 : UInt32(SA_RESETHAND)
            action.sa_flags = Int32(bitPattern: once | UInt32(SA_RESTART))
            sigaction(number, &action, nil)
        }
    }

    public static var isPending: Bool { isMade.load(ordering: .relaxed) }

    private static func handle(_ number: Int32) {
        guard !isMade.exchange(true, ordering: .relaxed) else { return }
        let address = number == SIGUSR1 ? answer.load(ordering: .relaxed) : endingAnswer.load(ordering: .relaxed)
        let before = errno
        if let text = UnsafePointer<CChar>(bitPattern: address) { _ = write(STDERR_FILENO, text, strlen(text)) }
        errno = before
    }

    private static func prepareAnswers(isLaunched: Bool) {
        let saving = "asked to stop: this step is finished and saved, then the run ends with exit code 75"
        let again = "; a second Ctrl-C ends it at once, and what is not saved is lost"
        answer.store(kept(saving), ordering: .relaxed)
        endingAnswer.store(kept(isLaunched ? Launcher.advice : saving + again), ordering: .relaxed)
    }

    /// The address of a line on standard error, below a line of progress where that is a terminal.
    private static func kept(_ text: String) -> UInt {
        UInt(bitPattern: strdup((isatty(STDERR_FILENO) != 0 ? "\n" : "") + "unimo: \(text)\n"))
    }
}

/// The launcher above this process.
private enum Launcher {
    private static let names = ["mpirun", "mpiexec", "orterun", "prterun", "mpiexec.hydra"]

    /// What somebody should know who ends a job by Ctrl-C.
    static var advice: String {
        "the launcher ends this job: most kill their ranks within seconds, before anything is saved. To save and stop, "
            + "leave Ctrl-C alone and send SIGUSR1, which is passed on to the ranks: \(command)"
    }

    private static var command: String {
        let parent = getppid()
        let name = self.name(of: parent)
        if names.contains(name) { return "kill -USR1 \(parent)" }
        if let job = getenv("SLURM_JOB_ID").map({ String(cString: $0) }), getenv("OMPI_COMM_WORLD_SIZE") == nil {
            return "scancel --signal=USR1 \(job)"
        }
        return "kill -USR1 and the process number of mpirun, on the node where it was started"
    }

    private static func name(of process: pid_t) -> String {
        guard let file = fopen("/proc/\(process)/comm", "r") else { return "" }
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 64)
        guard fgets(&text, Int32(text.count), file) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
