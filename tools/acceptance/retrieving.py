"""Retrieval on several ranks: what it finds, and how it ends."""

import hashlib

from acceptance.checks import check, once
from acceptance.jobs import Job, expect, expect_words, unimo

RANKS = (2, 3)


def contents(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@once
def scenes(scratch):
    """Captioned scenes and texts about others."""
    unimo("corpus", "scenes", "--out", scratch / "scenes", "--count", 700, "--seed", 4, "--side", 16, cwd=scratch)
    return scratch / "scenes"


def retrieve(scratch, name, ranks=0, code=0):
    places = [scenes(scratch) / "pairs", "--texts", scenes(scratch) / "texts", "--out", scratch / name]
    arguments = ["corpus", "retrieve", *places, "--count", 9, "--workers", 1]
    return Job(*arguments, ranks=ranks, cwd=scratch).wait(code)


@once
def alone(scratch):
    retrieve(scratch, "alone")
    return contents(scratch / "alone")


for ranks in RANKS:

    @check(f"retrieve on {ranks} ranks writes the bytes that one rank writes")
    def same_bytes(scratch, ranks=ranks):
        text = retrieve(scratch, f"ranks-{ranks}", ranks)
        expect_words(text, f"memory of each of {ranks} ranks", "700 pairs")
        expect(text.count("similar texts") == 1, f"more than one rank reports:\n{text}")
        found = contents(scratch / f"ranks-{ranks}")
        expect(found == alone(scratch), f"{found}")
        return f"{len(found)} files equal"


@check("retrieve on ranks ends in order where the place is taken, with one message")
def taken(scratch):
    retrieve(scratch, "taken")
    text = retrieve(scratch, "taken", ranks=2, code=2)
    expect(text.count("taken exists already") == 1, text)
    return "exit 2"
