"""What the world can do to a run: each fault has its message and its exit code."""

import contextlib
import json
import os
import resource
import signal
import subprocess

from acceptance.checks import check
from acceptance.corpora import Corpora
from acceptance.jobs import EVERY_OBJECTIVE, PACKED, Run, expect, expect_gone, expect_words, shell, unimo

# Recipes


@check("an unknown key of a recipe is refused with its line, exit code 2")
def unknown_key(scratch):
    text = EVERY_OBJECTIVE.read_text()
    recipe = scratch / "recipe.yaml"
    recipe.write_text(text + "learning: fast\n")
    message = Run(scratch, "run", recipe=recipe).train(code=2)
    expect_words(message, f"recipe.yaml:{len(text.splitlines()) + 1}: learning", "unknown key")
    Run(scratch, "two", recipe=recipe, ranks=2).train(code=2)
    expect(not (scratch / "run").exists(), "a run directory was made")


@check("a value of the wrong type is refused with its line, exit code 2")
def wrong_type(scratch):
    lines = EVERY_OBJECTIVE.read_text().splitlines()
    number = next(number for number, line in enumerate(lines, 1) if line.startswith("steps:"))
    lines[number - 1] = "steps: many"
    recipe = scratch / "recipe.yaml"
    recipe.write_text("\n".join(lines) + "\n")
    expect_words(Run(scratch, "run", recipe=recipe).train(code=2), f"recipe.yaml:{number}: steps", "many")
    expect_words(Run(scratch, "run").train("model.dropout=none", code=2), "--set model.dropout=none", "model.dropout")


# Corpora


def first_shard(corpora, name="pairs"):
    return sorted((corpora.path / name).glob("shard-*.tar.zst"))[0]


@check("a missing shard is named before anything is trained, exit code 3")
def missing_shard(scratch):
    shard = first_shard(Corpora(scratch))
    shard.unlink()
    run = Run(scratch, "run", recipe=PACKED)
    expect_words(run.train(code=3), f"corpora/pairs/{shard.name}", "found no file", "copy or pack it again")
    expect(run.last_row < 0, "something was trained")


@check("a truncated shard is named before anything is trained, exit code 3")
def truncated_shard(scratch):
    shard = first_shard(Corpora(scratch))
    size = shard.stat().st_size
    os.truncate(shard, size - 1000)
    for ranks in (0, 2):
        message = Run(scratch, f"run-{ranks}", recipe=PACKED, ranks=ranks).train(code=3)
        expect_words(message, f"corpora/pairs/{shard.name}", f"expected {size} bytes", f"found {size - 1000} bytes")


@check("a flipped byte in a shard ends the run when it is read, exit code 3, with file, byte and frame")
def flipped_byte(scratch):
    shard = first_shard(Corpora(scratch), "texts")
    place = shard.stat().st_size // 2
    flip(shard, place)
    # A tokenizer trained by the run would read the texts first: one from elsewhere lets a step meet the byte.
    recipe = scratch / "recipe.yaml"
    lines = PACKED.read_text().splitlines()
    recipe.write_text("".join(("tokenizer: {directory: tokenizer}" if line.startswith("tokenizer:") else line) + "\n"
                              for line in lines))
    for ranks in (0, 2):
        run = Run(scratch, f"run-{ranks}", recipe=recipe, ranks=ranks)
        message = run.train(code=3)
        expect_words(message, f"corpora/texts/{shard.name}", "at byte", "SHA-256", "of frame", "changed or damaged")
    expect_words(Run(scratch, "trained", recipe=PACKED).train(code=3), f"corpora/texts/{shard.name}", "of frame")


def flip(path, place):
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 16]))


