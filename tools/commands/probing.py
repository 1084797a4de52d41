"""What a linear classifier reads off a model's texts."""

import io
import json
import tarfile

from commands.exchange import trained
from commands.running import check, expect, expect_words, run

COLOURS = ("red", "green", "blue")


def labelled(scratch, count, name="texts.tar"):
    """A tar of texts, each with the colour that it names as its class."""
    with tarfile.open(scratch / name, "w") as archive:
        for number in range(count):
            colour = COLOURS[number % 3]
            for member, text in (("txt", f"a large {colour} circle, number {number}"), ("cls", colour)):
                entry = tarfile.TarInfo(f"text-{number:04d}.{member}")
                entry.size = len(text)
                archive.addfile(entry, io.BytesIO(text.encode()))
    return scratch / name


@check
def classes_are_read_off(scratch):
    """a class that texts name is read off even a model of two steps; texts without classes are refused by name"""
    model = trained(scratch)
    source = labelled(scratch, 300)
    run("corpus", "pack", "--kind", "texts", "--from", source, "--members", "cls", "--out", scratch / "labelled")
    run("corpus", "pack", "--kind", "texts", "--from", source, "--out", scratch / "plain")
    out, _ = run("evaluate", "probe", model, "--corpus", scratch / "labelled", "--json")
    table = json.loads(out)
    expect(table["classes"] == 3 and table["trained"] + table["tested"] == 300 and table["tested"] > 30, out)
    expect(table["accuracy"] > 0.95 and table["majority"] < 0.6, out)
    again, _ = run("evaluate", "probe", model, "--corpus", scratch / "labelled", "--json", "--threads", 1)
    expect(again == out, f"{again} with one thread")
    out, _ = run("evaluate", "probe", model, "--corpus", scratch / "labelled")
    expect_words(out, "3 classes", "most frequent class")
    _, err = run("evaluate", "probe", model, "--corpus", scratch / "plain", code=2)
    expect_words(err, "expected a member `cls` that says the class of", "text-0000", "--members cls")
    _, err = run("evaluate", "probe", model, "--corpus", scratch / "labelled", "--limit", 1, code=2)
    expect_words(err, "expected several classes in `cls`")
