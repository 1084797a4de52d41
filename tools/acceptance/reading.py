"""What a run says of reading its corpora."""

from acceptance.checks import check
from acceptance.corpora import Corpora
from acceptance.jobs import PACKED, Run, expect, expect_words, shell


def last_reading(run):
    """The last row's figures by corpus, after a look at which rows have some."""
    steps = [row["step"] for row in run.rows if "reading" in row]
    expect(steps == [49, 59], f"reading is in the rows of steps {steps}")
    return {row["corpus"]: row for row in run.rows[-1]["reading"]}


@check("metrics.jsonl says over all ranks what was read and used of each corpus, and the log says it at the end")
def reading_in_metrics(scratch):
    Corpora(scratch)
    sets = ["steps=60", "schedule.total_steps=60"]
    amplification = {}
    for ranks in (0, 2):
        run = Run(scratch, f"run-{ranks}", recipe=PACKED, sets=sets, ranks=ranks)
        text = run.train()
        found = last_reading(run)
        expect(sorted(found) == ["held-out", "images", "pairs", "texts"], f"{sorted(found)}")
        for name, row in found.items():
            expect(row["amplification"] == row["read"] / row["used"] and row["retries"] == 0, f"{row}")
            expect(row["relatives_used"] == 0, f"nothing was bad: {row}")
            expect_words(text, f"corpus {name}: ")
        # Small corpora stay in memory: each rank reads them once.
        expect(0 < found["pairs"]["amplification"] < 1, f"{found['pairs']}")
        amplification[ranks] = found
    once, twice = (amplification[ranks]["pairs"]["read"] for ranks in (0, 2))
    expect(twice == 2 * once, f"{once} bytes of pairs were read by one rank, {twice} by two")
    # 90 batches of pairs with 6 samples of at least two headers and a picture each, and some decoded ahead.
    expect(all(found["pairs"]["used"] > 540 * 2048 for found in amplification.values()), f"{amplification}")
    return f"{amplification[0]['pairs']}"


@check("stand-ins of bad samples, and reads that were tried again, are counted and logged, and change nothing else")
def stand_ins_and_retries(scratch):
    Corpora(scratch).spoil("pairs", image=3, caption=8)
    sets = ["steps=60", "schedule.total_steps=60"]
    whole, retried = (Run(scratch, name, recipe=PACKED, sets=sets) for name in ("whole", "retried"))
    whole.train()
    text = retried.train(environment={"UNIMO_FAULT": "corpus.read:4:fail"})
    expect_words(text, "warning:", "reading failed (attempt 1 of at most 4), again in 0.1 s")
    expect_words(text, "failed reads tried again")
    found = last_reading(retried)
    expect(found["pairs"]["relatives_used"] > 0, f"{found['pairs']}")
    expect(sum(row["retries"] for row in found.values()) == 1, f"{found}")
    expect(sum(row["retries"] for row in last_reading(whole).values()) == 0, "nothing failed")
    whole.expect_same_weights(retried)


@check("with loader.stage the corpora are copied once, a failed read is tried again, and the result is the same")
def staging(scratch):
    corpora = Corpora(scratch)
    own, staged = (Run(scratch, name, recipe=PACKED) for name in ("own", "staged"))
    own.train()
    disk = scratch / "disk"
    text = staged.train(f"loader.stage={disk}", environment={"UNIMO_FAULT": "corpus.read:1:fail"})
    expect_words(text, "reading failed (attempt 1 of at most 4)", "corpus pairs is read from")
    own.expect_same_weights(staged)
    copies = sorted(disk.iterdir())
    expect([path.name.rsplit("-", 1)[0] for path in copies] == ["held-out", "images", "pairs", "texts"], f"{copies}")
    for copy in copies:
        shell(f"diff -r {copy} {corpora.path / copy.name.rsplit('-', 1)[0]}", scratch)
    before = [path.stat().st_mtime_ns for path in sorted(disk.rglob("*"))]
    again = Run(scratch, "again", recipe=PACKED, ranks=2)
    again.train(f"loader.stage={disk}")
    expect(before == [path.stat().st_mtime_ns for path in sorted(disk.rglob("*"))], "the copies were made again")
