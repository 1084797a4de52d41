"""The tiny packed corpora that recipes read: made once, by the binary itself, in the folder where it works."""

import io
import json
import pathlib
import struct
import tarfile
import zipfile

from acceptance.jobs import unimo
from commands import pictures

# Features and classes of regions: of procedural scenes; of an encoder's, as wide as it is; of a detector's.
SCENES = {"width": 192, "classes": 9}
ENCODED = {"width": 16, "classes": 6}
DETECTED = {"width": 8, "classes": 0}
ENCODER = """\
steps: 1
model:
  width: 16
  max_tokens: 24
  image_size: 16
  patch_size: 8
  projection: 8
  vision: {layers: 1, heads: 2, feed_forward: 32}
  text: {layers: 1, heads: 2, feed_forward: 32}
  grounded: {layers: 1, heads: 2, feed_forward: 32}
tokenizer: {directory: tokenizers/plain}
corpora:
  pairs: {kind: pairs, directory: corpora/world/pairs}
mixture:
  - {corpus: pairs, objective: image_text_contrastive, batch_size: 4}
  - {corpus: pairs, objective: masked_language, batch_size: 4}
optimizer: {learning_rate: 1.0e-3}
"""
# Sides of images and captions as no collection has them, and some do.
SIDES = ((1, 1), (1, 60), (90, 2), (7, 7), (33, 20), (16, 16), (8, 120), (3, 3), (25, 24), (64, 64))
CAPTIONS = (
    "x", "a", "🙂", "word", "a red circle", "ein rotes Quadrat über einem grünen", "犬と猫 と 犬", "and " * 700 + "end",
    "a" * 800, "… — ! ? . , ; :",
)


def make(work):
    """Makes corpora, tokenizers and an encoder below `work`."""
    work = pathlib.Path(work)

    def run(*arguments):
        unimo(*arguments, cwd=work)

    for name, count, seed, side in (("world", 40, 5, 16), ("one", 1, 9, 16)):
        arguments = ["--count", count, "--seed", seed, "--held-out", max(1, count // 6), "--side", side]
        run("corpus", "scenes", "--out", f"corpora/{name}", *arguments)
    odd(work)
    run("corpus", "pack", "--kind", "pairs", "--from", "sources/odd", "--out", "corpora/odd/pairs")
    run("corpus", "pack", "--kind", "images", "--from", "sources/odd", "--out", "corpora/odd/images")
    run("corpus", "pack", "--kind", "texts", "--from", "sources/odd-texts", "--out", "corpora/odd/texts")
    classes(work)
    members = ["--from", "sources/classes", "--members", "cls", "--out", "corpora/classes"]
    run("corpus", "pack", "--kind", "pairs", *members)
    for name, more in (("plain", []), ("lower", ["--lowercase"])):
        run("tokenizer", "train", f"tokenizers/{name}", "--from", "corpora/world/texts", "--vocabulary", 290, *more)
    (work / "encoder.yaml").write_text(ENCODER)
    run("train", "encoder.yaml", "--run", "encoder")
    regions(work, run)


def odd(work):
    """Images of every shape with captions of every length, and texts of every length."""
    folder = work / "sources/odd"
    folder.mkdir(parents=True)
    for number, ((width, height), caption) in enumerate(zip(SIDES, CAPTIONS, strict=True)):
        picture = pictures.png(width, height, lambda x, y: (x * 37 % 256, y * 91 % 256, 80))
        (folder / f"{number}.png").write_bytes(picture)
        (folder / f"{number}.json").write_text(json.dumps({"captions": [caption, caption.upper()]}))
    texts = work / "sources/odd-texts"
    texts.mkdir(parents=True)
    (texts / "lines.txt").write_text("".join(f"{text.strip()}\n" for text in CAPTIONS * 2))


def classes(work):
    """Captions with a class beside each, for probes."""
    folder = work / "sources/classes"
    folder.mkdir(parents=True)
    with tarfile.open(folder / "all.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
        for number in range(24):
            word = ("red", "green", "blue")[number % 3]
            picture = pictures.png(9, 9, lambda x, y, number=number: (number * 10, x * 20, y * 20))
            members = {"png": picture, "txt": f"a {word} thing".encode(), "cls": word.encode()}
            for kind, contents in members.items():
                info = tarfile.TarInfo(f"{number:03}.{kind}")
                info.size = len(contents)
                tar.addfile(info, io.BytesIO(contents))


def regions(work, run):
    """Regions of images by the encoder, what is written and found for them, and regions of a detector."""
    encoder = ["--encoder", "encoder", "--grid", 2]
    run("corpus", "regions", "corpora/world/pairs", *encoder, "--classes", ENCODED["classes"],
        "--out", "corpora/regions/pairs")
    same = ["--classes-from", "corpora/regions/pairs.classes.safetensors"]
    run("corpus", "regions", "corpora/world/images", *encoder, *same, "--half-features",
        "--out", "corpora/regions/images")
    run("corpus", "regions", "corpora/world/held-out", *encoder, *same, "--keep-images",
        "--out", "corpora/regions/held-out")
    for name in ("pairs", "held-out"):
        run("corpus", "rewrite", f"corpora/regions/{name}", "--out", f"corpora/regions/rewrites-of-{name}")
    places = ["--images", "corpora/regions/images", "--texts", "corpora/world/texts", "--count", 5]
    run("corpus", "retrieve", "corpora/regions/pairs", *places, "--out", "corpora/regions/neighbours")
    folder = work / "sources/detector"
    folder.mkdir(parents=True)
    for number in range(12):
        (folder / f"{number}.npz").write_bytes(detected(number))
    run("corpus", "pack", "--kind", "regions", "--from", "sources/detector", "--out", "corpora/detector")


def detected(number):
    """An archive of region features as a detector's are published: `number` + 1 boxes."""
    count = number + 1
    boxes = [value for place in range(count) for value in (place, place, place + 20.0, place + 16.0)]
    features = [((number * 7 + value * 13) % 17) / 8 for value in range(count * DETECTED["width"])]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        arrays = {"x": (features, (count, DETECTED["width"])), "bbox": (boxes, (count, 4)), "image_w": ([40.0], (1,)),
                  "image_h": ([40.0], (1,))}
        for name, (values, shape) in arrays.items():
            header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
            header += " " * (63 - (10 + len(header)) % 64) + "\n"
            body = struct.pack(f"<{len(values)}f", *values)
            file.writestr(f"{name}.npy", b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + body)
    return out.getvalue()
