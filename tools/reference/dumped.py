"""Batches as a run dumps them, put together from the slices of its ranks; which reference a run is held against."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import numpy
from safetensors import safe_open

import objectives
import single_stream_objectives
from single_stream import SingleStream
from unimo_reference import Unimo

# Tensors that number rows or samples of their own group (the part of the name before the slash): by which other tensor of
# the group a slice shifts those of the next.
NUMBERS_ROWS = ("masked_rows", "hidden_rows")
NUMBERS_SAMPLES = ("hidden_sequences",)


@dataclass(frozen=True)
class Reference:
    """One of the two methods."""

    model: type
    batch_of: Callable[..., Any]
    loss_of: Callable[..., Any]


REFERENCES = {
    "unimo": Reference(SingleStream, single_stream_objectives.batch_of, single_stream_objectives.loss_of),
    "unimo2": Reference(Unimo, objectives.batch_of, objectives.loss_of),
}


def reference_of(run: Path) -> Reference:
    """By `config.json`, which says which model it is; one that does not say is of UNIMO-2."""
    return REFERENCES[json.loads((run / "config.json").read_text()).get("model", "unimo2")]


def loss_of(model: Any, batch: Any) -> Any:
    return next(reference.loss_of for reference in REFERENCES.values() if type(model) is reference.model)(model, batch)


def read_batch(reference: Reference, *paths: Path) -> Any:
    """A batch. Several files are the slices of several ranks, in rank order."""
    slices, metadata = [], {}
    for path in paths:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            slices.append({name: file.get_tensor(name) for name in file.keys()})
        if "objective" not in metadata:
            raise ValueError(f"{path}: expected metadata 'objective', found {sorted(metadata)}")
    weights = {name.removeprefix("weight/"): float(w) for name, w in metadata.items() if name.startswith("weight/")}
    return reference.batch_of(metadata["objective"], join_slices(slices), metadata.get("loss"), weights)


def join_slices(slices: list[dict[str, numpy.ndarray]]) -> dict[str, numpy.ndarray]:
    """One batch from the slices of ranks; a rank without samples has no tensors, one may lack what its samples lack."""
    slices = [tensors for tensors in slices if tensors]
    names = dict.fromkeys(name for tensors in slices for name in tensors)
    return {name: join(name, slices) for name in names}


def join(name: str, slices: list[dict[str, numpy.ndarray]]) -> numpy.ndarray:
    prefix, short = name[: name.rfind("/") + 1], name[name.rfind("/") + 1 :]
    parts, start = [], 0
    for tensors in slices:
        if name in tensors:
            part = tensors[name]
            if short == "offsets":
                part = start + (part[1:] if parts else part)
            elif short in NUMBERS_ROWS or short in NUMBERS_SAMPLES or name == "related/owners":
                part = start + part
            parts.append(part)
        start += advance(prefix, short, tensors)
    return numpy.concatenate(parts)


def advance(prefix: str, short: str, tensors: dict[str, numpy.ndarray]) -> int:
    """By how much numbers of the next slice are larger."""
    if prefix == "related/" and short == "owners":
        return len(tensors["offsets"]) - 1
    if short in NUMBERS_SAMPLES:
        return len(tensors[prefix + "offsets"]) - 1 if prefix + "offsets" in tensors else 0
    rows = next((tensors[prefix + key] for key in ("tokens", "features") if prefix + key in tensors), ())
    return len(rows)
