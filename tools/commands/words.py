"""What is said: no character of others' reaches a terminal raw, and messages name the cause."""

import json
import re

from commands.fixtures import RECIPE, copied, exported, rewritten, scenes, trained
from commands.running import check, expect, expect_words, folder, pack, peek, run

#: A colour, a bell, a C1 sequence, a mark of direction, a title, a deletion.
EVIL = "a\x1b[31m\x07b\u009b2Jc\u202ed\x1b]0;t\x07e\x7f\u2066"
SHOWN = r"a\u{1B}[31m\u{7}b\u{9B}2Jc\u{202E}d\u{1B}]0;t\u{7}e\u{7F}\u{2066}"
#: What a terminal obeys, line feeds and tabs apart.
CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def said(*arguments, code=0):
    """What a command says, once it was found to be harmless."""
    texts = run(*arguments, code=code)
    for text in texts:
        found = CONTROL.search(text)
        expect(not found, f"{arguments[:3]}: {found and found.group()!r} reaches the terminal: {text[:300]!r}")
    return texts


@check
def nothing_of_others_reaches_a_terminal(scratch):
    """control characters of names, keys, captions, arguments and foreign files are written out in all that people read, and escaped in JSON"""
    image = peek(scenes() / "pairs", "0", "--member", "png")
    source = folder(scratch, "source", {
        f"{EVIL}.png": image, f"{EVIL}.txt": f"caption {EVIL}\n", f"bad{EVIL}.png": b"no image", f"bad{EVIL}.txt": "x\n"})
    arguments = ("corpus", "pack", "--kind", "pairs", "--from", source, "--out", scratch / "corpus")
    expect_words(said(*arguments, code=3)[1], f"bad{SHOWN}.png")
    expect_words(said(*arguments, "--skip-bad")[1], f"bad{SHOWN}.png")
    corpus = scratch / "corpus"
    expect_words(said("corpus", "peek", corpus, "0")[0], f"caption {SHOWN}")
    sample = json.loads(said("corpus", "peek", corpus, "0", "--json")[0])
    expect(sample["members"][-1]["text"] == f"caption {EVIL}", "JSON says the text as it is")
    expect(peek(corpus, "0", "--member", "txt").decode() == f"caption {EVIL}", "a pipe gets the bytes as they are")
    for json_too in ((), ("--json",)):
        said("corpus", "verify", corpus, "--longest-text", 1, *json_too)
        said("corpus", "inspect", corpus, *json_too)
        said("evaluate", "captions", trained(), "--corpus", corpus, *json_too)
        said("sampler", "dump", RECIPE, "--batches", "0..<1", *json_too, "--set",
             f"corpora.scene-pairs={{kind: pairs, directory: {corpus}}}")
    said("corpus", "peek", corpus, EVIL, code=2)
    said("corpus", "inspect", EVIL, code=3)
    said("corpus", EVIL, code=2)
    said("train", EVIL, code=2)
    said("sampler", "dump", RECIPE, "--batches", "0..<1", "--set", f"corpora.{EVIL}=3", code=2)
    text = copied(exported() / "text", scratch, "text")
    config = json.loads((text / "config.json").read_text())
    (text / "config.json").write_text(json.dumps(config | {"hidden_act": f"gelu{EVIL}\0 behind"}))
    importing = ("checkpoint", "import", "--text", text, "--codes", 8, "--chosen", 4, "--out")
    expect_words(said(*importing, scratch / "one", code=4)[1], r"\u{0} behind", "name such a model")
    (text / "config.json").write_text(json.dumps(config))
    rewritten(text / "model.safetensors", lambda found, end: found.update(
        {f"x{EVIL}\0": {"dtype": "F32", "shape": [1], "data_offsets": [end, end + 4]}}), bytes(4))
    expect_words(said(*importing, scratch / "one")[0], f"x{SHOWN}\\u{{0}}")


@check
def halves_of_pairs_are_named(scratch):
    """half of a surrogate pair in JSON is called that, wherever JSON is read"""
    words = "half of a surrogate pair, which is no character"
    for line in (r'{"text":"x\ud800y"}', r'{"text":"\udc00"}', r'{"te\ud83dxt":"x"}', r'{"text":"a\ud83d\u0041"}'):
        (scratch / "a.jsonl").write_text(line + "\n")
        expect_words(pack("texts", scratch / "a.jsonl", scratch / "out", code=3)[1], "a.jsonl:1", words)
    (scratch / "a.jsonl").write_text(r'{"text":"\ud83d\ude00 \\ud800"}' + "\n")
    pack("texts", scratch / "a.jsonl", scratch / "out")
    expect(peek(scratch / "out", "#0", "--member", "txt").decode() == "\N{GRINNING FACE} \\ud800", "a whole pair, and no escape")
    image = peek(scenes() / "pairs", "0", "--member", "png")
    source = folder(scratch, "source", {"a.png": image, "a.json": r'{"caption":"x\ud800"}'})
    expect_words(pack("pairs", source, scratch / "pairs", code=3)[1], words)


