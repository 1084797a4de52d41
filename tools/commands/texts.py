"""What corpora say of their texts: captions, tokens, and reads that fail."""

import json

from commands import pictures
from commands.running import check, expect, expect_words, folder, pack, run


def captioned(scratch):
    """A split with one, two and three captions to an image, and a tokenizer trained on them."""
    winter = ["snow", "a snowy hill", "a hill in winter, far far away"]
    captions = [["a red kite"], ["two dogs", "dogs run on a beach"], winter]
    images = [
        {"filename": f"{n}.png", "split": "train", "sentences": [{"raw": text} for text in texts]}
        for n, texts in enumerate(captions)
    ]
    files = {f"{n}.png": pictures.png(20, 20, lambda x, y, n=n: (x, y, 9 * n)) for n in range(3)}
    source = folder(scratch, "in", files)
    (source / "split.json").write_text(json.dumps({"images": images}))
    pack("pairs", source / "split.json", scratch / "corpus")
    run("tokenizer", "train", scratch / "tokenizer", "--from", scratch / "corpus", "--vocabulary", 280)
    return scratch / "corpus", [text for texts in captions for text in texts]


@check
def tokens_are_counted(scratch):
    """inspect --tokenizer and verify --longest-tokens count the tokens of every caption as tokenizer encode does"""
    corpus, captions = captioned(scratch)
    ids, _ = run("tokenizer", "encode", scratch / "tokenizer", stdin="\n".join(captions).encode())
    tokens = [len(line.split()) for line in ids.splitlines()]
    summary = json.loads(run("corpus", "inspect", corpus, "--tokenizer", scratch / "tokenizer", "--json")[0])
    found = summary["text_tokens"]
    expect((found["count"], found["minimum"], found["maximum"]) == (6, min(tokens), max(tokens)), f"{found}, {tokens}")
    expect(abs(found["mean"] - sum(tokens) / 6) < 1e-9 and sum(found["buckets"]) == 6, str(found))
    expect(summary["captions_per_image"]["count"] == 2 and summary["captions_per_image"]["maximum"] == 3, str(summary))
    out, _ = run("corpus", "inspect", corpus, "--tokenizer", scratch / "tokenizer")
    expect_words(out, f"tokens of a text: 6, from {min(tokens)} to {max(tokens)}")
    expect_words(out, "captions of an image that has several: 2, from 2 to 3")
    expect("tokens of a text" not in run("corpus", "inspect", corpus)[0], "no tokens without a tokenizer")

    limit = sorted(tokens)[-2]
    arguments = ["corpus", "verify", corpus, "--tokenizer", scratch / "tokenizer", "--longest-tokens", limit]
    report = json.loads(run(*arguments, "--json")[0])
    expect(report["sound"] and report["counts"]["long_text"] == 1, str(report))
    out, _ = run(*arguments, "--strict", code=3)
    expect_words(out, "long text", f"{max(tokens)} tokens, above the maximum of {limit}", "caption 2")
    run("corpus", "verify", corpus, "--longest-tokens", 5, code=2)


@check
def captions_are_trained_on_and_shown(scratch):
    """tokenizer train counts every caption of an image, and peek shows them"""
    corpus, captions = captioned(scratch)
    arguments = ["tokenizer", "train", scratch / "other", "--from", corpus, "--vocabulary", 270]
    report = json.loads(run(*arguments, "--json")[0])
    expect(report["texts"] == len(captions), str(report))
    out, _ = run("corpus", "peek", corpus, "2")
    expect_words(out, *captions[3:], "20 × 20 pixels")
    sample = json.loads(run("corpus", "peek", corpus, "2", "--json")[0])
    shown = [member["captions"] for member in sample["members"] if member["name"] == "captions.json"]
    expect(shown == [captions[3:]], str(sample))


@check
def failed_reads_are_visible(scratch):
    """a read that fails is tried again with a warning that names file and attempt; the result is the same"""
    corpus, _ = captioned(scratch)
    wanted, quiet = run("corpus", "inspect", corpus)
    expect(quiet == "", quiet)
    found, err = run("corpus", "inspect", corpus, more={"UNIMO_FAULT": "corpus.read:2:fail"})
    expect(found == wanted, "the summary is another one")
    expect_words(err, "warning:", "shard-000000.tar.zst: reading failed (attempt 1 of at most 4), again in 0.1 s")
