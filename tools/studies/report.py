"""Means, differences with their standard errors, and the page that shows them."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    mean: float
    # Of the mean; nan for a single seed.
    standard_error: float

    @classmethod
    def of(cls, values):
        mean = math.fsum(values) / len(values)
        if len(values) < 2:
            return cls(mean, math.nan)
        variance = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
        return cls(mean, math.sqrt(variance / len(values)))

    @property
    def is_beyond_two_errors(self):
        return abs(self.mean) > 2 * self.standard_error


def chance_beyond_two_errors(seeds):
    """How often a difference that is nothing but chance is larger than two standard errors (Student's t)."""
    freedom = seeds - 1
    scale = math.gamma((freedom + 1) / 2) / math.gamma(freedom / 2) / math.sqrt(freedom * math.pi)
    steps = 2000
    middles = ((number + 0.5) * 2 / steps for number in range(steps))
    within = 2 * math.fsum(scale * (1 + t * t / freedom) ** (-(freedom + 1) / 2) for t in middles) * 2 / steps
    return 1 - within


class Results:
    """The finished runs of a study, by data set, cell and seed."""

    def __init__(self, jobs):
        self.values = {(job.data.name, job.cell.name, job.seed): job.result() for job in jobs}

    def has(self, data):
        return any(key[0] == data.name and value for key, value in self.values.items())

    def seeds(self, data, *cells):
        """Seeds of which all these cells are done."""
        every = sorted({seed for _, _, seed in self.values})
        return [s for s in every if all(self.values.get((data.name, cell, s)) for cell in cells)]

    def measures(self, data, metric):
        """Whether the runs of a data set have this number."""
        return any(key[0] == data.name and value and metric.path[0] in value for key, value in self.values.items())

    def number(self, data, cell, seed, metric):
        part, name = metric.path
        return self.values[data.name, cell, seed][part][name]

    def mean(self, data, cell, metric):
        seeds = self.seeds(data, cell)
        return Estimate.of([self.number(data, cell, s, metric) for s in seeds]) if seeds else None

    def difference(self, data, comparison, metric):
        """Seed by seed; None where nothing has been measured."""
        seeds = self.seeds(data, comparison.more, comparison.less)
        if not seeds or not self.measures(data, metric):
            return None
        scaled = math.log if metric.compares_logarithms else float
        return Estimate.of([
            scaled(self.number(data, comparison.more, s, metric)) - scaled(self.number(data, comparison.less, s, metric))
            for s in seeds
        ])

    def seconds(self):
        return math.fsum(value["seconds"] for value in self.values.values() if value)


def digits(metric):
    return 2 if metric.lower_is_better or metric.name == "CIDEr" else 3


def digits_of_difference(metric):
    return 3 if metric.compares_logarithms else digits(metric)


def table(columns, rows):
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def page(study, results, picture):
    """The study as Markdown."""
    parts = [
        f"# {study.title}", "", f"Made by `tools/study {study.name}`. {study.note}", "",
        f"![Differences with two standard errors]({picture})",
    ]
    for data in study.data:
        if not results.has(data):
            continue
        seeds = max(len(results.seeds(data, cell.name)) for cell in study.cells_of(data))
        parts += [
            "", f"## {data.title[0].upper()}{data.title[1:]}", "",
            f"{data.steps} steps, {seeds} seed{'s' if seeds != 1 else ''}, {data.candidates} candidates. Means:", "",
            means(study, results, data), "",
            "Differences, seed by seed, ± two standard errors; bold where they are larger than that:", "",
            differences(study, results, data),
        ]
        if seeds > 1:
            parts += ["", by_chance(varying(study, results, data), seeds)]
    return "\n".join(parts) + "\n"


def varying(study, results, data):
    """How many differences are not the same with every seed."""
    found = [
        results.difference(data, comparison, metric)
        for comparison in study.comparisons_of(data) for metric in measured(study, results, data)
    ]
    return sum(1 for difference in found if difference and difference.standard_error > 0)


def by_chance(cells, seeds):
    share = chance_beyond_two_errors(seeds)
    return (
        f"Chance alone is larger than two standard errors of {seeds} seeds in {100 * share:.0f} of 100 cases: "
        f"about {cells * share:.0f} of the {cells} differences that vary would be bold if nothing mattered.")


def measured(study, results, data):
    return [metric for metric in study.metrics if results.measures(data, metric)]


def header(metrics, name=lambda metric: metric.name):
    return ["", *(name(metric) + (" ↓" if metric.lower_is_better else "") for metric in metrics)]


def means(study, results, data):
    metrics = measured(study, results, data)
    rows = []
    for cell in study.cells_of(data):
        found = [results.mean(data, cell.name, metric) for metric in metrics]
        rows.append([f"**{cell.name}**: {cell.title}"] + [
            "–" if estimate is None else f"{estimate.mean:.{digits(metric)}f}"
            for estimate, metric in zip(found, metrics)
        ])
    return table(header(metrics), rows)


def differences(study, results, data):
    def cell(comparison, metric):
        found = results.difference(data, comparison, metric)
        if found is None:
            return "–"
        places = digits_of_difference(metric)
        if math.isnan(found.standard_error):
            return f"{found.mean:+.{places}f}"
        text = f"{found.mean:+.{places}f} ± {2 * found.standard_error:.{places}f}"
        return f"**{text}**" if found.is_beyond_two_errors else text

    metrics = measured(study, results, data)
    rows = [
        [f"{comparison.name} ({comparison.title})"] + [cell(comparison, metric) for metric in metrics]
        for comparison in study.comparisons_of(data)
    ]
    return table(header(metrics, lambda metric: metric.name_of_difference), rows)
