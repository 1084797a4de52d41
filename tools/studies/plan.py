"""What a study is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent


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
    # What the study's recipes go by.
    way: object
    # Names of the data sets that have it; None: all.
    data: tuple[str, ...] | None = None


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
    # Where the number stands in a run's result, where it has one.
    path: tuple[str, str]
    lower_is_better: bool = False
    # Differences are those of logarithms: of perplexities they are nats of a token, and data sets compare.
    compares_logarithms: bool = False

    @property
    def name_of_difference(self):
        return f"ln {self.name}" if self.compares_logarithms else self.name


BLEU = Metric("BLEU-4", "captions, BLEU-4", ("captions", "bleu4"))
CIDER = Metric("CIDEr", "captions, CIDEr-D", ("captions", "cider"))
PERPLEXITIES = [
    Metric(name, title, ("language", sight), lower_is_better=True, compares_logarithms=True)
    for name, title, sight in (
        ("PPL text", "perplexity, text alone", "text_alone"), ("PPL image", "perplexity, beside the image", "beside_image"))
]


@dataclass(frozen=True)
class HeldOut:
    """What a run is evaluated on."""

    data: DataSet
    # Of retrieval: the data set's, or a trial's.
    candidates: int
    # Where the real corpora are.
    files: Path

    def scenes(self, count):
        """Held-out scenes of another seed than any corpus of training has."""
        return f"scenes:{count}:4:2"


@dataclass(frozen=True)
class Study:
    name: str
    title: str
    # What a reader must know of all the runs.
    note: str
    # (program, folder of the real corpora): makes the files that the stamps' recipes name.
    prepare: Callable[[str, Path], None]
    # (data set, cell, seed, steps, folder of the real corpora) → recipe
    recipe: Callable[..., str]
    # (ask(what, corpus, *options) → JSON of `unimo evaluate`, what is held out) → result
    evaluate: Callable[[Callable[..., dict], HeldOut], dict]
    data: list[DataSet]
    cells: list[Cell]
    comparisons: list[Comparison]
    metrics: list[Metric]

    def cells_of(self, data):
        return [cell for cell in self.cells if cell.data is None or data.name in cell.data]

    def comparisons_of(self, data):
        names = {cell.name for cell in self.cells_of(data)}
        return [comparison for comparison in self.comparisons if {comparison.more, comparison.less} <= names]


def both_ways(table):
    """The mean of image to text and text to image, of what `evaluate retrieval` says."""
    return {k: (table["image_to_text"][k] + table["text_to_image"][k]) / 2 for k in ("r1", "r5", "r10")}


def caption_scores(report):
    """Of what `evaluate captions` says."""
    return {name: report[name] for name in ("exact", "bleu4", "cider")}


def perplexities(report):
    """Of what `evaluate language` says."""
    return {sight: report[sight]["perplexity"] for sight in ("text_alone", "beside_image")}
