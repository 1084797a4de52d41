"""UNIMO-2: what the dictionary, the unpaired corpora, and the choice of codes are worth."""

import subprocess
import sys
from dataclasses import dataclass

from studies.plan import (
    BLEU, CIDER, PERPLEXITIES, TOOLS, Cell, Comparison, DataSet, Metric, Study, both_ways, caption_scores,
    perplexities)

MODEL = """\
model:
  width: 128
  max_tokens: {tokens}
  image_size: 64
  patch_size: 16
  projection: 64
  dropout: 0.1
  initializer_range: 0.05
  vision_position_range: 1
  vision: {{layers: 3, heads: 4, feed_forward: 512}}
  text: {{layers: 3, heads: 4, feed_forward: 512}}
  grounded: {{layers: 2, heads: 4, feed_forward: 512}}
"""

SCENES = """\
tokenizer: {vocabulary: 512, samples: 2000}
corpora:
  pairs: {kind: pairs, scenes: {count: 5000, seed: 1, objects: [2, 2]}}
  texts: {kind: texts, scenes: {count: 1000000, seed: 2, objects: [2, 2]}}
  images: {kind: images, scenes: {count: 1000000, seed: 3, objects: [2, 2]}}
"""

STAMPS = """\
tokenizer: {{vocabulary: 4000, samples: 20000, lowercase: true}}
corpora:
  pairs: {{kind: pairs, directory: {files}/corpora/stamps}}
  texts: {{kind: texts, directory: {files}/corpora/glosses}}
  images: {{kind: images, directory: {files}/corpora/clipart}}
"""

NOTE = """\
Every run of a data set takes the same number of steps, with one batch of pairs in each: in turns image-text contrast (half
of the steps, 128 pairs), matching, captioning and masked language modelling (64 each). A run that also learns from images
or texts has a batch of 64 of them in each step beside it. Runs of one seed start from the same weights and see the same
pairs in the same order, so differences are taken seed by seed. Held out are pairs that training never shows; of the scenes,
combinations of shape and colour that it never shows."""


@dataclass(frozen=True)
class Way:
    # P, I, T: pairs, images, texts.
    learns_from: str
    # How codes are chosen; None without a dictionary.
    scores: str | None


def prepare(unimo, files):
    subprocess.run([TOOLS / "pack-real-corpora", files, unimo], check=True, stdout=sys.stderr)


def recipe(data, cell, seed, steps, files):
    """The recipe of one run."""
    way, scenes = cell.way, data.name == "scenes"
    # Captions of scenes name sizes, places and colours: a crop would make them untrue.
    contrast, others = ("none", "none") if scenes else ("strong", "mild")
    mixture = [
        f"{{corpus: pairs, objective: image_text_contrastive, weight: 3, batch_size: 128, augmentation: {contrast}}}",
        f"{{corpus: pairs, objective: image_text_matching, weight: 1, batch_size: 64, augmentation: {others}}}",
        f"{{corpus: pairs, objective: captioning, weight: 1, batch_size: 64, augmentation: {others}}}",
        f"{{corpus: pairs, objective: masked_language, weight: 1, batch_size: 64, augmentation: {others}}}",
    ]
    if "I" in way.learns_from:
        mixture.append("{corpus: images, objective: image_contrastive, weight: 6, batch_size: 64}")
    if "T" in way.learns_from:
        mixture.append("{corpus: texts, objective: masked_language, weight: 6, batch_size: 64}")
    dictionary = f"  dictionary: {{codes: 256, chosen: 16, scores: {way.scores}}}\n" if way.scores else ""
    return "".join([
        f"seed: {seed}\nsteps: {steps}\nbatches_per_step: {len(way.learns_from)}\n",
        MODEL.format(tokens=64 if scenes else 32), dictionary,
        SCENES if scenes else STAMPS.format(files=files),
        "mixture:\n", *(f"  - {entry}\n" for entry in mixture),
        "optimizer: {learning_rate: 5.0e-4, weight_decay: 0.05}\n",
        f"schedule: {{kind: cosine, warmup_steps: {max(1, steps // 15)}}}\n",
        "checkpoints: {every: 200, keep: 1}\n",
    ])


def evaluate(ask, held_out):
    """Retrieval by contrast and re-ranked by matching, captions, masked words."""
    scenes = held_out.data.name == "scenes"
    corpus = held_out.scenes(held_out.candidates) if scenes else held_out.files / "corpora/stamps-held-out"
    retrieval = ask("retrieval", corpus, "--rerank", "16")
    return {
        "retrieval": both_ways(retrieval), "reranked": both_ways(retrieval["reranked"]),
        "captions": caption_scores(ask("captions", corpus, "--limit", "500")),
        "language": perplexities(ask("language", corpus)),
    }


STUDY = Study(
    name="unimo2",
    title="UNIMO-2: the dictionary, the unpaired corpora, and the choice of codes",
    note=NOTE.replace("\n", " "),
    prepare=prepare,
    recipe=recipe,
    evaluate=evaluate,
    data=[
        DataSet("scenes", "two-object scenes with held-out combinations", steps=1000, candidates=1000),
        DataSet("stamps", "stamps of Tux Paint", steps=400, candidates=75),
    ],
    cells=[
        Cell("P+I+T", "grounded, from pairs, images and texts", Way("PIT", "balanced")),
        Cell("P", "grounded, from pairs alone", Way("P", "balanced")),
        Cell("P+I", "grounded, from pairs and images", Way("PI", "balanced")),
        Cell("P+T", "grounded, from pairs and texts", Way("PT", "balanced")),
        Cell("baseline", "P+I+T without a dictionary", Way("PIT", None)),
        Cell("released", "P+I+T, codes chosen as released (`summed`)", Way("PIT", "summed")),
    ],
    comparisons=[
        Comparison("dictionary", "grounded − baseline", "P+I+T", "baseline"),
        Comparison("images", "P+I − P", "P+I", "P"),
        Comparison("texts", "P+T − P", "P+T", "P"),
        Comparison("images and texts", "P+I+T − P", "P+I+T", "P"),
        Comparison("corrected scores", "balanced − summed", "P+I+T", "released"),
    ],
    metrics=[
        Metric("R@1", "retrieval R@1, both ways", ("retrieval", "r1")),
        Metric("R@5", "retrieval R@5, both ways", ("retrieval", "r5")),
        Metric("R@1 re-ranked", "R@1 re-ranked by matching", ("reranked", "r1")),
        Metric("exact", "captions that are exact", ("captions", "exact")),
        BLEU, CIDER, *PERPLEXITIES,
    ],
)
