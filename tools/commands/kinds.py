"""One thing named where another is meant: said as such, with the exit code of what was asked for."""

from commands.fixtures import RECIPE, checkpoint, exported, scenes, trained
from commands.running import check, expect, expect_words, run


@check
def other_kinds_are_named(scratch):
    """a checkpoint where a corpus is meant, and every such confusion, is named, with exit code 3 for data and 4 for checkpoints and runs"""
    corpus, run_folder = scenes() / "pairs", trained()
    (scratch / "a.txt").write_text("the cat sat on the mat\n" * 9)
    run("tokenizer", "train", scratch / "tokenizer", "--from", scratch / "a.txt", "--vocabulary", 270)
    empty = scratch / "empty"
    empty.mkdir()
    found = {
        corpus: "a corpus", checkpoint(): "a checkpoint", run_folder: "a run's directory",
        run_folder / "checkpoints": "a run's folder of checkpoints", scratch / "tokenizer": "a tokenizer",
        exported() / "vision": "a model of transformers", empty: "an empty directory", scratch / "a.txt": "a file",
        scratch / "nowhere": "nothing",
    }
    checkpoints = (checkpoint(), run_folder, run_folder / "checkpoints")
    for path, noun in found.items():
        if path not in checkpoints:
            for command in (("checkpoint", "verify", path), ("checkpoint", "inspect", path),
                            ("checkpoint", "export", path, "--out", scratch / "x"),
                            ("evaluate", "retrieval", path, "--corpus", corpus),
                            ("embed", path, "--corpus", corpus, "--out", scratch / "x"),
                            ("corpus", "regions", corpus, "--encoder", path, "--out", scratch / "x")):
                _, err = run(*command, code=4)
                expect_words(err, str(path), f"a checkpoint, or a run's directory, found {noun}")
        if path != corpus:
            words = {"nothing": "no such directory", "a file": "it is a file", "an empty directory": "it lacks index.json"}
            for command in (("corpus", "inspect", path), ("corpus", "verify", path), ("corpus", "peek", path, 0),
                            ("evaluate", "retrieval", checkpoint(), "--corpus", path)):
                _, err = run(*command, code=3)
                expect_words(err, f"{path} is no corpus", words.get(noun, f"it is {noun}"))
        if noun not in ("a tokenizer", "a checkpoint"):
            for command in (("tokenizer", "encode", path), ("corpus", "inspect", corpus, "--tokenizer", path)):
                _, err = run(*command, code=3)
                expect_words(err, str(path), "expected a tokenizer", f"found {noun}")
        if noun not in ("a run's directory", "an empty directory", "nothing"):
            _, err = run("train", RECIPE, "--run", path, code=4)
            expect_words(err, str(path), "Not a directory" if noun == "a file" else f"found {noun}")
        _, err = run("checkpoint", "import", "--text", path, "--out", scratch / "x", code=4)
        expect_words(err, str(path))
    for path in (checkpoint(), run_folder, scratch / "tokenizer", exported() / "text"):
        _, err = run("corpus", "pack", "--kind", "texts", "--from", path, "--out", scratch / "x", code=3)
        expect_words(err, str(path), f"it is {found.get(path, 'a model of transformers')}")
    _, err = run("corpus", "inspect", scenes(), code=3)
    expect_words(err, "it holds corpora; name one: held-out, images, pairs, texts")
    for path in (run_folder, empty):
        expect_words(run("train", path, code=2)[1], f"{path} is {found[path]}, not a recipe")
    expect_words(run("train", RECIPE, "--run", scratch / "new", "--resume", corpus, code=4)[1], "found a corpus")
    for path in checkpoints:
        out, _ = run("checkpoint", "verify", path)
        expect_words(out, str(checkpoint()))
    expect(not (scratch / "x").exists(), "something was left behind")


@check
def exit_codes_are_as_written(scratch):
    """a run's directory that can't be used is exit code 4, in use 2; files of a run that can't be written 4"""
    short = ("--set", "steps=1", "--set", "schedule.warmup_steps=0", "--set", "validation.samples=8")
    (scratch / "file").write_text("")
    run("train", RECIPE, "--run", scratch / "file", code=4)
    run("train", RECIPE, "--run", scratch / "file/below", code=4)
    run("train", RECIPE, "--run", "/proc/none", code=4)
    for name in ("recipe.resolved.yaml", "config.json", "metrics.jsonl", "validation.jsonl", "samples"):
        target = scratch / name.split(".")[0]
        target.mkdir()
        if name == "samples":
            (target / name).write_text("")
        else:
            (target / name).mkdir()
        run("train", RECIPE, "--run", target, *short, "--set", "log.samples=true", code=4)
    (scratch / "empty/checkpoints").mkdir(parents=True)
    (scratch / "empty/recipe.resolved.yaml").write_text("")
    _, err = run("checkpoint", "inspect", scratch / "empty", code=4)
    expect_words(err, "expected a checkpoint, found none", "train further")