@check("an unreadable image and an empty caption are replaced, written to the ledger, alike on 1 and 2 ranks")
def bad_samples(scratch):
    corpora = Corpora(scratch)
    broken, silent = corpora.spoil("pairs", image=3, caption=8)
    runs = [Run(scratch, f"run-{ranks}", recipe=PACKED, ranks=ranks) for ranks in (0, 2)]
    ledgers = []
    for run in runs:
        run.train()
        lines = (run.path / "skipped-samples.jsonl").read_text().splitlines()
        ledgers.append(sorted(lines))
        rows = [json.loads(line) for line in lines]
        expect({row["key"] for row in rows} == {broken, silent}, f"the ledger names {[row['key'] for row in rows]}")
        for row in rows:
            word = "image" if row["key"] == broken else "text is empty"
            expect(row["corpus"] == "pairs" and row["shard"] and row["replacement"], f"{row}")
            expect(word.split()[0] in row["reason"].lower() or row["key"] == broken, f"{row}")
        keys = {key for line in run.sample_lines for key in line.split()[3:]}
        expect(not keys & {broken, silent}, "a bad sample was computed")
    expect(ledgers[0] == ledgers[1], "the ledgers of 1 and 2 ranks differ")
    keys = [sorted(key for line in run.sample_lines for key in line.split()[3:]) for run in runs]
    expect(keys[0] == keys[1], "1 and 2 ranks took different samples")
    return f"{len(ledgers[0])} rows"


@check("after a crash the ledger, the validation losses and the samples are those of an undisturbed run")
def bad_samples_and_crash(scratch):
    Corpora(scratch).spoil("pairs", image=3, caption=8)
    for ranks in (0, 2):
        whole, crashed = (Run(scratch, f"{name}-{ranks}", recipe=PACKED, ranks=ranks) for name in ("whole", "crashed"))
        whole.train()
        # Dies when the second checkpoint is written but has no name yet: eight steps are trained and logged again.
        crashed.start(environment={"UNIMO_FAULT": "checkpoint.rename:2"}).wait(code=None)
        expect((crashed.last_step, crashed.last_row) == (8, 15), f"died after step {crashed.last_row}")
        crashed.train()
        for name in ("skipped-samples.jsonl", "validation.jsonl"):
            logs = [sorted((run.path / name).read_text().splitlines()) for run in (whole, crashed)]
            expect(logs[0] == logs[1] and logs[0], f"{name}: {len(logs[0])} rows undisturbed, {len(logs[1])} resumed")
        expect(whole.sample_lines == crashed.sample_lines, "the samples computed differ")
        crashed.expect_same_weights(whole)


@check("more bad samples than the budget end the run, exit code 3")
def too_many_bad_samples(scratch):
    broken, silent = Corpora(scratch).spoil("pairs", image=3, caption=8)
    for ranks in (0, 2):
        message = Run(scratch, f"run-{ranks}", recipe=PACKED, ranks=ranks).train("loader.bad_samples=0", code=3)
        expect_words(message, "corpus pairs", "at most 0 unusable samples", "repair or repack")
        expect(broken in message or silent in message, f"the sample is not named:\n{message}")


@check("packing refuses an unreadable image and an empty caption by name, exit code 3")
def pack_refuses(scratch):
    (scratch / "source").mkdir()
    (scratch / "source/picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    (scratch / "source/picture.txt").write_text("a picture\n")
    (scratch / "source/silent.png").write_bytes(Corpora(scratch).member("pairs", 0, "png"))
    (scratch / "source/silent.txt").write_text("  \n")
    message = unimo("corpus", "pack", "--kind", "pairs", "--from", "source", "--out", "packed", cwd=scratch, code=3)
    expect_words(message, "picture.png", "silent.png", "the text is empty")
    expect(not (scratch / "packed").exists(), "a corpus appeared")


# Disks, locks, launchers


@contextlib.contextmanager
def small_disk(path, options):
    """A file system in memory at `path`; without the right to mount one, an error says so."""
    path.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], capture_output=True, text=True)
    if done.returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", str(path)], check=True)


def limit_files(size):
    """Files of this process may grow to `size` bytes: what a disk quota does, for those who may not mount."""

    def prepare():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return prepare


def expect_saved_before(run):
    """Fails unless the last good checkpoint is whole, alone and goes on training."""
    expect(run.checkpoints, "no checkpoint is left")
    left = [path.name for path in (run.path / "checkpoints").iterdir()]
    expect(not [name for name in left if not name.removeprefix("step-").isdigit()], f"{left} is left")
    shell("sha256sum --quiet -c manifest.sha256", run.checkpoints[-1])


SAVING = ("steps=400", "checkpoints.every=10", "log.samples=false")


