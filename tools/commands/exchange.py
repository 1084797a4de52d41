"""A trained model: what evaluation says of it, and its weights on their way out and back in."""

import json
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from acceptance import safetensors  # noqa: E402
from commands.running import check, expect, expect_words, folder, run  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RECIPE = ROOT / "recipes/unimo2-debug.yaml"
SHORT = ("--set", "steps=2", "--set", "schedule.warmup_steps=1", "--set", "validation.samples=8")


def trained(scratch, *sets):
    """A run of two steps of the debugging recipe."""
    run("train", RECIPE, "--run", scratch / "run", *SHORT, *(part for item in sets for part in ("--set", item)))
    return scratch / "run"


def exchanged(scratch, checkpoint):
    """Exports a checkpoint, imports what was exported, and exports that."""
    run("checkpoint", "export", checkpoint, "--out", scratch / "one")
    out, _ = run(
        "checkpoint", "import", "--text", scratch / "one/text", "--vision", scratch / "one/vision", "--codes", 32,
        "--chosen", 4, "--out", scratch / "imported", "--json")
    run("checkpoint", "export", scratch / "imported", "--out", scratch / "two")
    return json.loads(out)


@check
def weights_go_out_and_come_back(scratch):
    """what export writes import takes, to the last bit, with the tokenizer; the reference class goes along"""
    table = exchanged(scratch, trained(scratch))
    for part in ("text", "vision"):
        one, two = (scratch / name / part / "model.safetensors" for name in ("one", "two"))
        expect(one.read_bytes() == two.read_bytes(), f"{part} differs after a round trip")
        expect((scratch / "one" / part / "config.json").read_bytes() == (scratch / "two" / part / "config.json").read_bytes(),
               f"{part}/config.json differs")
    ours = safetensors.read(scratch / "one/model.safetensors")
    words = safetensors.read(scratch / "one/text/model.safetensors")["embeddings.word_embeddings.weight"]
    expect(ours["text.word"] == words, "the word table differs in the two files")
    expect(table["tokenizer"] and table["left"] == 0, f"{table['left']} tensors left, tokenizer {table['tokenizer']}")
    drawn = {row["name"].split(".")[0] for row in table["rows"] if row["outcome"] == "drawn"}
    expect(drawn == {"dictionary", "grounded", "mlm", "itm", "itc", "simclr"}, f"drawn: {sorted(drawn)}")
    reference = (ROOT / "tools/reference/unimo_reference.py").read_text()
    expect((scratch / "one/unimo_reference.py").read_text() == reference, "the reference class is another one: tools/reference/embed writes it")
    out, _ = run("checkpoint", "verify", scratch / "imported", "--json")
    expect(json.loads(out)["sound"], out)


@check
def a_unimo_goes_out_and_comes_back(scratch):
    """a RoBERTa becomes a UNIMO's Transformer and comes out of it to the last bit; options of the other model are refused"""
    run("checkpoint", "export", trained(scratch), "--out", scratch / "one")
    arguments = ("checkpoint", "import", "--model", "unimo", "--region-width", 64, "--region-classes", 8)
    out, _ = run(*arguments, "--text", scratch / "one/text", "--out", scratch / "imported", "--json")
    table = json.loads(out)
    drawn = {row["name"].split(".")[0] for row in table["rows"] if row["outcome"] == "drawn"}
    expect(drawn == {"regions", "mlm", "mrm", "cmcl"} and table["left"] == 0 and table["tokenizer"], out)
    config = json.loads((scratch / "imported/config.json").read_text())
    expect((config["model"], config["max_regions"], config["region_width"]) == ("unimo", 100, 64), str(config))
    out, _ = run("checkpoint", "export", scratch / "imported", "--out", scratch / "two", "--json")
    expect(json.loads(out)["directories"] == [str(scratch / "two"), str(scratch / "two/text")], out)
    for name in ("model.safetensors", "config.json", "vocab.json", "merges.txt"):
        one, two = (scratch / place / "text" / name for place in ("one", "two"))
        expect(one.read_bytes() == two.read_bytes(), f"text/{name} differs after a round trip")
    ours = safetensors.read(scratch / "two/model.safetensors")
    names = safetensors.read(scratch / "imported/model-00001-of-00001.safetensors")
    expect(ours == names, "the whole model is not the checkpoint's")
    for name in ("unimo_reference.py", "single_stream.py"):
        reference = (ROOT / "tools/reference" / name).read_text()
        expect((scratch / "two" / name).read_text() == reference, f"{name} is another one: tools/reference/embed writes it")
    _, err = run(*arguments, "--codes", 8, "--text", scratch / "one/text", "--out", scratch / "x", code=2)
    expect_words(err, "--codes is of unimo2, not of unimo")
    _, err = run(*arguments, "--vision", scratch / "one/vision", "--out", scratch / "x", code=2)
    expect_words(err, "UNIMO reads regions and has no visual encoder")
    _, err = run("corpus", "regions", "scenes:9", "--encoder", scratch / "imported", "--out", scratch / "x", code=4)
    expect_words(err, "expected a model with a visual encoder, found UNIMO, which reads regions and has none")
    expect(not (scratch / "x").exists(), "something was left behind")


