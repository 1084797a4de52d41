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
        # Most resident bytes of a training rank as a share of those that were announced.
        self.memory = 0
        self.last = None

    @property
    def recipe(self):
        return self.place / "recipe.yaml"

    def live(self):
        """Goes through everything. Returns the sentence with which it was refused, or None; raises for a fault."""
        self.place.mkdir()
        self.recipe.write_text(self.drawn.text)
        try:
            return self.go_through()
        except TooMuch as reason:
            self.events.append(f"accepted, and left: {reason}")
            return None

    def go_through(self):
        refusals = {}
        for ranks in RANKS:
            try:
                self.train(ranks)
            except Refused as refusal:
                refusals[ranks] = str(refusal)
        ran = [ranks for ranks in RANKS if ranks not in refusals]
        if not ran:
            return refusals[RANKS[0]]
        # More ranks need more memory together, and have smaller slices: a silly recipe may fit one number of them only.
        expect(not refusals or self.drawn.silly, f"refused on one number of ranks, and runs on {ran}: {refusals}")
        self.compare_ranks(ran)
        self.use(self.place / f"whole-{ran[0]}")
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
        if outcome.reason and self.drawn.silly:
            self.leave(name, outcome, ranks)
        expect(not outcome.reason, f"{outcome}")
        return outcome

    def leave(self, name, outcome, ranks):
        """Raises `TooMuch` where a command that was ended here has kept its word so far."""
        announced = outcome.announced
        if name == "train":
            silent = announced is None and "resident" in outcome.reason
            expect(not silent, f"takes memory before it says how much: {outcome}")
        if announced is not None:
            expect(announced * ranks < TOTAL, f"announces more than the machine has, and starts: {outcome}")
            self.expect_memory(outcome)
        raise TooMuch(f"{name} {outcome.reason}")

    def expect_memory(self, outcome):
        announced = outcome.announced
        expect(announced is not None, f"no line says what a rank needs: {outcome}")
        most = max(outcome.peaks)
        self.memory = max(self.memory, most / announced)
        expect(most <= announced, f"a rank had {most / 1e6:.0f} MB resident, more than was announced: {outcome}")

    def refuse(self, outcome, codes=(2, 3, 4)):
        """Raises `Refused` where a command has refused its work in order."""
        if outcome.code == 0:
            return
        expect(outcome.code in codes, f"unexpected exit code: {outcome}")
        # Each rank may have met a bad sample of its own; anything else is known to all of them together.
        most = RANKS[-1] if outcome.code == 3 else 1
        count = len(outcome.complaints)
        expect(1 <= count <= most, f"{count} messages, not one sentence: {outcome}")
        sentence = outcome.complaints[0]
        expect(20 < len(sentence) < 1000, f"a message of {len(sentence)} characters: {outcome}")
        raise Refused(f"{outcome.code} {sentence.removeprefix('unimo: ')}")

    # Training

    def train(self, ranks):
        """The undisturbed run, and one that is stopped and resumed: the same bits."""
        whole = f"whole-{ranks}"
        outcome = self.run("train", *self.training(whole), ranks=ranks)
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

    def training(self, name):
        return ["train", self.recipe.relative_to(self.work), "--run", f"{self.name}/{name}"]

    def part(self, name, ranks):
        """Trains until it is stopped, then to the end."""
        arguments = self.training(name)
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
                values = f"{row[key]} in {whole}, {again[key]} in {parted}"
                expect(row[key] == again[key], f"{key} of step {row['step']}: {values}")
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
