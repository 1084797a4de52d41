"""What a recipe goes through, and what must be true of it."""

import itertools
import json
import math
import os
import shutil

from acceptance.jobs import expect
from fuzzing import programs
from fuzzing.recipes import folder

RANKS = (1, 2)
# Loss of the first step on two ranks against one, relative; and what counts as nothing.
AGREEMENT, NOTHING = 1e-4, 1e-6
LIMIT, LIMIT_OF_SILLY = 120, 60
TOTAL = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE")


class Refused(Exception):
    """A command refused its work in order, with this sentence."""


class TooMuch(Exception):
    """A silly recipe was accepted, and takes more time or memory than is spent here."""


class Life:
    """A drawn recipe below the folder `work`, and all that is done with it there."""

    def __init__(self, drawn, work):
        self.drawn = drawn
        self.work = work
        self.name = folder(drawn.seed)
        self.place = work / self.name
        self.numbers = itertools.count(1)
        # What happened, for the tally.
        self.events = []
        self.last = None

    @property
    def recipe(self):
        return self.place / "recipe.yaml"

    def live(self):
        """Goes through everything. Returns the sentence with which it was refused, or None; raises for a fault."""
        self.place.mkdir()
        self.recipe.write_text(self.drawn.text)
        refusals = {}
        for ranks in RANKS:
            try:
                self.train(ranks)
            except Refused as refusal:
                refusals[ranks] = str(refusal)
            except TooMuch as reason:
                self.events.append(f"accepted, left running: {reason}")
                return None
        if refusals:
            # More ranks need more memory together, and have smaller slices: a silly recipe may fit one of them only.
            agree = len(refusals) == len(RANKS) or self.drawn.silly
            expect(agree, f"refused on {', '.join(map(str, refusals))} of {RANKS} ranks: {refusals}")
            if len(refusals) == len(RANKS):
                return refusals[RANKS[0]]
        self.compare_ranks([ranks for ranks in RANKS if ranks not in refusals])
        self.use(self.place / f"whole-{next(ranks for ranks in RANKS if ranks not in refusals)}")
        return None

    def clear(self):
        shutil.rmtree(self.place, ignore_errors=True)

    # Commands

    def run(self, name, *arguments, ranks=1, ready_to_stop=None):
        limit = LIMIT_OF_SILLY if self.drawn.silly else LIMIT
        log = self.place / f"{next(self.numbers):02}-{name}.log"
        outcome = programs.run(arguments, ranks, self.work, log, limit, TOTAL, ready_to_stop)
        self.last = outcome
        expect(not outcome.trapped, f"trapped: {outcome}")
        if outcome.reason and self.drawn.silly and self.may_run(outcome, ranks):
            raise TooMuch(f"{name} {outcome.reason.split(' ')[0]} too long or too much")
        expect(not outcome.reason, f"{outcome}")
        return outcome

    def may_run(self, outcome, ranks):
        """Whether a run that is not waited for keeps what it said so far."""
        announced = outcome.announced
        if announced is None:
            return "resident" not in outcome.reason
        expect(announced * ranks < TOTAL, f"announces more than the machine has, and starts: {outcome}")
        self.expect_memory(outcome)
        return True

    def expect_memory(self, outcome):
        announced = outcome.announced
        expect(announced is not None, f"no line says what a rank needs: {outcome}")
        most = max(outcome.peaks)
        expect(most <= announced, f"a rank had {most / 1e6:.0f} MB resident, more than was announced: {outcome}")

    def refuse(self, outcome, codes=(2, 3, 4)):
        """Raises `Refused` where a command has refused its work in order."""
        if outcome.code == 0:
            return
        expect(outcome.code in codes, f"unexpected exit code: {outcome}")
        expect(len(outcome.complaints) == 1, f"{len(outcome.complaints)} messages, not one sentence: {outcome}")
        sentence = outcome.complaints[0]
        expect(20 < len(sentence) < 1000, f"a message of {len(sentence)} characters: {outcome}")
        raise Refused(f"{outcome.code} {sentence.removeprefix('unimo: ')}")

    # Training

    def train(self, ranks):
        """The undisturbed run, and one that is stopped and resumed: the same bits."""
        whole = f"whole-{ranks}"
        outcome = self.run("train", "train", self.recipe.relative_to(self.work), "--run", f"{self.name}/{whole}", ranks=ranks)
        rows = self.rows(whole)
        if outcome.code != 0:
            expect(not rows, f"refused after {len(rows)} steps: {outcome}")
        self.refuse(outcome)
        self.expect_memory(outcome)
        self.expect_finite(rows, outcome)
        if self.drawn.silly:
            return
        parted = f"parted-{ranks}"
        self.part(parted, ranks)
        self.expect_same(whole, parted)

    def part(self, name, ranks):
        """Trains until it is stopped, then to the end."""
        arguments = ["train", self.recipe.relative_to(self.work), "--run", f"{self.name}/{name}"]
        if self.drawn.stop:
            outcome = self.run("stopped", *arguments, "--set", f"steps={self.drawn.stop}", ranks=ranks)
            expect(outcome.code == 0, f"the shorter run failed: {outcome}")
            self.events.append("stopped by steps")
        else:
            metrics = self.place / name / "metrics.jsonl"

            def has_row():
                return metrics.exists() and metrics.stat().st_size > 0

            outcome = self.run("stopped", *arguments, ranks=ranks, ready_to_stop=has_row)
            expect(outcome.code in (0, 75), f"a run that was asked to stop failed: {outcome}")
            self.events.append("stopped by a signal" if outcome.code == 75 else "ended before the signal")
            if outcome.code == 75:
                expect("stopped on request" in outcome.text, f"no word of the stop: {outcome}")
        outcome = self.run("resumed", *arguments, ranks=ranks)
        expect(outcome.code == 0, f"resuming failed: {outcome}")
        self.expect_memory(outcome)

    def rows(self, name, file="metrics.jsonl"):
        path = self.place / name / file
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def expect_finite(self, rows, outcome):
        for row in rows:
            losses = [batch["loss"] for batch in row["batches"]]
            finite = all(isinstance(loss, (int, float)) and math.isfinite(loss) for loss in losses)
            fine = finite and not row["skipped"] or self.drawn.silly
            expect(fine, f"losses {losses} of step {row['step']}, skipped: {row['skipped']}: {outcome}")

    def expect_same(self, whole, parted):
        one, other = self.rows(whole), self.rows(parted)
        expect(len(one) == len(other), f"{whole} has {len(one)} steps and {parted} {len(other)}")
        for row, again in zip(one, other):
            for key in ("step", "batches", "lr", "grad_norm", "skipped"):
                expect(row[key] == again[key], f"{key} of step {row['step']}: {row[key]} in {whole}, {again[key]} in {parted}")
        held_out = {row["step"]: row["losses"] for row in self.rows(whole, "validation.jsonl")}
        for row in self.rows(parted, "validation.jsonl"):
            expected = held_out.get(row["step"], row["losses"])
            expect(row["losses"] == expected, f"step {row['step']} held out: {expected} and, resumed, {row['losses']}")
        folders = [max((self.place / name / "checkpoints").glob("step-*")) for name in (whole, parted)]
        for path in folders[0].glob("*.safetensors"):
            same = path.read_bytes() == (folders[1] / path.name).read_bytes()
            expect(same, f"{path.name} of the last checkpoints differs: {folders[0]} and {folders[1]}")

    def compare_ranks(self, ranks):
        """The first step's losses are the same on any number of ranks, to rounding; samples and order exactly."""
        firsts = [rows[0]["batches"] if (rows := self.rows(f"whole-{count}")) else [] for count in ranks]
        for other in firsts[1:]:
            for one, two in zip(firsts[0], other, strict=True):
                same = all(one[key] == two[key] for key in ("objective", "corpus", "samples", "tokens"))
                expect(same, f"different first batches: {one} and {two}")
                if not all(isinstance(batch["loss"], (int, float)) for batch in (one, two)):
                    continue
                limit = AGREEMENT * max(abs(one["loss"]), abs(two["loss"])) + NOTHING
                expect(abs(one["loss"] - two["loss"]) <= limit, f"first step on {ranks} ranks: {one} and {two}")

    # What is done with a trained model

    def use(self, run):
        """Evaluates, embeds, verifies and exports the run's newest checkpoint."""
        path = run.relative_to(self.work)
        for command in self.drawn.evaluations:
            words = 2 if command[0] == "evaluate" else 1
            out = ["--out", f"{self.name}/embedded.safetensors"] if command[0] == "embed" else []
            name = " ".join(command[:words])
            outcome = self.run(command[words - 1], *command[:words], path, *command[words:], *out)
            try:
                self.refuse(outcome, codes=(2, 3))
                self.events.append(name)
            except Refused as refusal:
                self.events.append(f"{name} refused: {refusal}")
        outcome = self.run("verify", "checkpoint", "verify", path)
        expect(outcome.code == 0, f"verifying failed: {outcome}")
        outcome = self.run("export", "checkpoint", "export", path, "--out", f"{self.name}/exported")
        expect(outcome.code == 0, f"exporting failed: {outcome}")
