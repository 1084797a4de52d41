"""Jobs of the built binary: started alone or under mpirun, watched, signalled, and what they leave behind."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EVERY_OBJECTIVE = ROOT / "tools/acceptance/every-objective.yaml"
PACKED = ROOT / "tools/acceptance/packed.yaml"
BINARY = None
# Generous: other work may share the machine. Nothing here asserts a duration.
PATIENCE = 240


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def expect_words(text, *words):
    for word in words:
        expect(word in text, f"the message lacks {word!r}:\n{text[-3000:]}")


def clean_environment(**more):
    """The environment without what would steer the library, MPI or the fault points; a value of None removes a name."""
    foreign = ("OPENBLAS_", "UNIMO_", "OMPI_", "PMIX_", "PMI_", "SLURM_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    if os.geteuid() == 0:
        environment |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    return environment | more


class Job:
    """A command of the binary: by itself when `ranks` is 0, else under mpirun."""

    def __init__(self, *arguments, ranks=0, cwd, environment=None, prefix=(), prepare=None):
        self.ranks = ranks
        launch = ["mpirun", "--oversubscribe", "-np", str(ranks)] if ranks else []
        self.command = [*launch, *prefix, str(BINARY), *map(str, arguments)]
        self.output = open(pathlib.Path(cwd) / f"job-{time.monotonic_ns()}.log", "w+b")
        self.process = subprocess.Popen(
            self.command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output,
            env=clean_environment(**(environment or {})), start_new_session=True, preexec_fn=prepare,
        )

    @property
    def text(self):
        with open(self.output.name, "rb") as file:
            return file.read().decode(errors="replace")

    def is_running(self):
        return self.process.poll() is None

    def finish(self):
        """Waits for the end. Returns the exit code."""
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            text = self.text
            self.end()
            raise AssertionError(f"{self} did not end within {PATIENCE} s:\n{text[-3000:]}") from None

    def wait(self, code=0):
        """Waits for the end; `code` is what the job must exit with, None for any error. Returns what it printed."""
        found = self.finish()
        text = self.text
        good = found != 0 if code is None else found == code
        expect(good, f"{self} exited with {found}, not {'an error' if code is None else code}:\n{text[-3000:]}")
        return text

    def reaches(self, condition):
        """Waits until `condition()` is true. False when the job gets through before; any other end fails."""
        limit = time.monotonic() + PATIENCE
        while not condition():
            if not self.is_running():
                self.wait(code=0)
                return False
            expect(time.monotonic() < limit, f"{self} does not get on:\n{self.text[-3000:]}")
            time.sleep(0.005)
        return True

    def wait_for(self, what, condition):
        """Waits, while the job runs, until `condition()` is true."""
        expect(self.reaches(condition), f"{self} ended before {what}:\n{self.text[-3000:]}")

    def rank_processes(self):
        """Process numbers of the ranks, by rank."""
        if not self.ranks:
            return [self.process.pid]
        found = {}
        for child in children(self.process.pid):
            variables = environment_of(child)
            if b"OMPI_COMM_WORLD_RANK" in variables and executable_of(child) == BINARY:
                found[int(variables[b"OMPI_COMM_WORLD_RANK"])] = child
        expect(sorted(found) == list(range(self.ranks)), f"{self} has the ranks {sorted(found)}")
        return [found[rank] for rank in range(self.ranks)]

    def kill(self):
        """kill -9 for every rank. False when the job was through already."""
        for process in self.rank_processes() if self.is_running() else []:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return self.finish() != 0

    def end(self):
        """Ends whatever of the job is left."""
        if self.is_running():
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def __str__(self):
        return " ".join(str(part) for part in self.command)


def children(process):
    """All processes below one. Threads that end meanwhile have none any more."""
    found = []
    for path in pathlib.Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in path.read_text().split():
                found += [int(child), *children(int(child))]
    return found


def is_alive(process):
    """Whether a process runs or sleeps; one that only waits to be reaped does not."""
    try:
        state = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def expect_gone(processes):
    """Fails unless the processes end, as what a launcher has killed does."""
    limit = time.monotonic() + 60
    while any(is_alive(process) for process in processes):
        expect(time.monotonic() < limit, f"{[process for process in processes if is_alive(process)]} live on")
        time.sleep(0.05)


def environment_of(process):
    try:
        entries = pathlib.Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    return dict(entry.split(b"=", 1) for entry in entries if b"=" in entry)


def executable_of(process):
    try:
        return pathlib.Path(os.readlink(f"/proc/{process}/exe"))
    except OSError:
        return None


class Run:
    """A run directory, and the jobs that train in it."""

    def __init__(self, folder, name, recipe=EVERY_OBJECTIVE, sets=(), ranks=0):
        self.folder = pathlib.Path(folder)
        self.path = self.folder / name
        self.recipe = recipe
        self.sets = list(sets)
        self.ranks = ranks

    def start(self, *sets, arguments=(), **options):
        overrides = [part for text in [*self.sets, *sets] for part in ("--set", text)]
        options = {"ranks": self.ranks, "cwd": self.folder} | options
        return Job("train", self.recipe, "--run", self.path, *overrides, *arguments, **options)

    def train(self, *sets, code=0, **options):
        """Trains to the end. Returns what was printed."""
        return self.start(*sets, **options).wait(code)

    # What a run leaves behind

    @property
    def checkpoints(self):
        """Paths of the complete checkpoints, oldest first."""
        names = sorted((self.path / "checkpoints").glob("step-*"))
        return [path for path in names if path.name.removeprefix("step-").isdigit()]

    @property
    def last_step(self):
        return int(self.checkpoints[-1].name.removeprefix("step-")) if self.checkpoints else None

    @property
    def rows(self):
        """Rows of metrics.jsonl."""
        path = self.path / "metrics.jsonl"
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        return [json.loads(line) for line in lines]

    @property
    def last_row(self):
        """Step of the last complete row; -1 when there is none."""
        try:
            with open(self.path / "metrics.jsonl", "rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 8192))
                lines = file.read().split(b"\n")[:-1]
        except FileNotFoundError:
            return -1
        return json.loads(lines[-1])["step"] if lines else -1

    @property
    def sample_lines(self):
        """Lines of all ranks' sample logs, sorted."""
        files = (self.path / "samples").glob("rank-*.txt")
        return sorted(line for file in files for line in file.read_text().splitlines())

    @property
    def samples_of_batches(self):
        """Entry and keys of each batch, the ranks' slices one after the other."""
        batches = {}
        for line in sorted(self.sample_lines, key=lambda line: [int(word) for word in line.split()[:2]]):
            batch, _, entry, *keys = line.split()
            batches.setdefault((int(batch), entry), []).extend(keys)
        return batches

    @property
    def gradients(self):
        return self.path / "tensors/step-00000000/gradients.safetensors"

    def weights(self):
        """Names and bytes of the last checkpoint's tensors: what two equal runs must agree on bit for bit."""
        expect(self.checkpoints, f"{self.path} has no checkpoint")
        files = [path for path in self.checkpoints[-1].iterdir() if path.suffix == ".safetensors"]
        expect(len(files) >= 2, f"{self.checkpoints[-1]} holds {[path.name for path in files]}")
        return {path.name: path.read_bytes() for path in files}

    def expect_same_weights(self, other):
        """Fails unless both runs ended at the same step with the same bits."""
        steps = self.last_step, other.last_step
        expect(steps[0] == steps[1], f"{self.path} and {other.path} ended at steps {steps}")
        own, theirs = self.weights(), other.weights()
        expect(own.keys() == theirs.keys(), f"{sorted(own)} and {sorted(theirs)}")
        differing = [name for name in own if own[name] != theirs[name]]
        expect(not differing, f"{self.path} and {other.path} differ in {differing}")


def shell(command, cwd):
    """Runs a line of bash; fails with what it printed."""
    done = subprocess.run(["bash", "-o", "pipefail", "-ec", command], cwd=cwd, capture_output=True, text=True)
    expect(done.returncode == 0, f"{command} in {cwd} exited with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def unimo(*arguments, cwd, code=0):
    """A command without ranks. Returns what it printed."""
    return Job(*arguments, cwd=cwd).wait(code)


def set_binary(path):
    global BINARY
    BINARY = pathlib.Path(path).resolve()
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"{BINARY} is no program; build it with `swift build -c release` or name another")
