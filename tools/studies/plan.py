"""What a study is made of."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class DataSet:
    name: str
    title: str
    # Of every run.
    steps: int
    # Held-out pairs that retrieval chooses among.
    candidates: int


@dataclass(frozen=True)
class Cell:
    """One way to train."""

    name: str
    title: str
    # P, I, T: pairs, images, texts.
    learns_from: str
    # How codes are chosen; None without a dictionary.
    scores: str | None


@dataclass(frozen=True)
class Comparison:
    """The difference of two cells, `more` minus `less`."""

    name: str
    title: str
    more: str
    less: str


@dataclass(frozen=True)
class Metric:
    name: str
    title: str
    # Where the number stands in a run's result.
    path: tuple[str, str]
    lower_is_better: bool = False


@dataclass(frozen=True)
class Study:
    name: str
    title: str
    # What a reader must know of all the runs.
    note: str
    # (data set, cell, seed, steps, folder of packed corpora) → recipe
    recipe: Callable[..., str]
    data: list[DataSet]
    cells: list[Cell]
    comparisons: list[Comparison]
    metrics: list[Metric]