@check
def recipes_say_the_cause(scratch):
    """merge keys, tags, second documents, keys that exclude each other and values taken away are called so, at their place"""
    def refused(text, *overrides):
        (scratch / "recipe.yaml").write_text(text)
        sets = [part for item in overrides for part in ("--set", item)]
        return run("sampler", "dump", "recipe.yaml", "--batches", "0..<1", *sets, code=2, cwd=scratch)[1]

    base = f"extends: {RECIPE}\n"
    expect_words(refused("base: &x {seed: 1}\n<<: *x\nsteps: 5\n"), "recipe.yaml:2: a merge key, <<", "extends")
    expect_words(refused(base + "optimizer:\n  <<: {learning_rate: 1}\n"), "recipe.yaml:3: optimizer: a merge key")
    expect_words(refused(base + "---\nsteps: 3\n"), "recipe.yaml:2: a second YAML document begins")
    expect_words(refused(base + "steps: !!int 5\n"), "recipe.yaml:2: steps: a tag, !!int")
    expect_words(refused(base + "model: !thing {width: 64}\n"), "recipe.yaml:2: model: a tag, !thing")
    expect_words(refused(base + "init: 'a\x07b'\n"), "recipe.yaml:2: not YAML: control characters", "remove them")
    own = RECIPE.read_text()
    line = next(number for number, text in enumerate(own.splitlines(), 1) if "vocabulary:" in text)
    expect_words(
        refused(base, "tokenizer.directory=d"), f"{RECIPE}:{line}: tokenizer.vocabulary",
        "no vocabulary beside directory (--set tokenizer.directory=d)", "--set tokenizer.vocabulary=null")
    expect_words(
        refused(base, "corpora.scene-pairs.directory=d"), "no directory beside scenes", "--set corpora.scene-pairs.scenes=null")
    expect_words(refused(base, "mixture.0.batch_tokens=400"), "no batch_size beside batch_tokens (--set mixture.0.batch_tokens=400)")
    expect_words(refused(base, "model.kind=unimo"), "key transformer is missing", "where kind is unimo (--set model.kind=unimo)")
    expect_words(refused(base, "steps="), "--set steps=: steps: expected an integer", "found nothing")
    expect_words(refused(base, "mixture.9.weight=1"), "--set mixture.9.weight=1: mixture: expected an element number in 0..<")
    packed = scenes() / "pairs"
    run("sampler", "dump", RECIPE, "--batches", "0..<1", "--set", f"corpora.scene-pairs.directory={packed}", "--set",
        "corpora.scene-pairs.scenes=null")


@check
def directories_of_recipes_are_placed(scratch):
    """a wrong directory in a recipe is told with the recipe's file and line"""
    short = ("--set", "steps=1", "--set", "schedule.warmup_steps=0")
    for key, text, code in (
        ("corpora.scene-pairs.directory", "corpora:\n  scene-pairs: {scenes: null, directory: nowhere}\n", 3),
        ("tokenizer.directory", "tokenizer:\n  {vocabulary: null, samples: null, directory: nowhere}\n", 3),
        ("init", "init:\n  nowhere\n", 4),
    ):
        (scratch / "recipe.yaml").write_text(f"extends: {RECIPE}\n{text}")
        _, err = run("train", "recipe.yaml", "--run", scratch / "run", *short, code=code, cwd=scratch)
        expect_words(err, f"unimo: recipe.yaml:3: {key}: nowhere")


@check
def damage_is_said_once(scratch):
    """one flipped byte of a shard is one warning of a run, however many samples meet it"""
    pairs = copied(scenes() / "pairs", scratch, "pairs")
    shard = next(pairs.glob("shard-*"))
    contents = bytearray(shard.read_bytes())
    contents[len(contents) // 3] ^= 4
    shard.write_bytes(contents)
    _, err = run(
        "train", RECIPE, "--run", scratch / "run", "--set", "steps=2", "--set", "schedule.warmup_steps=1", "--set",
        "validation.samples=8", "--set", f"tokenizer={{directory: {trained()}/checkpoints/step-00000002}}", "--set",
        f"corpora.scene-pairs={{kind: pairs, directory: {pairs}}}", code=3)
    expect(err.count("reading failed") == 1, f"said {err.count('reading failed')} times:\n{err[:2000]}")


@check
def limits_say_which(scratch):
    """a tiny image is told with the side and the minimum, a long text with the maximum"""
    run("corpus", "peek", scenes() / "pairs", 0, "--pixels", "84x15", "--save", scratch / "a.png")
    source = folder(scratch, "source", {"a.png": (scratch / "a.png").read_bytes(), "a.txt": "some words\n"})
    pack("pairs", source, scratch / "out")
    out, _ = run("corpus", "verify", scratch / "out", "--longest-text", 4)
    expect_words(out, "84 × 15 pixels: shorter side 15, below the minimum of 16", "10 bytes, above the maximum of 4")
