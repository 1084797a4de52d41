"""A run that has warmed up needs nothing more."""

import re
import signal

from acceptance.checks import check
from acceptance.jobs import ROOT, Run, expect

WARM = 100
LATER = 600
GROWTH = 2048


def resident(process):
    """Resident memory in KiB."""
    with open(f"/proc/{process}/status") as file:
        return int(re.search(r"VmRSS:\s*(\d+) kB", file.read())[1])


for ranks in (0, 2):

    @check(f"from step {WARM} to {LATER} a process grows by less than 2 MiB ({ranks or 1} rank{'s' * (ranks > 1)})")
    def memory(scratch, ranks=ranks):
        run = Run(scratch, "run", sets=["steps=1000000", "checkpoints.every=1000000"], ranks=ranks)
        job = run.start()
        job.wait_for(f"step {WARM}", lambda: run.last_row >= WARM)
        processes = job.rank_processes()
        before = [resident(process) for process in processes]
        job.wait_for(f"step {LATER}", lambda: run.last_row >= LATER)
        growth = [resident(process) - old for process, old in zip(processes, before)]
        job.process.send_signal(signal.SIGUSR1)
        job.wait(code=75)
        expect(max(growth) < GROWTH, f"{growth} KiB more than {before} KiB")
        return f"{', '.join(map(str, growth))} KiB more than {', '.join(map(str, before))} KiB"


@check("a unit test holds the idle communication thread to 2 % of a core")
def idle_thread(_):
    tests = [path.read_text() for path in (ROOT / "Tests/CollectivesTests").rglob("*.swift")]
    expect(any(re.search(r"@Test\(\s*\"[^\"]*idle[^\"]*\"", text) for text in tests), "no such test")
