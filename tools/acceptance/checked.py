"""Bytes and bits on every rank: checkpoints that one rank reads otherwise, replicas that differ, and waiting for a rank at
work."""

import json
import os
import shutil
import signal
import time

from acceptance.checks import check
from acceptance.corpora import Corpora
from acceptance.faults import flip, model_file
from acceptance.jobs import PACKED, ROOT, Job, Run, expect, expect_gone, expect_words

SMALLEST = ROOT / "tools/acceptance/smallest.yaml"
HOST = os.uname().nodename


def on_rank(rank, line):
    """What stands before the binary so that one rank runs a line of shell first."""
    return ("bash", "-c", f'[ "$OMPI_COMM_WORLD_RANK" != {rank} ] || {{ {line}; }}; exec "$0" "$@"')


def faulty(rank, fault):
    return on_rank(rank, f"export UNIMO_FAULT={fault}")


# Checkpoints


def saved_run(scratch, ranks, *sets):
    run = Run(scratch, "run", recipe=SMALLEST, sets=sets, ranks=ranks)
    run.train("steps=20")
    expect([path.name for path in run.checkpoints] == ["step-00000010", "step-00000020"], f"{run.checkpoints}")
    return run


def other_view(scratch, run, change):
    """A folder in which one rank sees the run's newest checkpoint changed by `change`, and everything else as it is."""
    seen = scratch / "other/run/checkpoints"
    seen.mkdir(parents=True)
    shutil.copytree(run.checkpoints[-1], seen / "step-00000020")
    change(seen / "step-00000020")
    (seen / "step-00000010").symlink_to(run.checkpoints[0])
    # Where the ranks write next, together.
    for name in ("step-00000020.tmp", "step-00000030.tmp"):
        (seen / name).symlink_to(run.path / "checkpoints" / name)
    return scratch / "other"


def resume(scratch, run, rank, view, code=0):
    """Goes on, with `rank` in another folder. Returns what was printed."""
    return Job("train", SMALLEST, "--run", "run", "--set", "steps=30", ranks=run.ranks, cwd=scratch,
               prefix=on_rank(rank, f"cd {view}")).wait(code)


def optimizer_file(checkpoint):
    return sorted(checkpoint.glob("optimizer-*.safetensors"))[-1]


for ranks, rank, kind in ((2, 1, "weights"), (3, 2, "moments"), (2, 1, "header"), (2, 1, "state")):

    @check(f"a rank of {ranks} that reads other bytes of {kind} is named, and all go on from the older checkpoint")
    def other_bytes(scratch, ranks=ranks, rank=rank, kind=kind):
        run = saved_run(scratch, ranks)
        undisturbed = scratch / "undisturbed"
        shutil.copytree(run.path, undisturbed)
        shutil.rmtree(undisturbed / "checkpoints/step-00000020")
        reference = Run(scratch, "undisturbed", recipe=SMALLEST, ranks=ranks)
        reference.train("steps=30")
        found = []

        def change(checkpoint):
            file = {"moments": optimizer_file, "state": lambda path: path / "state.json"}.get(kind, model_file)(checkpoint)
            flip(file, 20 if kind == "header" else file.stat().st_size - 5)
            found.append(file.name)

        message = resume(scratch, run, rank, other_view(scratch, run, change))
        expect_words(message, f"rank {rank}: ", f"step-00000020/{found[0]}: expected SHA-256", "set aside as",
                     "resuming after step 10 ")
        expect((run.path / "checkpoints/step-00000020.damaged").is_dir(), "nothing was set aside")
        run.expect_same_weights(reference)


@check("a rank that reads another manifest than rank 0 is named, and all go on from the older checkpoint")
def other_manifest(scratch):
    run = saved_run(scratch, 2)
    stranger = Run(scratch, "stranger", recipe=SMALLEST, sets=["seed=8"], ranks=2)
    stranger.train("steps=20")

    def change(checkpoint):
        shutil.rmtree(checkpoint)
        shutil.copytree(stranger.checkpoints[-1], checkpoint)

    message = resume(scratch, run, 1, other_view(scratch, run, change))
    expect_words(message, "rank 1: ", "step-00000020/manifest.sha256: expected SHA-256", "as rank 0 reads it",
                 "different directories", "set aside as", "resuming after step 10 ")


@check("a rank that does not see the checkpoint at all ends the job with exit code 4, and nothing is set aside")
def unseen(scratch):
    run = saved_run(scratch, 2)
    (scratch / "empty").mkdir()
    message = resume(scratch, run, 1, scratch / "empty", code=4)
    expect_words(message, "step-00000020: expected the checkpoint that rank 0 sees", "every node")
    expect(len(run.checkpoints) == 2, f"{run.checkpoints} are left")


