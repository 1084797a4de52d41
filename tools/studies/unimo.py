"""UNIMO: what the unpaired corpora, the contrast, each level of rewriting, and retrieval are worth."""

import os
import subprocess
import sys
from dataclasses import dataclass

from studies.plan import (
    BLEU, CIDER, PERPLEXITIES, TOOLS, Cell, Comparison, DataSet, Metric, Study, both_ways, caption_scores,
    perplexities)

MODEL = """\
model:
  kind: unimo
  width: 128
  projection: 64
  initializer_range: 0.05
  transformer: {layers: 3, heads: 4, feed_forward: 512}
"""

SCENES = """\
  max_tokens: 64
  max_regions: 4
  region_width: 192
  region_classes: 9
  dropout: 0
tokenizer: {vocabulary: 512, samples: 2000}
corpora:
  pairs: {kind: pairs, scenes: {count: 5000, seed: 1, objects: [2, 2]}}
  rewrites: {kind: annotations, scenes: {count: 5000, seed: 1, objects: [2, 2]}}
  texts: {kind: texts, scenes: {count: 1000000, seed: 2, objects: [2, 2]}}
  images: {kind: images, scenes: {count: 1000000, seed: 3, objects: [2, 2]}}
optimizer: {learning_rate: 1.0e-3, weight_decay: 0.05}
"""

STAMPS = """\
  max_tokens: 32
  max_regions: 16
  region_width: 256
  region_classes: 64
  dropout: 0.1
tokenizer: {{vocabulary: 4000, samples: 20000, lowercase: true}}
corpora:
  pairs: {{kind: pairs, directory: {files}/curated/stamps}}
  rewrites: {{kind: annotations, directory: {files}/curated/stamps-rewrites}}
  neighbours: {{kind: annotations, directory: {files}/curated/stamps-neighbours}}
  texts: {{kind: texts, directory: {files}/corpora/glosses}}
  images: {{kind: images, directory: {files}/curated/clipart}}
optimizer: {{learning_rate: 5.0e-4, weight_decay: 0.05}}
"""

NOTE = """\
A step of the full runs has two batches of contrast (16 pairs), three batches of pairs with the other objectives (32), one of
texts and one of images (32): 5 : 1 : 1 as in the paper. What a run leaves out is left out of its steps too; the rest stays.
A pair is contrasted with six rewritten captions in every run: two of each level, or six in all of the levels that are left.
Sentences are captions of other images, so "without rewriting" means sentences alone. Of the stamps, one batch of contrast in
four has an image and a text retrieved for each pair, as recipes/unimo-stamps.yaml has it. Runs of one seed start from the same
weights, and differences are taken seed by seed. Held out are pairs that training never shows; of the scenes, combinations of
shape and colour that it never shows. Retrieval reads every image with every text. Probes are linear classifiers on frozen
texts, read without an image, of 5,883 glosses of WordNet: which of 45 fields of meaning, which part of speech; a fifth of the
glosses is asked about, always naming the most frequent one is right for 12.4 % and 70.3 % of them."""


@dataclass(frozen=True)
class Way:
    """How one cell trains."""

    pairs: bool = True
    images: bool = True
    texts: bool = True
    contrast: bool = True
    # Of rewriting.
    levels: tuple[str, ...] = ("words", "phrases", "sentences")
    # Quarters of the batches of contrast that have neighbours; of the stamps.
    neighbours: int = 1


def prepare(unimo, files):
    """The encoder of tools/demo is what sees the stamps' regions."""
    if not (files / "retrieval.json").exists():
        subprocess.run([TOOLS / "demo"], check=True, stdout=sys.stderr, env=os.environ | {"UNIMO": unimo})
    subprocess.run([TOOLS / "curate-real-corpora", files, unimo], check=True, stdout=sys.stderr)


def contrast(way, scenes):
    """Lines of the mixture for cross-modal contrast: 4 of 14 batches."""
    texts = f"rewrites: rewrites, paraphrases: {int(scenes)}, " + ", ".join(
        f"{level}: {6 // len(way.levels) if level in way.levels else 0}" for level in ("words", "phrases", "sentences"))
    found = ", neighbours: neighbours, images: 1, texts: 1"
    quarters = 0 if scenes else way.neighbours
    return [
        f"{{corpus: pairs, objective: cross_modal_contrastive, weight: {weight}, batch_size: 16, candidates: {{{candidates}}}}}"
        for weight, candidates in ((4 - quarters, texts), (quarters, texts + found))
        if weight
    ]


