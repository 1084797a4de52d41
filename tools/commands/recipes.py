"""Recipes: what the pages say of their keys, and how far their mixtures go."""

import json
import pathlib
import re

from commands.running import check, expect, expect_words, folder, run

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE, TRAINING = ROOT / "docs/data.md", ROOT / "docs/training.md"
UNIMO2 = ROOT / "recipes/unimo2-debug.yaml"
OWN, DEBUG = ROOT / "recipes/own-corpora.yaml", ROOT / "recipes/debug.yaml"


def keys(recipe, section):
    """The keys of a section, as the refusal of an unknown one names them."""
    arguments = ["sampler", "dump", recipe, "--batches", "0..<1", "--set", f"{section}.zzzzqqqq=1"]
    _, err = run(*arguments, code=2)
    return re.search("known here: (.*)", err)[1].split(", ")


@check
def every_data_key_is_documented(_):
    """docs/data.md has every key of a recipe's data sections"""
    page = PAGE.read_text()
    for recipe, section, name in (
        (OWN, "corpora.books", ""), (DEBUG, "corpora.scene-pairs.scenes", "scenes."), (OWN, "mixture.0", ""),
        (OWN, "mixture.1", ""), (OWN, "mixture.2", ""), (OWN, "loader", "loader."), (OWN, "data", "data."),
        (OWN, "tokenizer", "tokenizer."), (DEBUG, "tokenizer", "tokenizer."), (OWN, "validation", "validation."),
        (OWN, "validation.on.0", ""),
    ):
        lost = [key for key in keys(recipe, section) if f"`{name}{key}`" not in page]
        expect(not lost, f"{PAGE.name} lacks {', '.join(lost)} of {section}")


@check
def every_training_key_is_documented(_):
    """docs/training.md has every key of a recipe's other sections"""
    page = TRAINING.read_text()
    for section, name in (
        ("model", ""), ("model.vision", ""), ("model.dictionary", "dictionary."), ("optimizer", "optimizer."),
        ("optimizer.groups.text", ""), ("schedule", "schedule."), ("ranks", "ranks."), ("checkpoints", "checkpoints."),
        ("log", "log."),
    ):
        lost = [key for key in keys(UNIMO2, section) if f"`{name}{key}`" not in page]
        expect(not lost, f"{TRAINING.name} lacks {', '.join(lost)} of {section}")


@check
def mixtures_end_where_they_say(scratch):
    """batches beyond the end of a mixture are refused with the number there are; the last of them has what is left"""
    recipe = folder(scratch, "in", {
        "run.yaml": re.sub("weight: 2,", "weight: 1, when_done: stop,", DEBUG.read_text())
    }) / "run.yaml"
    _, err = run("sampler", "dump", recipe, "--batches", "0..<100000", code=2)
    expect_words(err, "the mixture ends after", "batches; ask for --batches up to ..<")
    end = int(re.search(r"after (\d+) batches", err)[1])
    lines = run("sampler", "dump", recipe, "--batches", f"0..<{end}")[0].splitlines()
    drawn = [key for line in lines for key in line.split()[3:] if " scene-pairs/image_text_contrastive " in line]
    expect(len(drawn) == 4000 == len(set(drawn)), f"{len(drawn)} samples, {len(set(drawn))} different ones")
    expect(" scene-pairs/image_text_contrastive " in lines[-1], "the run ends with the entry that stops it")


@check
def what_is_no_corpus_is_named(scratch):
    """a folder that is no corpus is said to be none, and a corpus is not packed into its own source"""
    source = folder(scratch, "in", {"a.txt": "a text\n"})
    for command in (["verify"], ["inspect"], ["peek"]):
        arguments = [*command, source] + (["0"] if command == ["peek"] else [])
        _, err = run("corpus", *arguments, code=3)
        expect_words(err, f"{source} is no corpus: it lacks index.json")
    _, err = run("corpus", "verify", scratch / "nowhere", code=3)
    expect_words(err, "there is no such directory")
    _, err = run("corpus", "pack", "--kind", "texts", "--from", source, "--out", source / "corpus", code=2)
    expect_words(err, "would lie in the source", "choose a place outside")
    expect([path.name for path in source.iterdir()] == ["a.txt"], "something was written into the source")


@check
def captions_of_regions_make_the_tokenizer(scratch):
    """a UNIMO recipe without texts trains its tokenizer on the captions of its pairs, and not on those of its images"""
    def merges(kind):
        recipe = folder(scratch, kind, {"run.yaml": f"""\
seed: 1
steps: 1
model:
  kind: unimo
  width: 16
  max_tokens: 32
  max_regions: 4
  region_width: 192
  region_classes: 9
  transformer: {{layers: 1, heads: 2, feed_forward: 16}}
tokenizer: {{vocabulary: 300, samples: 50}}
corpora:
  scenes: {{kind: {kind}, scenes: {{count: 50, seed: 1}}}}
mixture:
  - {{corpus: scenes, objective: masked_region, weight: 1, batch_size: 2}}
optimizer: {{learning_rate: 1.0e-3}}
"""})
        run("train", recipe / "run.yaml", "--run", scratch / f"run-{kind}")
        found = (scratch / f"run-{kind}/checkpoints/step-00000001/merges.txt").read_text().splitlines()
        return [line for line in found if not line.startswith("#")]

    expect(len(merges("pairs")) == 300 - 261, f"{len(merges('pairs'))} merges")
    expect(not merges("images"), "merges of images")


@check
def alike_validation_entries_have_losses_of_their_own(scratch):
    """validation entries of the same corpus and objective each have a loss of their own"""
    line = "    - {corpus: held-out-pairs, objective: captioning}\n"
    recipe = folder(scratch, "in", {"run.yaml": UNIMO2.read_text().replace(line, line + line)}) / "run.yaml"
    run("train", recipe, "--run", scratch / "run", "--set", "steps=1", "--set", "validation.every=1",
        "--set", "validation.samples=8")
    losses = json.loads((scratch / "run/validation.jsonl").read_text())["losses"]
    first, second = (losses[f"validation/held-out-pairs/captioning{number}"] for number in ("", ".2"))
    expect(first == second, f"{losses}")


@check
def regions_of_other_sizes_are_refused(scratch):
    """a model of other regions than the corpus has is refused before the first step, with the value to set"""
    recipe = ROOT / "recipes/unimo-debug.yaml"
    for setting, words in (
        ("region_width=64", ["corpora: ", "have 192 features", "model.region_width is 64: set that to 192"]),
        ("region_classes=65536", ["model.region_classes is 65536: set that to 9"]),
    ):
        _, err = run("train", recipe, "--run", scratch / "run", "--set", f"model.{setting}", "--set", "steps=1", code=2)
        expect_words(err, *words)
        expect(len(err.strip().splitlines()) == 1, err)
