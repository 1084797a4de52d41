"""Trains and evaluates the cells of a study, one after another; finished ones are not done again."""

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from studies.plan import Cell, DataSet, HeldOut, Study


class Failure(Exception):
    """A run that could not be finished; says where its log is."""


@dataclass(frozen=True)
class Launch:
    """How runs are started."""

    unimo: str
    ranks: int
    # Overrides the data sets' steps; for trials.
    steps: int | None
    # Overrides the number of held-out pairs.
    candidates: int | None

    def command(self):
        return ["mpirun", "-np", str(self.ranks), self.unimo] if self.ranks > 1 else [self.unimo]


@dataclass(frozen=True)
class Job:
    study: Study
    data: DataSet
    cell: Cell
    seed: int
    # The study's.
    folder: Path
    # Where the real corpora are.
    files: Path

    @property
    def name(self):
        return f"{self.data.name}, {self.cell.name}, seed {self.seed}"

    @property
    def directory(self):
        return self.folder / self.data.name / self.cell.name / f"seed-{self.seed}"

    @property
    def result_path(self):
        return self.directory / "result.json"

    def result(self):
        """Of a finished job; None of another."""
        return json.loads(self.result_path.read_text()) if self.result_path.exists() else None

    def run(self, launch):
        """Trains (going on where it was interrupted), evaluates, and writes the result."""
        self.directory.mkdir(parents=True, exist_ok=True)
        recipe = self.directory / "recipe.yaml"
        recipe.write_text(
            self.study.recipe(self.data, self.cell, self.seed, launch.steps or self.data.steps, self.files))
        model = self.directory / "run"
        started = time.monotonic()
        self.logged([*launch.command(), "train", str(recipe), "--run", str(model)])
        trained = time.monotonic() - started
        result = {"seconds": round(trained, 1), **self.evaluated(launch, model)}
        partial = self.result_path.with_suffix(".partial")
        partial.write_text(json.dumps(result, indent=1) + "\n")
        partial.rename(self.result_path)

    def evaluated(self, launch, model):
        def ask(what, corpus, *options):
            return json.loads(self.logged(
                [launch.unimo, "evaluate", what, str(model), "--corpus", str(corpus), "--json", *options], keeps=True))

        held_out = HeldOut(self.data, launch.candidates or self.data.candidates, self.files)
        return self.study.evaluate(ask, held_out)

    def logged(self, command, keeps=False):
        """Runs a command; what it says goes to the job's log, what it prints too unless kept."""
        log = self.directory / "log.txt"
        environment = os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        with log.open("ab") as stream:
            stream.write(f"$ {' '.join(command)}\n".encode())
            stream.flush()
            done = subprocess.run(
                command, stdout=subprocess.PIPE if keeps else stream, stderr=stream, stdin=subprocess.DEVNULL,
                env=environment)
        if done.returncode:
            raise Failure(f"{self.name}: exit code {done.returncode}; see {log}")
        return done.stdout.decode() if keeps else ""


def in_words(seconds):
    minutes = round(seconds / 60)
    return f"{seconds:.0f} s" if seconds < 90 else f"{minutes} min" if minutes < 90 else f"{seconds / 3600:.1f} h"


def run_all(jobs, launch, say):
    """Runs what is not done yet, telling how far it is and how long the rest may take."""
    waiting = [job for job in jobs if job.result() is None]
    say(f"{len(jobs)} runs, {len(jobs) - len(waiting)} done before")
    started = time.monotonic()
    expected = sum(job.data.steps for job in waiting)
    finished = 0
    for number, job in enumerate(waiting, 1):
        say(f"[{number}/{len(waiting)}] {job.name} …")
        begun = time.monotonic()
        job.run(launch)
        finished += job.data.steps
        now = time.monotonic()
        left = (now - started) / finished * (expected - finished)
        say(f"    {in_short(job)}; {in_words(now - begun)}, {in_words(left)} left")


def in_short(job):
    """The first and the last number that a finished job has."""
    result = job.result()
    told = [metric for metric in job.study.metrics if metric.path[0] in result]
    return ", ".join(f"{metric.name} {result[metric.path[0]][metric.path[1]]:.3f}" for metric in (told[0], told[-1]))
