"""Writes the golden files that the Swift tests hold the engine against.

    goldens            writes Tests/AutogradTests/Goldens and Tests/ObjectivesTests/Goldens
    goldens --check    writes nothing; compares the files there with a fresh computation

Inputs and weights are F32 as stored; results and gradients are computed from them in float64 and stored as F64.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import numpy
import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from compare import gradients_of
from draws import donors
from objectives import Batch, batch_of, code_totals, terms_of
from operation_cases import CASES
from stream_goldens import STREAM_CASES, stream_case
from unimo_reference import Unimo

ROOT = Path(__file__).resolve().parents[2]
CHECK_TOLERANCE = 1e-12  # relative to a tensor's norm: float64 summed in another order, nothing more

STACK = {"width": 16, "heads": 2, "feed_forward": 32, "epsilon": 1e-5}
BASELINE = {
    "vocabulary": 61,
    "max_tokens": 12,
    "image_size": 16,
    "patch_size": 8,
    "vision": {"layers": 2} | STACK | {"epsilon": 1e-12},
    "text": {"layers": 2} | STACK,
    "grounded": {"layers": 2} | STACK,
    "projection": 8,
}
CONFIG = BASELINE | {"dictionary": {"codes": 24, "chosen": 5, "scores": "balanced"}}
SUMMED = BASELINE | {"dictionary": {"codes": 24, "chosen": 5, "scores": "summed"}}
HIDING = BASELINE | {"dictionary": {"codes": 24, "chosen": 5, "scores": "balanced", "hidden": 0.3}}
LENGTHS = [3, 12, 7, 5, 9]  # tokens of the samples, with <s> and </s>
MASKED = [[], [1, 4, 10], [3], [1, 2], [2, 7]]  # tokens to predict, counted within each sample
MASK_ID = 4


def model(random: numpy.random.Generator, config: dict = CONFIG) -> tuple[Unimo, dict[str, Tensor]]:
    """Weights large enough that every gradient is far from zero."""
    reference, weights = Unimo(config), {}
    for name, parameter in reference.named_parameters():
        values = 0.2 * random.standard_normal(parameter.shape)
        if "norm" in name and name.endswith(".weight"):
            values = 1 + values
        if name == "itc.temperature":
            values = numpy.array([0.09])
        if name == "dictionary.sharpness":
            values = numpy.array([1.7])
        weights[name] = torch.from_numpy(values.astype(numpy.float32))
    reference.double().load_state_dict({name: tensor.double() for name, tensor in weights.items()})
    return reference, weights


def texts(random: numpy.random.Generator) -> dict[str, numpy.ndarray]:
    offsets = numpy.cumsum([0] + LENGTHS).astype(numpy.int32)
    tokens = random.integers(5, CONFIG["vocabulary"], offsets[-1]).astype(numpy.int32)
    tokens[offsets[:-1]], tokens[offsets[1:] - 1] = 0, 2
    rows = numpy.array([start + row for start, rows in zip(offsets, MASKED) for row in rows], dtype=numpy.int32)
    labels = tokens[rows].copy()
    tokens[rows[::2]] = MASK_ID  # the others keep their id or stand as a random one
    tokens[rows[1::4]] = 17
    return dict(tokens=tokens, offsets=offsets, masked_rows=rows, labels=labels)


def images(random: numpy.random.Generator) -> numpy.ndarray:
    side = CONFIG["image_size"]
    return random.integers(0, 256, (len(LENGTHS), side, side, 3), dtype=numpy.uint8)


def objective_case(name: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    objective, config = OBJECTIVE_CASES[name]
    random = numpy.random.default_rng(list(name.encode()))
    reference, weights = model(random, config)
    tensors = {} if objective == "image_contrastive" else texts(random)
    if objective.startswith("image_text"):
        tensors = {key: tensors[key] for key in ("tokens", "offsets")}
    if objective == "captioning":
        tensors |= next_tokens(tensors["tokens"], tensors["offsets"])
    if name != "masked_language_text":
        tensors["view0"] = images(random)
    if objective == "image_contrastive":
        tensors["view1"] = images(random)
    if Unimo(config).hides and objective == "masked_language":
        tensors |= hidden_codes(random, config["dictionary"])
    choices = {}
    if objective == "image_text_matching":
        samples = numpy.split(tensors["tokens"], tensors["offsets"][1:-1])
        choices["donors"] = numpy.array(donors(RUN_SEED, 0, [list(s) for s in samples], share=0.5), dtype=numpy.int32)
    if "dictionary" in config and objective != "image_text_contrastive":
        choices["codes"] = codes_of(reference, batch_of(objective, tensors | choices))
    batch = batch_of(objective, tensors | choices)
    terms = {key: float(term.detach()) for key, term in terms_of(reference, batch).items()}
    losses, gradients = gradients_of(reference, [batch])
    result = {f"weight/{key}": tensor for key, tensor in weights.items()}
    result |= {f"batch/{key}": torch.from_numpy(value) for key, value in tensors.items()}
    result |= {f"choice/{key}": torch.from_numpy(value) for key, value in choices.items()}
    result |= {f"term/{key}": torch.tensor(value, dtype=torch.float64) for key, value in terms.items()}
    result["loss"] = torch.tensor(losses[0], dtype=torch.float64)
    result |= {f"gradient/{key}": tensor for key, tensor in gradients.items()}
    return result, {"config": json.dumps(config), "objective": objective}


def hidden_codes(random: numpy.random.Generator, dictionary: dict) -> dict[str, numpy.ndarray]:
    """Some of every sample's grounded tokens, ascending."""
    count = math.ceil(dictionary["hidden"] * dictionary["chosen"])
    places = [numpy.sort(random.choice(dictionary["chosen"], count, replace=False)) for _ in LENGTHS]
    return dict(
        hidden_sequences=numpy.repeat(numpy.arange(len(LENGTHS)), count).astype(numpy.int32),
        hidden_places=numpy.concatenate(places).astype(numpy.int32),
    )