@check("a full disk ends saving with exit code 4 and what is missing; the last good checkpoint stays")
def full_disk(scratch):
    figures = []
    with small_disk(scratch / "disk", "size=8m") as is_mounted:
        if is_mounted:
            for ranks in (0, 2):
                run = Run(scratch / "disk", f"run-{ranks}", sets=SAVING, ranks=ranks)
                message = run.train(code=4, cwd=scratch)
                expect_words(message, "no space for a checkpoint", "bytes needed", "available", "free some space")
                expect_saved_before(run)
                step = run.last_step
                for path in run.checkpoints[:-1]:
                    shell(f"rm -r {path}", scratch)
                expect_words(run.train(f"steps={step + 10}", cwd=scratch), f"resuming after step {step}")
                figures.append(f"full after step {step}")
                shell(f"rm -r {run.path}", scratch)
    with small_disk(scratch / "names", "size=64m,nr_inodes=60") as is_mounted:
        if is_mounted:
            run = Run(scratch / "names", "run", sets=SAVING)
            expect_words(run.train(code=4, cwd=scratch), "no space for a checkpoint", "checkpoints/step-")
            expect_saved_before(run)
            figures.append(f"no room for names after step {run.last_step}")
    run = Run(scratch, "limited", sets=SAVING)
    run.train("steps=10")
    message = run.train(code=4, prepare=limit_files(200_000))
    expect_words(message, "checkpoints/step-", "File too large")
    expect_saved_before(run)
    expect(run.last_step == 10, f"the last checkpoint is of step {run.last_step}")
    return ", ".join([*figures, "file size limit" + ("" if figures else " (mounting is not permitted here)")])


@check("when saving fails on one rank of two, both leave with exit code 4 and the last good checkpoint stays")
def saving_fails_on_one_rank(scratch):
    for victim in (0, 1):
        run = Run(scratch, f"run-{victim}", sets=SAVING, ranks=2)
        fault = f'[ "$OMPI_COMM_WORLD_RANK" != {victim} ] || export UNIMO_FAULT=checkpoint.fsync:2:fail; exec "$0" "$@"'
        message = run.train(code=4, prefix=("bash", "-c", fault))
        expect_words(message, "injected fault at checkpoint.fsync")
        left = list((run.path / "checkpoints").iterdir())
        expect(left == run.checkpoints, f"{left} is left")
        step = run.last_step
        expect_words(run.train(f"steps={(step or 0) + 10}"), f"after step {step}" if step else "starting at step 0")


@check("a second run on a locked directory is refused and names the holder, exit code 2")
def locked_directory(scratch):
    run = Run(scratch, "run", sets=["steps=100000"])
    job = run.start()
    job.wait_for("a step", lambda: run.last_row >= 0)
    try:
        expect_words(run.train(code=2), "in use by", f"pid {job.process.pid} on {os.uname().nodename}")
        expect_words(run.train(code=2, ranks=2), "in use by", f"pid {job.process.pid}")
        expect(job.is_running(), "the first run ended")
    finally:
        job.process.send_signal(signal.SIGUSR1)
    job.wait(code=75)


