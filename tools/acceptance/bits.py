"""The same launch gives the same bits: twice, on more threads, killed, stopped, crashed while saving."""

import os
import shutil
import signal

from acceptance.checks import check, once
from acceptance.jobs import Job, Run, expect, expect_words
from acceptance.ranks import expect_planned

STEPS = 90
EVERY = 30
SETS = (f"steps={STEPS}", f"schedule.total_steps={STEPS}", f"checkpoints.every={EVERY}", "ranks.threads=1")
# Alone, and two ranks under mpirun.
LAUNCHES = (0, 2)
# Where a process dies while it saves, and how often it has come by there before: files of the first and the second
# checkpoint, the flush, the rename, what follows it, and the removal of an old one.
CRASHES = (
    "checkpoint.write:3", "checkpoint.write:40", "checkpoint.fsync:1", "checkpoint.fsync:8", "checkpoint.rename:1",
    "checkpoint.rename:2", "checkpoint.renamed:1", "checkpoint.renamed:2", "checkpoint.prune:1", "checkpoint.prune:2",
)


def described(ranks):
    return f"{ranks} ranks" if ranks else "one rank without a launcher"


@once
def undisturbed(scratch, ranks):
    run = Run(scratch, f"undisturbed-{ranks}", sets=SETS, ranks=ranks)
    run.train()
    expect(run.last_step == STEPS, f"the last checkpoint is of step {run.last_step}")
    return run


def interrupted(scratch, ranks, is_ready, interrupt):
    """A run that was interrupted when it was ready and before it was through. It is short, and others may keep this
    program from watching: a run that gets through is started again."""
    for attempt in range(10):
        run = Run(scratch, f"interrupted-{attempt}", sets=SETS, ranks=ranks)
        job = run.start()
        if job.reaches(lambda: is_ready(run)) and interrupt(job):
            expect(run.last_step is None or run.last_step < STEPS, "an interrupted run was through")
            return run
    raise AssertionError("ten runs got through before they could be interrupted")


def request_stop(job, process=None, number=signal.SIGUSR1):
    """Asks the job, or one process of it, to stop. False when it was through already."""
    os.kill(process or job.process.pid, number)
    code = job.finish()
    if code == 0:
        return False
    expect(code == 75, f"{job} exited with {code}, not 75:\n{job.text}")
    expect_words(job.text, "stopped on request after saving step")
    return True


def expect_undisturbed(scratch, run, ranks):
    """Fails unless a run ended as the undisturbed one did: weights, losses, samples."""
    reference = undisturbed(scratch, ranks)
    run.expect_same_weights(reference)
    losses = [[[batch["loss"] for batch in row["batches"]] for row in each.rows] for each in (run, reference)]
    expect(losses[0] == losses[1], "the losses in metrics.jsonl differ")
    expect(run.sample_lines == reference.sample_lines, "the samples computed differ")


for ranks in LAUNCHES:

    @check(f"the same launch twice ends in the same bits, {described(ranks)}")
    def twice(scratch, ranks=ranks):
        run = Run(scratch, "again", sets=SETS, ranks=ranks)
        run.train()
        expect_undisturbed(scratch, run, ranks)

    @check(f"two threads end in the bits of one, {described(ranks)}")
    def threads(scratch, ranks=ranks):
        run = Run(scratch, "threads", sets=SETS, ranks=ranks)
        run.train("ranks.threads=2")
        expect_undisturbed(scratch, run, ranks)

    @check(f"kill -9 of all ranks after the first checkpoint, and resuming, end in the same bits, {described(ranks)}")
    def killed(scratch, ranks=ranks):
        run = interrupted(scratch, ranks, lambda run: run.last_row > (run.last_step or STEPS), Job.kill)
        step, reached = run.last_step, run.last_row
        expect_words(run.train(), f"resuming after step {step}")
        expect_undisturbed(scratch, run, ranks)
        return f"killed after step {reached}, {expect_planned(scratch, run, max(ranks, 1))}"

    @check(f"SIGUSR1 saves and exits with 75, and resuming ends in the same bits, {described(ranks)}")
    def stopped(scratch, ranks=ranks):
        run = interrupted(scratch, ranks, lambda run: run.last_row >= 5, request_stop)
        step = run.last_step
        expect(step == run.last_row + 1 < STEPS, f"checkpoint of step {step}, last row {run.last_row}")
        expect_words(run.train(), f"resuming after step {step}")
        expect_undisturbed(scratch, run, ranks)
        return f"stopped after step {step}"


@check("SIGTERM to one rank of two stops both, with 75")
def one_rank_stopped(scratch):
    def terminate(job):
        return request_stop(job, job.rank_processes()[1], signal.SIGTERM)

    run = interrupted(scratch, 2, lambda run: run.last_row >= 5, terminate)
    run.train()
    expect_undisturbed(scratch, run, 2)


@check("a crash anywhere in saving leaves a run that resumes to the same bits, one rank")
def crashes(scratch):
    for point in CRASHES:
        crash(scratch, point, 0)
    return ", ".join(CRASHES)


@check("a crash in saving leaves a run that resumes to the same bits, 2 ranks")
def crashes_of_ranks(scratch):
    points = ("checkpoint.write:3", "checkpoint.renamed:1")
    for point in points:
        crash(scratch, point, 2)
    return ", ".join(points)


def crash(scratch, point, ranks):
    """Lets a run die at a fault point and resumes it."""
    run = Run(scratch, point.replace(":", "-"), sets=[*SETS, "checkpoints.keep=1"], ranks=ranks)
    run.start(environment={"UNIMO_FAULT": point}).wait(code=None)
    expect(run.last_step is None or run.last_step < STEPS, f"{point}: the run was over before it crashed")
    run.train()
    # One is kept, and the one that was read back and found whole when the run resumed.
    left = {path.name for path in (run.path / "checkpoints").iterdir()}
    complete = {path.name for path in run.checkpoints}
    expect(left == complete and len(left) <= 2, f"{point}: {sorted(left)} is left")
    expect_undisturbed(scratch, run, ranks)
    shutil.rmtree(run.path)


def expect_reshaped(run, ranks, printed):
    """Fails unless a run that went on with so many ranks computed what the undisturbed one did. Returns figures."""
    expect_words(printed, "launched otherwise than before", f"1 × {ranks or 1} ranks", "not bit for bit")
    reference = undisturbed(run.folder, 2)
    expect(run.samples_of_batches == reference.samples_of_batches, "the samples computed differ")
    last = [each.rows[-1]["batches"] for each in (run, reference)]
    difference = max(abs(a["loss"] - b["loss"]) / b["loss"] for a, b in zip(*last, strict=True))
    expect(difference < 1e-3, f"the last losses differ by {difference}")
    return f"last losses within {difference:.1e}"


@check("a run of 2 ranks that was stopped goes on with 3, says so, and computes the planned samples")
def more_ranks(scratch):
    run = interrupted(scratch, 2, lambda run: run.last_row >= 5, request_stop)
    return expect_reshaped(run, 3, run.train(ranks=3))


@check("a run of 3 ranks that was killed goes on with 1, says so, and computes the planned samples")
def fewer_ranks(scratch):
    run = Run(scratch, "reshaped", sets=SETS, ranks=3)
    run.start(environment={"UNIMO_FAULT": "checkpoint.rename:2"}).wait(code=None)
    expect(run.last_step == EVERY, f"died with a checkpoint of step {run.last_step}")
    return expect_reshaped(run, 0, run.train(ranks=0))
