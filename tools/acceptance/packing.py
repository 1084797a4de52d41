"""Packing that is killed and started again. UNIMO_KILLS says how many times (default 6)."""

import gzip
import hashlib
import io
import json
import os
import random
import shutil
import signal
import tarfile
import time

from acceptance.checks import check
from acceptance.jobs import Job, expect, expect_words

KILLS = int(os.environ.get("UNIMO_KILLS", "6"))
WORDS = "the small red circle stands on a white ground beside nothing else but two larger blue squares".split()


def sentences(random, count):
    return " ".join(" ".join(random.choices(WORDS, k=random.randint(3, 14))).capitalize() + "." for _ in range(count))


def add(archive, name, text):
    info = tarfile.TarInfo(name)
    info.size = len(text)
    archive.addfile(info, io.BytesIO(text))


def make_sources(folder):
    """Texts of four kinds: long documents, lines, JSON lines, and archives in gzip and plain."""
    source = random.Random(7)
    folder.mkdir()
    for number in range(6):
        (folder / f"book-{number}.txt").write_text("\n\n".join(sentences(source, 400) for _ in range(20)))
    (folder / "lines.txt").write_text("\n".join(sentences(source, 2) for _ in range(9000)))
    rows = (json.dumps({"key": f"row-{n}", "text": sentences(source, 6)}) for n in range(6000))
    (folder / "rows.jsonl.gz").write_bytes(gzip.compress("\n".join(rows).encode(), 1))
    for name in ("a.tar", "b.tar.gz"):
        with tarfile.open(folder / name, "w:gz" if name.endswith("gz") else "w") as archive:
            for number in range(3000):
                add(archive, f"{number:06}.cls", b"3")
                add(archive, f"{number:06}.txt", sentences(source, 5).encode())


def contents(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


class Packing:
    def __init__(self, scratch, workers=2):
        self.scratch, self.out, self.staging = scratch, scratch / "out", scratch / "out.tmp"
        self.arguments = [
            "corpus", "pack", "--kind", "texts", "--from", scratch / "in", "--out", self.out, "--max-bytes", "300B",
            "--shard-size", "64KiB", "--frame-size", "8KiB", "--workers", workers,
        ]

    def start(self, *more):
        return Job(*self.arguments, *more, cwd=self.scratch)

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.rmtree(self.staging, ignore_errors=True)


@check(f"packing killed at {KILLS} random moments and started again gives the same bytes")
def killed_packing(scratch):
    make_sources(scratch / "in")
    packing = Packing(scratch)
    started = time.monotonic()
    packing.start().wait()
    duration = time.monotonic() - started
    wanted = contents(packing.out)
    source = random.Random(11)
    killed, resumed, shards = 0, 0, 0
    for trial in range(KILLS):
        packing.clear()
        # Every third attempt is killed a second time, while it goes on.
        for _ in range(2 if trial % 3 == 2 else 1):
            job = packing.start()
            # Spread evenly over the work's duration, and at random within each part.
            time.sleep(duration * (trial + source.random()) / KILLS * 0.98)
            killed += job.kill()
            expect(not packing.out.exists() or contents(packing.out) == wanted, "half a corpus has the final name")
        if packing.out.exists() and not packing.staging.exists():
            continue
        text = packing.start().wait()
        if "going on after" in text:
            resumed += 1
            shards += int(text.split("going on after ")[1].split()[0])
        expect(contents(packing.out) == wanted, f"trial {trial}: other bytes")
        expect(not packing.staging.exists(), "the staging directory is left")
    return f"{len(wanted)} files in {duration:.1f} s; {killed} kills, {resumed} went on after {shards} shards in all"


@check("packing interrupted by Ctrl-C exits with 75 and goes on; other options are refused until --afresh")
def interrupted_packing(scratch):
    make_sources(scratch / "in")
    packing = Packing(scratch, workers=1)
    job = packing.start()
    job.wait_for("three shards", lambda: len(list(packing.staging.glob("corpus/shard-*.tar.zst"))) > 3)
    job.process.send_signal(signal.SIGINT)
    expect_words(job.wait(code=75), "the same command goes on")
    expect(not packing.out.exists(), "a part of a corpus appeared")
    message = packing.start("--text-unit", "lines").wait(code=2)
    expect_words(message, "finished shards of an interrupted attempt", "other options", "--afresh")
    (scratch / "in/new.txt").write_text("one more")
    expect_words(packing.start().wait(code=2), "the sources have changed", "--afresh")
    (scratch / "in/new.txt").unlink()
    expect_words(packing.start("--workers", 3).wait(), "going on after")
    first = contents(packing.out)
    packing.clear()
    packing.start("--afresh", "--workers", 5).wait()
    expect(contents(packing.out) == first, "the bytes depend on the interruption or on the workers")