@check
def runs_start_from_weights(scratch):
    """a run starts from the weights of `init`, names what does not fit, and refuses a model of other sizes"""
    exchanged(scratch, trained(scratch))
    again = ("train", RECIPE, "--run", scratch / "again", *SHORT, "--set", f"init={scratch / 'imported'}")
    _, err = run(*again)
    expect_words(err, "init:", "weights from", "dictionary.codes is [256, 64] here and [32, 64] there: drawn anew")
    _, err = run("train", RECIPE, "--run", scratch / "large", *SHORT, "--set", f"init={scratch / 'imported'}",
                 "--set", "model.image_size=48", "--set", "model.max_tokens=24")
    expect_words(err, "vision.position made to fit: 4 × 4 positions resampled to 6 × 6, bicubic",
                 "text.position made to fit: the first 26 of 34 positions")
    _, err = run("train", RECIPE, "--run", scratch / "wide", *SHORT, "--set", f"init={scratch / 'imported'}",
                 "--set", "model.width=32", "--set", "model.vision.feed_forward=96", "--set", "model.text.feed_forward=96",
                 "--set", "model.grounded.feed_forward=96", "--set", "model.projection=16", code=2)
    expect_words(err, "has no matrix of this model in this shape", "name a checkpoint of the same sizes")


@check
def groups_are_frozen_or_slowed(scratch):
    """a frozen group keeps its bits, a slow one nearly its values; unknown groups and objectives without any are refused"""
    def weights(name, *sets):
        sets = [part for item in sets for part in ("--set", item)]
        run("train", RECIPE, "--run", scratch / name, *SHORT, "--set", "checkpoints.every=1", *sets)
        return [
            safetensors.read(scratch / name / f"checkpoints/step-{step:08d}/model-00001-of-00001.safetensors")
            for step in (1, 2)
        ]

    rates = ("optimizer.groups.vision.frozen=true", "optimizer.groups.text.learning_rate=1e-9")
    one, two = weights("frozen", *rates)
    for name in one:
        change = max(abs(a - b) for a, b in zip(one[name], two[name]))
        if name.startswith("vision."):
            expect(change == 0, f"{name} is frozen and moved by {change}")
        elif name.startswith("text."):
            expect(change < 1e-8, f"{name} is slow and moved by {change}")
    expect(one["grounded.layers.0.attention.qkv.weight"] != two["grounded.layers.0.attention.qkv.weight"], "nothing moved")
    short = ("train", RECIPE, "--run", scratch / "refused", *SHORT)
    _, err = run(*short, "--set", "optimizer.groups.eyes.frozen=true", code=2)
    expect_words(err, "eyes", "a parameter group: vision, text, dictionary")
    frozen = [f"optimizer.groups.{group}.frozen=true" for group in ("vision", "text", "itc")]
    _, err = run(*short, *(part for item in frozen for part in ("--set", item)), code=2)
    expect_words(err, "image_text_contrastive on scene-pairs would train itc, text, vision, all of which")


