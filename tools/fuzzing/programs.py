"""Commands of the binary: started alone or under mpirun, watched for time and memory, and how they ended."""

import contextlib
import dataclasses
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import time

from acceptance import jobs

WATCHED = pathlib.Path(__file__).with_name("watched.py")
TRAPS = re.compile(r"Fatal error|Illegal instruction|Precondition failed|Segmentation fault|💣|Bus error|Aborted")
FATAL = (signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV)
TRAP_CODES = {128 + number for number in FATAL}
MEMORY = re.compile(r"memory of a rank: at most ([\d.]+) ([kMGT]?)B")
UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
# A process that has more resident is ended: the machine is shared.
GUARD = 3 << 30
# Seconds after which a run that said what it needs has decided whether that is too much.
TIME_TO_REFUSE = 5
# Seconds between two looks at a program, and at its memory.
LOOK, LOOK_AT_MEMORY = 0.003, 0.1


@dataclasses.dataclass
class Outcome:
    """How a command ended."""

    command: list
    # Exit code, negative for a signal; None when it was ended here, for `reason`.
    code: int | None
    reason: str
    text: str
    # Most resident bytes of each process that said so.
    peaks: list
    seconds: float

    @property
    def trapped(self):
        killed = self.code is not None and (self.code < 0 or self.code in TRAP_CODES)
        return killed or self.reason == "" and TRAPS.search(self.text) is not None

    @property
    def complaints(self):
        """Messages about what went wrong."""
        return [line for line in self.text.splitlines() if line.startswith("unimo: ")]

    @property
    def announced(self):
        """Bytes that a run said a rank takes at most, what rounding took off included; None when it said nothing."""
        return announced(self.text)

    def __str__(self):
        ended = self.reason or f"ended with {self.code}"
        return f"{shlex.join(map(str, self.command))}\n{ended} after {self.seconds:.1f} s:\n{tail(self.text)}"


def announced(text):
    found = MEMORY.search(text)
    if not found:
        return None
    number, unit = found[1], UNITS[found[2]]
    return (float(number) + (0.05 if "." in number else 0.5)) * unit


def tail(text, lines=12):
    return "\n".join(f"    {line[:600]}" for line in text.rstrip().splitlines()[-lines:])


def run(arguments, ranks, work, log, limit, memory, ready_to_stop=None):
    """Runs a command of the binary in `work`: by itself on one rank, under mpirun on more. Its output goes to `log`.

    `limit` is in seconds, `memory` what the machine has, `ready_to_stop` says when to ask for a stop, with SIGUSR1."""
    peaks = log.with_suffix("")
    peaks.mkdir()
    command = [str(jobs.BINARY), *map(str, arguments)]
    launch = command
    if ranks > 1:
        watch = [sys.executable, "-I", "-S", str(WATCHED), str(peaks)]
        launch = ["mpirun", "--oversubscribe", "-np", str(ranks), *watch, *command]
    start = time.monotonic()
    with open(log, "wb") as output:
        process = subprocess.Popen(
            launch, cwd=work, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env=jobs.clean_environment(SWIFT_BACKTRACE="enable=no"))
    shown = ["mpirun", "--oversubscribe", "-np", str(ranks), *command] if ranks > 1 else command

    def asks_too_much():
        return ranks * (announced(log.read_text(errors="replace")) or 0) > memory

    code, reason, own = watch_over(process, start, limit, asks_too_much, ready_to_stop)
    seconds = time.monotonic() - start
    with contextlib.suppress(FileNotFoundError):
        rows = [line.split() for line in (peaks / "peaks").read_text().splitlines()]
        own = [int(row[2]) * 1024 for row in rows]
        if killed := [int(row[1]) for row in rows if -int(row[1]) in FATAL]:
            code = killed[0]
    return Outcome(shown, code, reason, log.read_text(errors="replace"), own, seconds)


def watch_over(process, start, limit, asks_too_much, ready_to_stop):
    """Waits for the end, and makes one where time or memory is up. Returns code, reason and its own peak."""
    reason, looked, asked = "", start, False
    while True:
        number, status, usage = os.wait4(process.pid, os.WNOHANG)
        if number:
            process.returncode = os.waitstatus_to_exitcode(status)
            return (None if reason else process.returncode), reason, [usage.ru_maxrss * 1024]
        now = time.monotonic()
        if ready_to_stop and not asked and ready_to_stop():
            asked = True
            process.send_signal(signal.SIGUSR1)
        if not reason and now - start > limit:
            reason = f"took more than {limit} s"
            end(process.pid)
        if not reason and now - looked > LOOK_AT_MEMORY:
            looked = now
            most = max(map(resident, [process.pid, *jobs.children(process.pid)]))
            if most > GUARD:
                reason = f"had {most / 1e9:.1f} GB resident"
            elif now - start > TIME_TO_REFUSE and asks_too_much():
                reason = f"ran for {TIME_TO_REFUSE} s on a machine that has less memory than it needs"
            if reason:
                end(process.pid)
        time.sleep(LOOK)


def resident(process):
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    return 0


def end(process):
    """Kills a process that was started here, and all below it."""
    with contextlib.suppress(OSError):
        below = jobs.children(process)
        for one in [process, *below]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