@check("N processes that the launcher calls N ranks and that do not find each other are refused, exit code 5")
def singletons(scratch):
    run = Run(scratch, "run")
    # As mpirun of Open MPI, mpiexec of MPICH and Intel MPI, and srun say it.
    for environment in (
        {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1"},
        {"PMI_SIZE": "2", "PMI_RANK": "0"},
        {"SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2"},
    ):
        message = run.train(code=5, environment=environment)
        expect_words(message, "the launcher started 2 ranks and MPI sees 1", "train separately")
    expect(run.last_row < 0 and not run.checkpoints, "something was trained")


# Checkpoints


def saved_run(scratch):
    run = Run(scratch, "run", sets=["steps=20", "schedule.total_steps=40", "checkpoints.every=10"])
    run.train()
    expect(run.last_step == 20 and len(run.checkpoints) == 2, f"{run.checkpoints}")
    return run


def model_file(checkpoint):
    return sorted(checkpoint.glob("model-*.safetensors"))[0]


@check("a damaged checkpoint is named and set aside, and the older one is used, to the same bits")
def damaged_checkpoint(scratch):
    run = saved_run(scratch)
    wanted = run.weights()
    file = model_file(run.checkpoints[-1])
    flip(file, file.stat().st_size - 100)
    message = run.train()
    expect_words(message, f"step-00000020/{file.name}", "SHA-256", "set aside as", "resuming after step 10")
    expect((run.path / "checkpoints/step-00000020.damaged").is_dir(), "the damaged checkpoint is not set aside")
    expect(run.weights() == wanted, "going on from the older checkpoint ends in other bits")
    optimizer = sorted(run.checkpoints[-1].glob("optimizer-*.safetensors"))[0]
    os.truncate(optimizer, 1000)
    expect_words(run.train(ranks=2), f"step-00000020/{optimizer.name}", "resuming after step 10")


@check("when no checkpoint is whole the run ends with exit code 4, and never starts at step 0")
def no_whole_checkpoint(scratch):
    run = saved_run(scratch)
    for checkpoint in run.checkpoints:
        flip(model_file(checkpoint), 5000)
    rows = run.rows
    for ranks in (0, 0, 2):
        message = run.train(code=4, ranks=ranks)
        expect_words(message, "none is whole", "nothing was trained")
        expect("starting at step 0" not in message and run.rows == rows, "something was trained")


@check("resuming with a changed model is refused with what changed, exit code 2")
def changed_model(scratch):
    run = saved_run(scratch)
    message = run.train("model.dropout=0.2", "model.text.layers=3", code=2)
    expect_words(message, "does not continue", "model.dropout", "model.text.layers")
    expect_words(run.train("model.dropout=0.2", code=2, ranks=2), "model.dropout")
    message = run.train("steps=21", "optimizer.learning_rate=2e-3")
    expect_words(message, "resuming after step 20", "changed:", "optimizer.learning_rate")


@check("resuming on changed data is refused and names the corpus, exit code 2; accepted when the recipe says so")
def changed_data(scratch):
    corpora = Corpora(scratch)
    run = Run(scratch, "run", recipe=PACKED, sets=["steps=3", "schedule.total_steps=24"])
    run.train()
    corpora.replace("texts", seed=99)
    expect_words(run.train("steps=6", code=2), "the data changed", "texts has", "fingerprint", "accept_changed")
    message = run.train("steps=6", "data.accept_changed=true")
    expect_words(message, "resuming after step 3", "changed data", "texts has")


@check("a run goes on with corpora that have moved, to the same bits")
def moved_corpora(scratch):
    Corpora(scratch)
    sets = ["schedule.total_steps=24", "checkpoints.every=3"]
    still = Run(scratch, "still", recipe=PACKED, sets=["steps=6", *sets])
    still.train()
    run = Run(scratch, "moved", recipe=PACKED, sets=["steps=3", *sets])
    run.train()
    (scratch / "corpora").rename(scratch / "elsewhere")
    names = ("pairs", "texts", "images", "held-out")
    message = run.train("steps=6", *(f"corpora.{name}.directory=elsewhere/{name}" for name in names))
    expect_words(message, "resuming after step 3", "corpora.texts.directory: corpora/texts → elsewhere/texts")
    run.expect_same_weights(still)


# Ranks


def two_ranks(scratch, *sets):
    run = Run(scratch, "run", sets=["steps=1000000", *sets], ranks=2)
    job = run.start()
    job.wait_for("step 5", lambda: run.last_row >= 5)
    return job


@check("a rank that is killed ends the whole job with an error")
def dead_rank(scratch):
    job = two_ranks(scratch, "ranks.deadline=10s")
    survivor, victim = job.rank_processes()
    os.kill(victim, signal.SIGKILL)
    job.wait(code=None)
    expect_gone([survivor])


for reduction in ("ring", "window"):

    @check(f"a rank that is stopped ends the job with exit code 5, naming operation and step ({reduction})")
    def stopped_rank(scratch, reduction=reduction):
        job = two_ranks(scratch, "ranks.deadline=5s", f"ranks.reduction={reduction}")
        survivor, victim = job.rank_processes()
        os.kill(victim, signal.SIGSTOP)
        message = job.wait(code=5)
        expect_words(message, "rank 0, step", "waited 5 s for", "rank 1", "dead, stuck or slower than the deadline")
        expect_gone([survivor, victim])
        line = next(line for line in message.splitlines() if "waited 5 s for" in line)
        return line.removeprefix("unimo: ").split(";")[0]