@check
def foreign_models_are_refused(scratch):
    """models of another kind, a directory without safetensors and a place that is taken are refused by name"""
    run("checkpoint", "export", trained(scratch), "--out", scratch / "one")
    text, out = scratch / "one/text", scratch / "imported"
    _, err = run("checkpoint", "import", "--out", out, code=2)
    expect_words(err, "nothing to import")
    _, err = run("checkpoint", "import", "--text", text, "--out", scratch / "run", code=2)
    expect_words(err, "exists; choose another place")
    _, err = run("checkpoint", "import", "--text", scratch / "run", "--out", out, code=4)
    expect_words(err, "expected a model of transformers, found a run's directory")
    bare = folder(scratch, "bare", {"config.json": (text / "config.json").read_text()})
    _, err = run("checkpoint", "import", "--text", bare, "--out", out, code=4)
    expect_words(err, "expected model.safetensors or model.safetensors.index.json", "save_pretrained")
    _, err = run("checkpoint", "import", "--vision", text, "--out", out, code=4)
    expect_words(err, "config.json", "expected model_type vit, found roberta", "ViTModel")
    config = json.loads((text / "config.json").read_text())
    for key, value, words in (
        ("hidden_act", "relu", "expected hidden_act gelu, found relu"),
        ("type_vocab_size", 2, "expected type_vocab_size 1, found 2"),
        ("intermediate_size", 7, "expected `encoder.layer.0.intermediate.dense.weight` [7, 64]"),
    ):
        (text / "config.json").write_text(json.dumps(config | {key: value}))
        _, err = run("checkpoint", "import", "--text", text, "--out", out, code=4)
        expect_words(err, words)
    expect(not out.exists(), "something was left behind")


@check
def encoders_are_written_out(scratch):
    """embed writes unit vectors and hidden states in the corpus's order, with the keys"""
    model = trained(scratch)
    run("corpus", "scenes", "--out", scratch / "scenes", "--count", 70, "--seed", 3, "--side", 32)
    file = scratch / "hidden.safetensors"
    run("embed", model, "--corpus", scratch / "scenes/pairs", "--hidden", "--out", file)
    keys = json.loads(safetensors.metadata(file)["keys"])
    expect(keys == [f"train-{number:08d}" for number in range(70)], f"keys {keys[:3]}…")
    tensors = safetensors.read(file)
    width, rows = 64, 17
    expect(len(tensors["image_hidden"]) == 70 * rows * width, "image_hidden has another size")
    offsets = list(tensors["text_offsets"])
    expect(len(offsets) == 71 and offsets[-1] * width == len(tensors["text_hidden"]), f"offsets {offsets[:3]}…")
    for name, starts in (("image", [b * rows for b in range(70)]), ("text", offsets[:-1])):
        for sample in (0, 69):
            first = tensors[f"{name}_hidden"][starts[sample] * width : (starts[sample] + 1) * width]
            length = math.hypot(*first)
            found = tensors[f"{name}_embedding"][sample * width : (sample + 1) * width]
            expect(all(abs(a / length - b) < 1e-5 for a, b in zip(first, found)), f"{name} {sample} differs")


@check
def models_are_evaluated(scratch):
    """retrieval is re-ranked beside the contrastive table; captions come with scores and examples, masked tokens with perplexity"""
    model = trained(scratch)
    out, _ = run("evaluate", "retrieval", model, "--corpus", "scenes:40:2:2-3", "--rerank", 5, "--json")
    table = json.loads(out)
    expect(table["candidates"] == 40 and {"r1", "r5", "r10"} <= table["reranked"]["image_to_text"].keys(), out)
    expect(table["reranked"]["text_to_image"]["r5"] == table["text_to_image"]["r5"], "re-ranking 5 changed recall at 5")
    for beams in (1, 3):
        out, _ = run("evaluate", "captions", model, "--corpus", "scenes:20", "--beams", beams, "--examples", 2, "--json")
        scores = json.loads(out)
        expect(scores["samples"] == 20 and len(scores["examples"]) == 2 and 0 <= scores["bleu4"] <= 1, out)
    told = [json.loads(run("evaluate", "language", model, "--corpus", "scenes:30", "--json")[0]) for _ in range(2)]
    expect(told[0] == told[1] and told[0]["tokens"] > 30, f"{told}: the same tokens are masked each time")
    for sight in ("text_alone", "beside_image"):
        loss, perplexity = (told[0][sight][name] for name in ("loss", "perplexity"))
        expect(abs(math.exp(loss) / perplexity - 1) < 1e-9 and 1 < perplexity < 2000, f"{sight}: {told[0]}")
    run("corpus", "scenes", "--out", scratch / "scenes", "--count", 30, "--seed", 3, "--objects", "2")
    alone = json.loads(run("evaluate", "language", model, "--corpus", scratch / "scenes/texts", "--json")[0])
    expect("beside_image" not in alone and alone["text_alone"]["perplexity"] > 1, str(alone))
    _, err = run("evaluate", "language", model, "--corpus", scratch / "scenes/images", code=2)
    expect_words(err, "holds images; language needs texts or pairs")
    _, err = run("evaluate", "captions", model, "--corpus", "scenes:5:1:4", code=2)
    expect_words(err, "scenes:COUNT:SEED:OBJECTS")