@check("a checkpoint that the user named is refused with exit code 4 where one rank reads other bytes, and left alone")
def named(scratch):
    run = saved_run(scratch, 2)
    view = other_view(scratch, run, lambda path: flip(model_file(path), 5000))
    message = Job("train", SMALLEST, "--run", "run", "--resume", "run/checkpoints/step-00000020",
                  "--set", "steps=30", ranks=2, cwd=scratch,
                  prefix=on_rank(1, f"cd {view}")).wait(4)
    expect_words(message, "rank 1: ", "expected SHA-256")
    expect(len(run.checkpoints) == 2, f"{run.checkpoints} are left")


# Replicas


def flipped(scratch, ranks, rank, arena, *sets, code):
    run = Run(scratch, f"{arena}-{ranks}-{rank}", recipe=SMALLEST, sets=["checkpoints.every=1000", *sets], ranks=ranks)
    job = run.start(prefix=faulty(rank, f"replica.{arena}:7"))
    message = job.wait(code)
    return run, message


for ranks, rank in ((2, 1), (3, 1), (3, 0)):

    @check(f"one flipped bit of a weight or a moment on rank {rank} of {ranks} ends the job, named, with exit code 6")
    def replica(scratch, ranks=ranks, rank=rank):
        for arena in ("weights", "exp_avg", "exp_avg_sq"):
            run, message = flipped(scratch, ranks, rank, arena, "checks.replicas=5", code=6)
            # By then a moment that differs has changed its weight too.
            expect_words(message, "after step 10 the replicas differ", f" {arena} of ")
            if ranks == 2:
                expect_words(message, f"rank 0 on {HOST} and rank 1 on {HOST} differ in", "no majority")
            else:
                expect_words(message, f"rank {rank} on {HOST} has other bits than most in ")
            expect(message.count("the replicas differ") == 1, "it is said more than once")
            expect(run.last_row == 9 and not run.checkpoints, f"step {run.last_row}, {run.checkpoints}")


@check("a replica that differs is never saved, and without the comparison nobody notices")
def replica_saved(scratch):
    run, message = flipped(scratch, 2, 1, "exp_avg", "checkpoints.every=9", code=6)
    expect_words(message, "after step 9 the replicas differ")
    expect(not run.checkpoints, "it was saved")
    run, message = flipped(scratch, 2, 0, "exp_avg", "checks.replicas=0", code=0)
    expect("replicas" not in message and run.last_step == 20, "something was compared")


# Ranks at work

WORK = {
    "checkpoint.fsync:1": "writing a checkpoint", "checkpoint.read:1": "restoring the checkpoint",
    "tokenizer.train:1": "preparing the tokenizer", "stage.write:1": "staging",
}


def working(scratch, fault, action, rank, code):
    """A run of 2 ranks of which one sleeps or stops inside known work. Returns what was printed, and the ranks."""
    sets = ["ranks.deadline=3s", "steps=4"]
    recipe = SMALLEST
    if fault.startswith("stage"):
        Corpora(scratch)
        recipe, sets = PACKED, [*sets, f"loader.stage={scratch}/staged"]
    run = Run(scratch, f"run-{action.split('=')[0]}", recipe=recipe, sets=sets, ranks=2)
    if fault.startswith("checkpoint.read"):
        run.train()
        run.sets[1] = "steps=6"
    job = run.start(prefix=faulty(rank, f"{fault}:{action}"))
    if code == 0:
        return job.wait(), []
    processes = []

    def is_stopped():
        if len(processes) < 2:
            try:
                processes[:] = job.rank_processes()
            except AssertionError:
                return False
        return "T" in open(f"/proc/{processes[rank]}/stat").read().rsplit(")", 1)[1].split()[0]

    job.wait_for("a rank stops", is_stopped)
    start = time.monotonic()
    message = job.wait(code)
    expect(time.monotonic() - start < 60, "the job went on for long")
    return message, processes


for fault, work in WORK.items():
    rank = 0 if fault.startswith("stage") else 1

    @check(f"a rank at work for longer than the deadline, {work}, is waited for and named")
    def slow(scratch, fault=fault, work=work, rank=rank):
        message, _ = working(scratch, fault, "sleep=9", rank, code=0)
        expect_words(message, f"for rank {rank}, still at work: {work}")

    @check(f"a rank that is stopped at work, {work}, ends the job with exit code 5, named with the work")
    def stopped(scratch, fault=fault, work=work, rank=rank):
        # The launcher passes on rank 0's exit code; where that rank is the stopped one, another's.
        message, processes = working(scratch, fault, "stop", rank, code=5)
        line = next((line for line in message.splitlines() if "waited 3 s for a message from" in line), "")
        expect_words(line, f"rank {1 - rank}, ", work, f"waited 3 s for a message from rank {rank}; that rank is dead")
        expect_gone(processes)


