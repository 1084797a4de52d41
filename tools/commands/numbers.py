"""Numbers on the command line and in recipes: whatever they are, they are computed with or refused, never trapped on."""

import subprocess

from commands import running
from commands.fixtures import RECIPE, exported, scenes, trained
from commands.running import check, expect, expect_words, run

VALUES = ("0", "-1", "1", str(2**31), str(2**61), str(2**63 - 1), str(2**64), "1e308", "nan", "-inf", "0.5", "1e-320", "")


def ends(*arguments):
    """Runs unimo, which has to end with an exit code of its own, or to compute for long with the number that it got."""
    try:
        done = subprocess.run(
            [running.BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=running.environment(), timeout=10)
    except subprocess.TimeoutExpired:
        return None
    expect(done.returncode in (0, 2, 3, 4), f"{arguments}: exit {done.returncode}\n{done.stderr.decode()[-500:]}")
    return done.returncode


@check
def no_number_of_an_option_traps(scratch):
    """every numeric option of every command takes 0, -1, 2^31, 2^61, 2^63-1, 2^64, 1e308, nan and their like, or refuses them"""
    model, pairs = ("--corpus", "scenes:3"), scenes() / "pairs"
    commands = {
        ("corpus", "verify", pairs): ("--examples", "--longest-text", "--smallest-side", "--workers"),
        ("corpus", "peek", pairs, 0, "--save", "/dev/null"): ("--pixels=#x1", "--pixels=1x#"),
        ("corpus", "peek", pairs): ("#",),
        ("evaluate", "captions", trained(), *model): ("--beams", "--limit", "--examples", "--threads"),
        ("evaluate", "retrieval", trained(), *model): ("--rerank", "--threads"),
        ("evaluate", "retrieval", trained(), *model, "--rerank", 2): ("--contrastive-weight",),
        ("evaluate", "language", trained(), *model): ("--seed", "--limit"),
        ("evaluate", "retrieval", trained()): ("--corpus=scenes:#", "--corpus=scenes:2:#", "--corpus=scenes:2:1:#"),
        ("bench", "matmul"): ("--threads=0#",), ("bench", "step"): ("--steps=0#", "--threads=0#"),
        ("bench", "loader", "--corpus", pairs): ("--size=0#", "--workers=0#", "--rounds=0#"),
        ("bench", "corpus"): ("--shards=0#", "--samples=0#"),
        ("sampler", "dump", RECIPE): ("--batches=0..<0#", "--batches=#..<#"),
        ("sampler", "dump", RECIPE, "--batches", "0..<1"): ("--world-size",),
        ("corpus", "scenes", "--seed", 1, "--out", "/proc/none"): ("--count",),
        ("corpus", "scenes", "--seed", 1, "--count", 3, "--out", "/proc/none"): ("--side", "--held-out", "--objects", "--workers"),
        ("corpus", "pack", "--kind", "texts", "--from", "nowhere", "--out", scratch / "x"): (
            "--shard-size", "--frame-size", "--max-bytes", "--shorter-side", "--hold-out", "--hold-out=1/#", "--workers",
            "--reencode=jpeg:#"),
        ("corpus", "regions", "scenes:3", "--encoder", "nowhere", "--out", scratch / "x"): (
            "--grid", "--classes", "--seed", "--shard-size"),
        ("corpus", "retrieve", "nowhere", "--texts", "nowhere", "--out", scratch / "x"): ("--count", "--threshold"),
        ("corpus", "rewrite", "nowhere", "--out", scratch / "x"): ("--words", "--phrases", "--sentences", "--seed"),
        ("tokenizer", "train", scratch / "x", "--from", "nowhere"): ("--vocabulary", "--minimum-frequency"),
        ("checkpoint", "import", "--text", exported() / "text", "--out", "/proc/none/x"): (
            "--grounded-layers", "--codes", "--chosen", "--seed"),
        ("checkpoint", "import", "--model", "unimo", "--text", exported() / "text", "--out", "/proc/none/x"): (
            "--max-regions", "--region-width", "--region-classes"),
    }
    for command, options in commands.items():
        for option in options:
            for value in VALUES:
                ends(*command, option.replace("#", value) if "#" in option else f"{option}={value}")


@check
def no_batch_is_too_far(scratch):
    """sampler dump finds the last batch that a run can have, and refuses those behind it"""
    last = 2**40
    out, _ = run("sampler", "dump", RECIPE, "--batches", f"{last - 1}..<{last}")
    expect(out.startswith(f"{last - 1} 0 "), out[:200])
    for end in (last + 1, 2**61, 2**63 - 1):
        _, err = run("sampler", "dump", RECIPE, "--batches", f"{end - 1}..<{end}", code=2)
        expect_words(err, f"--batches takes batches below {last}")
    _, err = run("sampler", "dump", RECIPE, "--batches", f"0..<{2**30}", "--json", code=2)
    expect_words(err, "--json takes at most 1000000 batches")


@check
def no_number_of_a_recipe_traps(scratch):
    """every numeric key of both models' debugging recipes takes such numbers or refuses them"""
    for recipe in (RECIPE, running.ROOT / "recipes/unimo-debug.yaml"):
        run("train", recipe, "--run", scratch / recipe.stem, "--set", "steps=1", "--set", "schedule.warmup_steps=0", "--set",
            "validation.samples=8")
        keys = list(numeric((scratch / recipe.stem / "recipe.resolved.yaml").read_text()))
        expect(len(keys) > 60, f"only {keys}")
        for number, key in enumerate(keys):
            # Every value for some keys, a few for each.
            for value in VALUES[number % 5 :: 5]:
                ends("sampler", "dump", recipe, "--batches", "0..<3", "--set", f"{key}={value}")


def numeric(resolved):
    """Dotted paths of the numbers and of what is not said in a resolved recipe."""
    path, elements = [], {}
    for line in resolved.splitlines():
        body = line.lstrip(" ")
        depth = len(line) - len(body)
        while path and path[-1][0] >= depth:
            path.pop()
        if body.startswith("- "):
            parent = ".".join(name for _, name in path)
            elements[parent] = elements.get(parent, -1) + 1
            path.append((depth, str(elements[parent])))
            body, depth = body[2:], depth + 2
        name, _, value = body.partition(":")
        name, value = name.strip('"'), value.strip()
        if value in ("", "{}"):
            path.append((depth, name))
        elif value == "null" or value[0].isdigit() or value[0] == "-":
            yield ".".join([part for _, part in path] + [name])
