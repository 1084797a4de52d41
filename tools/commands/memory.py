"""Memory: what is announced is held against what there is, and no size of a batch or a model ends in a trap."""

import pathlib
import re
import subprocess

from commands import running
from commands.running import check, expect, expect_words, folder, measured, run

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
UNIMO2 = ROOT / "recipes/unimo2-debug.yaml"
UNIMO = ROOT / "recipes/unimo-debug.yaml"

UNITS = {"bytes": 1e-6, "kB": 1e-3, "MB": 1, "GB": 1e3, "TB": 1e6}


def announced(err):
    """Megabytes that a run says it needs at most."""
    amount, unit = re.search(r"memory of a rank: at most ([\d.]+) (\w+)", err).groups()
    return float(amount) * UNITS[unit]


def train(recipe, scratch, *settings, **options):
    arguments = [word for setting in settings for word in ("--set", setting)]
    return run("train", recipe, "--run", scratch / "run", *arguments, **options)


@check
def more_memory_than_there_is_is_refused(scratch):
    """a run that needs more memory than the machine has is refused before it takes any, with what to change"""
    for recipe, settings, words in (
        (UNIMO2, ["mixture.0.batch_size=200000"],
         ["mixture.0", "its batch of 200000 is larger than the corpus, which has 4000 samples", "lower its batch size"]),
        (UNIMO2, ["mixture.4.batch_size=200000"], ["mixture.4", "--set mixture.4.chunk="]),
        (UNIMO2, ["model.width=65536"], ["parameters take", "use a smaller model"]),
        (UNIMO, ["model.transformer.feed_forward=1000000", "model.width=8192"], ["parameters take"]),
        (UNIMO2, ["validation.samples=1000000", "corpora.held-out-pairs.scenes.count=100000000",
                  "model.image_size=512", "validation.every=1"], ["validation"]),
    ):
        err, peak = measured(
            "train", recipe, "--run", scratch / "run", "--set", "steps=1",
            *[word for setting in settings for word in ("--set", setting)], code=2)
        expect_words(err, "unimo: memory:", *words)
        expect(len(err.strip().splitlines()) == 1, f"one sentence, not\n{err}")
        expect(peak < 1000, f"{peak:.0f} MB were taken before it was refused ({settings})")


@check
def advice_is_sound(scratch):
    """the chunk that a refusal advises is one with which the run starts"""
    large = ["steps=1", "mixture.4.batch_size=200000"]
    _, err = train(UNIMO2, scratch, *large, code=2)
    chunk = re.search(r"--set (mixture\.4\.chunk=\d+)", err)[1]
    # The announcement alone is wanted: the step itself would take long.
    process = subprocess.Popen(
        [running.BINARY, "train", UNIMO2, "--run", scratch / "run",
         *[word for setting in [*large, chunk] for word in ("--set", setting)]],
        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=running.environment())
    lines = []
    for line in process.stderr:
        lines.append(line.decode(errors="replace"))
        if "starting at step 0" in lines[-1]:
            break
    process.kill()
    process.communicate()
    expect_words("".join(lines), "memory of a rank: at most", "starting at step 0")


@check
def a_batch_larger_than_its_corpus_is_named(scratch):
    """a batch that is larger than its corpus is named when the run starts"""
    _, err = train(UNIMO2, scratch, "steps=1", "corpora.scene-pairs.scenes.count=10")
    expect_words(err, "is larger than corpus scene-pairs, which has 10 samples")


@check
def validation_is_part_of_what_is_announced(scratch):
    """validation of thousands of samples at once stays below what the run announces"""
    err, peak = measured(
        "train", UNIMO2, "--run", scratch / "run", *[word for setting in (
            "steps=1", "validation.every=1", "validation.samples=1500", "validation.batch_size=1000000",
            "corpora.held-out-pairs.scenes.count=2000") for word in ("--set", setting)])
    expect(peak < announced(err), f"{peak:.0f} MB, {announced(err):.0f} MB were announced")


@check
def address_space_is_refused_with_a_remedy(scratch):
    """an address space that can't be reserved is a sentence with a remedy and exit code 2"""
    arguments = f"train {UNIMO2} --run {scratch}/run --set steps=1 --set mixture.4.batch_size=4000"
    done = subprocess.run(
        ["bash", "-c", f"ulimit -v 2500000; exec {running.BINARY} {arguments}"], capture_output=True,
        env=running.environment(), timeout=120)
    err = done.stderr.decode(errors="replace")
    expect(done.returncode == 2, f"exit {done.returncode}\n{err}")
    expect_words(err, "memory: expected", "bytes of address space", "ulimit -v unlimited")


@check
def a_pool_is_no_batch(scratch):
    """batches by tokens need the memory of a batch, not of the pool that they are cut from"""
    text = UNIMO2.read_text().replace("weight: 2, batch_size: 32", "weight: 2, batch_tokens: 1000, pool: 10000000")
    recipe = folder(scratch, "in", {"run.yaml": text}) / "run.yaml"
    _, err = train(recipe, scratch, "steps=1")
    expect(announced(err) < 400, err)