# Saving and budgets


@check("an old checkpoint that can't be removed is a warning, and removed after the next save")
def prune_fails(scratch):
    for visit in (1, 2):
        for ranks in (0, 2):
            run = Run(scratch, f"run-{visit}-{ranks}", recipe=SMALLEST, ranks=ranks,
                      sets=["steps=9", "checkpoints.every=3", "checkpoints.keep=1"])
            message = run.train(environment={"UNIMO_FAULT": f"checkpoint.prune:{visit}:fail"})
            expect_words(message, "warning: old checkpoints are still there", "checkpoint.prune")
            left = [path.name for path in (run.path / "checkpoints").iterdir()]
            expect(left == ["step-00000009"], f"{left} is left")


@check("updates left out before a resume count against skipped_steps")
def skipped_steps(scratch):
    for ranks in (0, 2):
        run = Run(scratch, f"run-{ranks}", recipe=SMALLEST, ranks=ranks,
                  sets=["optimizer.learning_rate=1e30", "skipped_steps=5"])
        run.train("steps=4")
        before = sum(row["skipped"] for row in run.rows)
        expect(before >= 2, f"{before} updates were left out")
        spent = json.loads((run.checkpoints[-1] / "state.json").read_text())["state"]["spent"]
        expect(spent["skippedSteps"] == before, f"{spent}, {before} were left out")
        message = run.train("steps=40", code=6)
        expect_words(message, "non-finite numbers in more than 5 updates")
        left_out = sum(row["skipped"] for row in run.rows)
        expect(left_out == 5, f"{left_out} updates were left out before the run stopped")


@check("unusable samples met before a resume are in the checkpoint, and count against bad_samples")
def bad_samples(scratch):
    broken, silent = Corpora(scratch).spoil("pairs", image=3, caption=8)
    for ranks in (0, 2):
        run = Run(scratch, f"run-{ranks}", recipe=PACKED, ranks=ranks)
        run.train()
        rows = [json.loads(line) for line in (run.path / "skipped-samples.jsonl").read_text().splitlines()]
        spent = json.loads((run.checkpoints[-1] / "state.json").read_text())["state"]["spent"]["badSamples"]["pairs"]
        expect(spent["keys"] == sorted({row["key"] for row in rows}), f"{spent}")
        expect(1 <= spent["count"] <= 2, f"{spent}")
        steps = run.last_step
        # Samples that are known are not counted again, by whichever rank.
        run.train(f"steps={steps + 8}", f"schedule.total_steps={steps}", f"loader.bad_samples={spent['count']}")


# Stopping


@check("Ctrl-C of a run without a launcher is answered at once, saves and exits with 75")
def interrupted_alone(scratch):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        run = Run(scratch, f"run-{number}", recipe=SMALLEST, sets=["steps=1000000"])
        job = run.start()
        job.wait_for("a step", lambda: run.last_row >= 0)
        os.kill(job.process.pid, number)
        message = job.wait(75)
        expect_words(message, "asked to stop: this step is finished and saved", "stopped on request after saving step")
        expect("kill -USR1" not in message, "a launcher is spoken of")
        expect(run.last_step == run.last_row + 1, f"saved step {run.last_step} of {run.last_row + 1}")


@check("Ctrl-C and SIGTERM under mpirun are answered with how to stop, and that way saves and exits with 75")
def interrupted_ranks(scratch):
    for number in (signal.SIGINT, signal.SIGTERM):
        run = Run(scratch, f"run-{number}", recipe=SMALLEST, sets=["steps=1000000"], ranks=2)
        job = run.start()
        job.wait_for("a step", lambda: run.last_row >= 0)
        os.kill(job.process.pid, number)
        message = job.wait(None)
        expect_words(message, "the launcher ends this job", f"kill -USR1 {job.process.pid}")
        expect(message.count("kill -USR1") == 1, "it is said more than once")
    run = Run(scratch, "right", recipe=SMALLEST, sets=["steps=1000000"], ranks=2)
    job = run.start()
    job.wait_for("a step", lambda: run.last_row >= 0)
    os.kill(job.process.pid, signal.SIGUSR1)
    message = job.wait(75)
    expect_words(message, "asked to stop: this step is finished and saved", "stopped on request after saving step")
