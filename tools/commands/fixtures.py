"""A trained model and what was exported from it, made once for all checks that only read them."""

import atexit
import functools
import hashlib
import json
import pathlib
import shutil
import struct
import tempfile

from commands.running import ROOT, run

RECIPE = ROOT / "recipes/unimo2-debug.yaml"
SHORT = ("--set", "steps=2", "--set", "schedule.warmup_steps=1", "--set", "validation.samples=8")


@functools.cache
def place():
    path = pathlib.Path(tempfile.mkdtemp(prefix="unimo-fixtures-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@functools.cache
def trained():
    """A run of two steps of the debugging recipe."""
    run("train", RECIPE, "--run", place() / "run", *SHORT)
    return place() / "run"


@functools.cache
def checkpoint():
    return trained() / "checkpoints/step-00000002"


@functools.cache
def exported():
    """`text/` and `vision/` as `save_pretrained` writes them."""
    run("checkpoint", "export", trained(), "--out", place() / "exported")
    return place() / "exported"


@functools.cache
def scenes():
    """Corpora of procedural scenes: pairs, images, texts."""
    run("corpus", "scenes", "--out", place() / "scenes", "--count", 40, "--seed", 3, "--side", 32)
    return place() / "scenes"


def copied(source, scratch, name):
    """A copy that a check may damage."""
    target = scratch / name
    shutil.rmtree(target, ignore_errors=True)
    return pathlib.Path(shutil.copytree(source, target))


def sealed(directory):
    """The directory with a manifest over what its files are now."""
    names = sorted(file.name for file in directory.iterdir() if file.name != "manifest.sha256")
    lines = (f"{hashlib.sha256((directory / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (directory / "manifest.sha256").write_text("".join(lines))
    return directory


def edited(path, **values):
    """Changes keys of a JSON file; `...` takes one away."""
    document = json.loads(path.read_text()) | values
    path.write_text(json.dumps({key: value for key, value in document.items() if value is not ...}, indent=1))


def header(path):
    """The header of a safetensors file and where its data begins."""
    contents = path.read_bytes()
    length = struct.unpack("<Q", contents[:8])[0]
    return json.loads(contents[8 : 8 + length]), 8 + length


def rewritten(path, change, more=b""):
    """Writes a safetensors file anew with its header changed and bytes added behind its data."""
    entries, start = header(path)
    data = path.read_bytes()[start:]
    change(entries, len(data))
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data + more)


def spoiled(path, name, value, element=3):
    """Puts a number into a tensor of a safetensors file."""
    entries, start = header(path)
    place = start + entries[name]["data_offsets"][0] + 4 * element
    contents = bytearray(path.read_bytes())
    contents[place : place + 4] = struct.pack("<f", value)
    path.write_bytes(contents)