def next_tokens(tokens: numpy.ndarray, offsets: numpy.ndarray) -> dict[str, numpy.ndarray]:
    """Captioning: every token but a sample's last predicts the one behind it."""
    clean = tokens.copy()
    rows = numpy.array([r for a, b in zip(offsets, offsets[1:]) for r in range(a, b - 1)], dtype=numpy.int32)
    return dict(tokens=clean, masked_rows=rows, labels=clean[rows + 1])


def codes_of(model: Unimo, batch: Batch) -> numpy.ndarray:
    """The rows of the dictionary that the reference chooses, which no rounding may change."""
    chosen = []
    for sample, totals in enumerate(code_totals(model, batch)):
        best = totals.detach().sort(descending=True).values
        gap = float(best[model.dictionary.chosen - 1] - best[model.dictionary.chosen])
        assert gap > 1e-4, f"{batch.objective}: sample {sample} decides by {gap}"
        chosen.append(totals.topk(model.dictionary.chosen).indices.sort().values)
    return torch.cat(chosen).numpy().astype(numpy.int32)


RUN_SEED = 7  # of the runs that the Swift tests hold against these files
OBJECTIVE_CASES = {
    "masked_language_text": ("masked_language", CONFIG),
    "masked_language_pairs": ("masked_language", CONFIG),
    "masked_language_pairs_summed": ("masked_language", SUMMED),
    "masked_language_pairs_baseline": ("masked_language", BASELINE),
    "masked_language_pairs_hiding": ("masked_language", HIDING),
    "captioning": ("captioning", CONFIG),
    "captioning_baseline": ("captioning", BASELINE),
    "image_text_matching": ("image_text_matching", CONFIG),
    "image_text_contrastive": ("image_text_contrastive", CONFIG),
    "image_contrastive": ("image_contrastive", CONFIG),
}


def goldens() -> dict[Path, tuple[dict[str, Tensor], dict[str, str]]]:
    files = {ROOT / f"Tests/AutogradTests/Goldens/{name}.safetensors": make() for name, make in CASES.items()}
    for name in OBJECTIVE_CASES:
        files[ROOT / f"Tests/ObjectivesTests/Goldens/{name}.safetensors"] = objective_case(name)
    for name in STREAM_CASES:
        files[ROOT / f"Tests/ObjectivesTests/Goldens/{name}.safetensors"] = stream_case(name)
    return files


def write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> int:
    """The library writes metadata in an order of its own; sorting it keeps the bytes the same from run to run."""
    data = save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata)
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"] = dict(sorted(metadata.items()))
    text = json.dumps({"__metadata__": header.pop("__metadata__")} | header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".partial")
    temporary.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + size :])
    temporary.rename(path)
    return path.stat().st_size


def difference(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> str | None:
    """What is wrong with the file, or nothing."""
    if not path.exists():
        return "is missing"
    with safe_open(path, framework="pt") as file:
        if set(file.keys()) != set(tensors):
            return f"tensors differ: {sorted(set(file.keys()) ^ set(tensors))}"
        if (file.metadata() or {}) != metadata:
            return f"metadata differ: {file.metadata()}"
        for name, expected in tensors.items():
            found = file.get_tensor(name)
            if found.dtype != expected.dtype or found.shape != expected.shape:
                kinds = [f"{tensor.dtype} {list(tensor.shape)}" for tensor in (expected, found)]
                return f"{name}: expected {kinds[0]}, found {kinds[1]}"
            tolerance = CHECK_TOLERANCE * max(1.0, float(expected.double().norm()))
            if not float((found.double() - expected.double()).norm()) <= tolerance:
                return f"{name}: values differ"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], prog="goldens")
    parser.add_argument("--check", action="store_true", help="compare the files there instead of writing them")
    check, total, wrong = parser.parse_args().check, 0, 0
    torch.set_num_threads(1)
    files = goldens()
    for path, (tensors, metadata) in files.items():
        name = path.relative_to(ROOT)
        if not check:
            total += write(path, tensors, metadata)
        elif fault := difference(path, tensors, metadata):
            wrong += 1
            print(f"{name}: {fault}; write it again with tools/reference/goldens if the change is meant")
    print(f"{len(files)} files, " + (f"{wrong} differ" if check else f"{total:,} bytes"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
