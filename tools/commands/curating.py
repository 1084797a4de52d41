"""Work on packed corpora: captions rewritten, neighbours found, and what such annotations say of themselves."""

import array
import json
import random
import signal
import struct
import subprocess
import time

from commands import running
from commands.exchange import trained
from commands.running import check, environment, expect, expect_text, expect_words, folder, pack, run, shell

THINGS = "dog cat horse bicycle car boat table chair kite umbrella train pizza".split()
COLOURS = "red blue green yellow black white brown small large old".split()
PLACES = "beach street field kitchen park room bridge hill".split()


def caption(draw):
    """A caption of two things."""
    one, two = draw.sample(THINGS, 2)
    return f"a {draw.choice(COLOURS)} {one} near a {draw.choice(COLOURS)} {two} on a {draw.choice(PLACES)}"


def regions(scratch, name, count, seed, captions=0, width=16):
    """A packed corpus of regions with random features, and so many captions of each image."""
    draw = random.Random(seed)
    files = {}
    for number in range(count):
        boxes = draw.randint(1, 3)
        files[f"{number:04}.npz"] = archive([[draw.gauss(0, 1) for _ in range(width)] for _ in range(boxes)])
    source = folder(scratch, f"{name}-source", files)
    pack("regions", source, scratch / f"{name}-bare")
    if not captions:
        return scratch / f"{name}-bare"
    # Captions come beside regions in archives only.
    tar = source / "all.tar"
    members = folder(scratch, f"{name}-members", {})
    members.mkdir()
    for number in range(count):
        texts = [caption(draw) for _ in range(captions)]
        for member in ("regions.json", "features.npy", "boxes.npy"):
            (members / f"{number:04}.{member}").write_bytes(
                running.peek(scratch / f"{name}-bare", f"#{number}", "--member", member))
        (members / f"{number:04}.txt").write_text(texts[0])
        if captions > 1:
            (members / f"{number:04}.captions.json").write_text(json.dumps(texts))
    shell(f"tar cf {tar} $(ls)", members)
    pack("regions", tar, scratch / name)
    return scratch / name


def archive(features):
    """An `.npz` of one image's regions, as np.savez writes it."""
    import io
    import zipfile

    def npy(rows):
        header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}"
        header += " " * (63 - (len(header) + 10) % 64) + "\n"
        data = b"".join(struct.pack("<f", value) for row in rows for value in row)
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("features.npy", npy(features))
        file.writestr("norm_bb.npy", npy([[0, 0, 0.5, 0.5] for _ in features]))
    return out.getvalue()