def mixture(way, scenes):
    """Lines of the mixture, and the batches of a step."""
    lines, batches = [], 0
    if way.pairs and way.contrast:
        lines, batches = contrast(way, scenes), 2
    parts = [
        (way.pairs, 3, "pairs", {"masked_language": 2, "sequence_to_sequence": 1, "captioning": 1, "masked_region": 2}),
        (way.texts, 1, "texts", {"masked_language": 1, "sequence_to_sequence": 1}),
        (way.images, 1, "images", {"masked_region": 2}),
    ]
    for taken, count, corpus, objectives in parts:
        if not taken:
            continue
        batches += count
        for objective, weight in objectives.items():
            scale = ", loss_weight: 0.02" if objective == "masked_region" else ""
            lines.append(f"{{corpus: {corpus}, objective: {objective}, weight: {weight}, batch_size: 32{scale}}}")
    return lines, batches


def recipe(data, cell, seed, steps, files):
    """The recipe of one run."""
    scenes = data.name == "scenes"
    lines, batches = mixture(cell.way, scenes)
    return "".join([
        f"seed: {seed}\nsteps: {steps}\nbatches_per_step: {batches}\n",
        MODEL, SCENES if scenes else STAMPS.format(files=files),
        "mixture:\n", *(f"  - {line}\n" for line in lines),
        f"schedule: {{kind: cosine, warmup_steps: {max(1, steps // 15)}}}\n",
        "checkpoints: {every: 200, keep: 1}\n",
    ])


def evaluate(ask, held_out):
    """Retrieval by reading all images with all texts, captions, masked words; of the stamps' runs, what their texts tell."""
    scenes = held_out.data.name == "scenes"
    stamps = held_out.files / "curated/stamps-held-out"
    everything = ("--rerank", str(held_out.candidates), "--contrastive-weight", "0")
    retrieval = ask("retrieval", held_out.scenes(held_out.candidates) if scenes else stamps, *everything)
    corpus = held_out.scenes(500) if scenes else stamps
    result = {
        "retrieval": both_ways(retrieval["reranked"]), "captions": caption_scores(ask("captions", corpus)),
        "language": perplexities(ask("language", corpus)),
    }
    if not scenes:
        glosses = held_out.files / "corpora/gloss-classes"
        result["probe"] = {member: ask("probe", glosses, "--member", member)["accuracy"] for member in ("field", "part")}
    return result


STUDY = Study(
    name="unimo",
    title="UNIMO: the unpaired corpora, cross-modal contrast, rewriting and retrieval",
    note=NOTE.replace("\n", " "),
    prepare=prepare,
    recipe=recipe,
    evaluate=evaluate,
    data=[
        DataSet("scenes", "two-object scenes with held-out combinations", steps=400, candidates=200),
        DataSet("stamps", "stamps of Tux Paint", steps=300, candidates=75),
    ],
    cells=[
        Cell("full", "everything", Way()),
        Cell("no texts", "without texts", Way(texts=False)),
        Cell("texts alone", "without pairs and images", Way(pairs=False, images=False)),
        Cell("no contrast", "without cross-modal contrast", Way(contrast=False)),
        Cell("no words", "no words rewritten", Way(levels=("phrases", "sentences"))),
        Cell("no phrases", "no phrases rewritten", Way(levels=("words", "sentences"))),
        Cell("no sentences", "no captions of other images", Way(levels=("words", "phrases"))),
        Cell("no rewriting", "captions of other images alone", Way(levels=("sentences",))),
        Cell("no retrieval", "no neighbours", Way(neighbours=0), data=("stamps",)),
        Cell("all retrieval", "neighbours in every batch of contrast", Way(neighbours=4), data=("stamps",)),
    ],
    comparisons=[
        Comparison("texts", "full − no texts", "full", "no texts"),
        Comparison("pairs and images", "full − texts alone", "full", "texts alone"),
        Comparison("contrast", "full − no contrast", "full", "no contrast"),
        Comparison("words", "full − no words", "full", "no words"),
        Comparison("phrases", "full − no phrases", "full", "no phrases"),
        Comparison("sentences", "full − no sentences", "full", "no sentences"),
        Comparison("words and phrases", "full − no rewriting", "full", "no rewriting"),
        Comparison("retrieval", "full − no retrieval", "full", "no retrieval"),
        Comparison("retrieval always", "all retrieval − no retrieval", "all retrieval", "no retrieval"),
    ],
    metrics=[
        Metric("R@1", "retrieval R@1, both ways", ("retrieval", "r1")),
        Metric("R@10", "retrieval R@10, both ways", ("retrieval", "r10")),
        BLEU, CIDER, *PERPLEXITIES,
        Metric("field", "probe: field of meaning", ("probe", "field")),
        Metric("part", "probe: part of speech", ("probe", "part")),
    ],
)