def pairs(scratch, count=120):
    """A packed split of captioned pictures, one to three captions each."""
    from commands import pictures

    draw = random.Random(5)
    images = [
        {"filename": f"{n}.png", "split": "train", "sentences": [{"raw": caption(draw)} for _ in range(n % 3 + 1)]}
        for n in range(count)
    ]
    files = {f"{n}.png": pictures.png(16, 16, lambda x, y, n=n: (x, n // 256, n % 256)) for n in range(count)}
    source = folder(scratch, "in", files | {"split.json": json.dumps({"images": images})})
    pack("pairs", source / "split.json", scratch / "pairs")
    return scratch / "pairs", [[sentence["raw"] for sentence in image["sentences"]] for image in images]


def member(corpus, number, name):
    return json.loads(running.peek(corpus, f"#{number}", "--member", name))


@check
def captions_are_rewritten(scratch):
    """rewrite gives the same bytes for any number of workers; annotations are verified, inspected and shown"""
    corpus, captions = pairs(scratch)
    arguments = ["corpus", "rewrite", corpus, "--words", 8, "--phrases", 6, "--sentences", 4]
    out, err = run(*arguments, "--out", scratch / "one", "--workers", 1, "--json")
    report = json.loads(out)
    expect_words(err, "different captions; to replace by:", "object", "relation_object")
    run(*arguments, "--out", scratch / "four", "--workers", 4)
    shell("diff -r one four", scratch)
    expect(report["samples"] == len(captions) and report["vocabulary"]["object"] >= len(THINGS), out)
    expect(report["levels"]["word"] == sum(report["kinds"][kind] for kind in ("object", "attribute", "relation")), out)
    expect(report["nothing_rewritten"] == 0 and len(report["examples"]) >= 3, out)
    for number, own in enumerate(captions):
        found = member(scratch / "one", number, "rewrites.json")
        expect(found["paraphrases"] == (own if len(own) > 1 else []), f"{number}: {found['paraphrases']}")
        texts = [rewrite["text"] for rewrite in found["rewritten"]]
        expect(len(texts) == len(set(texts)) == 18 and not set(texts) & set(own), f"{number}: {texts}")
    expect(json.loads(run("corpus", "verify", scratch / "one", "--json")[0])["sound"], "verify finds nothing wrong")
    fingerprint = json.loads(run("corpus", "inspect", corpus, "--json")[0])["fingerprint"]
    summary = json.loads(run("corpus", "inspect", scratch / "one", "--json")[0])
    expect(summary["kind"] == "annotations" and summary["made_from"] == {"source": fingerprint}, str(summary))
    expect_words(run("corpus", "inspect", scratch / "one")[0], f"source: made from {fingerprint}")
    expect_words(run("corpus", "peek", scratch / "one", "#2")[0], "paraphrase: " + captions[2][1], "sentence: ", " → ")
    shown = json.loads(run("corpus", "peek", scratch / "one", "#2", "--json")[0])["members"][0]
    expect(shown["rewrites"]["paraphrases"] == captions[2], str(shown)[:400])
    other, _ = run(*arguments, "--out", scratch / "other", "--seed", 2, "--json")
    expect(json.loads(other)["fingerprint"] != report["fingerprint"], "another seed gives other texts")


@check
def paraphrases_come_from_a_file(scratch):
    """rewrite takes paraphrases; a malformed line, an unknown key, a missing lexicon and another kind are refused by name"""
    corpus, captions = pairs(scratch, count=12)
    file = scratch / "same.jsonl"
    file.write_text(json.dumps({"key": "0", "paraphrases": ["something else"]}) + "\n")
    arguments = ["corpus", "rewrite", corpus, "--out", scratch / "out", "--paraphrases", file]
    report = json.loads(run(*arguments, "--json")[0])
    expect(member(scratch / "out", 0, "rewrites.json")["paraphrases"] == ["something else"], "the file's paraphrase is there")
    expect(report["paraphrases"] == 1 + sum(len(own) for own in captions if len(own) > 1), str(report))
    _, err = run(*arguments, code=2)
    expect_words(err, "out exists already")
    arguments[4] = scratch / "next"
    for line, words in (
        ('{"key": "nobody", "paraphrases": []}', "same.jsonl:2: expected the key of a sample of the corpus, found `nobody`"),
        ('{"key": "1", "paraphrases": "a"}', "same.jsonl:2: expected an object with a text `key`"),
        ('{"key": "0", "paraphrases": []}', "same.jsonl:2: expected each key once"),
    ):
        file.write_text('{"key": "0", "paraphrases": []}\n' + line + "\n")
        expect_words(run(*arguments, code=3)[1], words)
    _, err = run("corpus", "rewrite", corpus, "--out", scratch / "next", "--lexicon", scratch, code=2)
    expect_words(err, "expected a dictionary of WordNet 3, found no data.noun", "apt-get install wordnet-base")
    run("corpus", "scenes", "--out", scratch / "scenes", "--count", 5, "--seed", 1)
    _, err = run("corpus", "rewrite", scratch / "scenes/texts", "--out", scratch / "next", code=2)
    expect_words(err, "expected pairs, or regions with captions, found texts")
    run("corpus", "rewrite", corpus, "--out", scratch / "next", "--words", 2000, code=2)
    run("corpus", "rewrite", corpus, "--out", scratch / "next", "--words", 0, "--phrases", 0, "--sentences", 0, code=2)
    expect(not (scratch / "next").exists() and not (scratch / "next.tmp").exists(), "something was left behind")


def interrupted(arguments, scratch, ready):
    """Starts a command, interrupts it as soon as `ready()`; True when it had not ended before."""
    process = subprocess.Popen(
        [running.BINARY, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(),
        cwd=scratch)
    while process.poll() is None and not ready():
        time.sleep(0.002)
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=60)[1].decode()
    if process.returncode == 0:
        return False
    expect(process.returncode == 75, f"exit {process.returncode}:\n{err}")
    expect_words(err, "interrupted; the same command goes on")
    return True


@check
def rewriting_goes_on(scratch):
    """an interrupted rewrite leaves no corpus behind, and the same command makes the bytes of an undisturbed one"""
    corpus, _ = pairs(scratch, count=600)
    arguments = ["corpus", "rewrite", corpus, "--workers", 1, "--out"]
    run(*arguments, scratch / "whole")
    if interrupted([*arguments, scratch / "cut"], scratch, (scratch / "cut.tmp/journal.jsonl").exists):
        expect(not (scratch / "cut").exists(), "an unfinished corpus has its name")
        run(*arguments, scratch / "cut")
    shell("diff -r whole cut", scratch)


@check
def neighbours_are_found(scratch):
    """retrieve finds the most similar images and texts, holds count and threshold, and shows them"""
    images = regions(scratch, "images", 150, seed=2)
    corpus = regions(scratch, "pairs", 40, seed=1, captions=2)
    draw = random.Random(9)
    lines = [caption(draw) for _ in range(200)]
    texts = folder(scratch, "texts-source", {"lines.txt": "\n".join(lines)})
    pack("texts", texts, scratch / "texts")
    arguments = ["corpus", "retrieve", corpus, "--images", images, "--texts", scratch / "texts", "--count", 7]
    out, err = run(*arguments, "--out", scratch / "one", "--workers", 1, "--json")
    report = json.loads(out)
    expect_words(err, "memory of the rank:", "for images", "for texts")
    run(*arguments, "--out", scratch / "three", "--workers", 3)
    shell("diff -r one three", scratch)
    expect(report["images"]["neighbours"] == 7 * 40 and report["texts"]["neighbours"] == 7 * 40, out)
    run(*arguments, "--out", scratch / "near", "--threshold", 0.3)
    for number in range(40):
        found, near = (member(scratch / name, number, "neighbours.json") for name in ("one", "near"))
        for part in ("images", "texts"):
            scores = [neighbour["score"] for neighbour in found[part]]
            expect(scores == sorted(scores, reverse=True) and len(scores) == 7, f"{number}: {scores}")
            expect(near[part] == [one for one in found[part] if one["score"] >= 0.3], f"{number}: {near[part]}")
    expect(json.loads(run("corpus", "verify", scratch / "one", "--json")[0])["sound"], "verify finds nothing wrong")
    made = json.loads(run("corpus", "inspect", scratch / "one", "--json")[0])["made_from"]
    expect(sorted(made) == ["images", "source", "texts"], str(made))
    expect_words(run("corpus", "peek", scratch / "one", "0")[0], "image ", "text lines/", "cosine 0.")
    run("corpus", "retrieve", corpus, "--images", corpus, "--out", scratch / "own", "--count", 3, "--exclude-same")
    for number in range(40):
        own = [neighbour["sample"] for neighbour in member(scratch / "own", number, "neighbours.json")["images"]]
        expect(len(own) == 3 and number not in own, f"{number}: {own}")


@check
def texts_are_compared_by_a_model(scratch):
    """retrieve --checkpoint finds the texts whose embeddings are most like the captions', as `unimo embed` gives them"""
    model = trained(scratch)
    run("corpus", "scenes", "--out", scratch / "scenes", "--count", 90, "--seed", 1, "--side", 32)
    pairs, texts = scratch / "scenes/pairs", scratch / "scenes/texts"
    out, _ = run("corpus", "retrieve", pairs, "--texts", texts, "--checkpoint", model, "--count", 5, "--out",
                 scratch / "one", "--workers", 1, "--json")
    expect(json.loads(out)["texts"]["neighbours"] == 5 * 90, out)
    run("corpus", "retrieve", pairs, "--texts", texts, "--checkpoint", model, "--count", 5, "--out", scratch / "two",
        "--workers", 2)
    shell("diff -r one two", scratch)
    captions, described = (embedded(scratch, model, corpus) for corpus in (pairs, texts))
    for number in range(0, 90, 17):
        cosines = [sum(a * b for a, b in zip(captions[number], other)) for other in described]
        best = sorted(cosines, reverse=True)[:5]
        found = member(scratch / "one", number, "neighbours.json")["texts"]
        for neighbour, cosine in zip(found, best):
            expect(abs(neighbour["score"] - cosine) < 1e-5, f"{number}: {found}, {best}")
            expect(abs(cosines[neighbour["sample"]] - cosine) < 1e-5, f"{number}: {found}, {best}")
    _, err = run("corpus", "retrieve", pairs, "--images", pairs, "--checkpoint", model, "--out", scratch / "no", code=2)
    expect_words(err, "--checkpoint says how texts are compared", "--texts")


def embedded(scratch, model, corpus):
    """The text embeddings of a corpus, a list for each sample."""
    path = scratch / f"{corpus.name}.safetensors"
    run("embed", model, "--corpus", corpus, "--out", path)
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    entry = json.loads(content[8:8 + size])["text_embedding"]
    start, end = (8 + size + place for place in entry["data_offsets"])
    rows, width = entry["shape"]
    values = array.array("f", content[start:end])
    return [values[row * width:(row + 1) * width] for row in range(rows)]


@check
def wrong_searches_are_refused(scratch):
    """retrieve refuses corpora of another kind, and to search in nothing"""
    run("corpus", "scenes", "--out", scratch / "scenes", "--count", 5, "--seed", 1)
    scenes, out = scratch / "scenes", scratch / "out"
    _, err = run("corpus", "retrieve", scenes / "pairs", "--out", out, code=2)
    expect_words(err, "nothing to search in")
    _, err = run("corpus", "retrieve", scenes / "pairs", "--images", scenes / "images", "--out", out, code=2)
    expect_words(err, "expected regions, found images", "images are compared by their regions")
    _, err = run("corpus", "retrieve", scenes / "texts", "--texts", scenes / "texts", "--out", out, code=2)
    expect_words(err, "expected pairs or regions, found texts")
    _, err = run("corpus", "retrieve", scenes / "pairs", "--texts", scenes / "nowhere", "--out", out, code=3)
    expect_words(err, "there is no such directory")
    run("corpus", "retrieve", scenes / "pairs", "--texts", scenes / "texts", "--out", out, "--threshold", 2, code=2)
    expect(not out.exists() and not (scratch / "out.tmp").exists(), "something was left behind")
    report = json.loads(run("corpus", "retrieve", scenes / "pairs", "--texts", scenes / "texts", "--out", out, "--json")[0])
    expect(report["images"] is None and report["texts"]["neighbours"] > 0, str(report))
