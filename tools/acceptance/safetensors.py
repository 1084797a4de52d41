"""Reads safetensors files and compares gradients by their norms."""

import array
import json
import math


def read(path):
    """Tensors of a file as arrays of numbers, by name."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    codes = {"F32": "f", "I32": "i", "I64": "q", "U8": "B"}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        tensors[name] = array.array(codes[entry["dtype"]], data[begin:end])
    return tensors


def metadata(path):
    with open(path, "rb") as file:
        return json.loads(file.read(int.from_bytes(file.read(8), "little"))).get("__metadata__", {})


def norm(values):
    return math.hypot(*values)


def worst_difference(path, reference_path):
    """The largest ‖g − g₁‖ / max(‖g₁‖, 10⁻⁶ ‖all g₁‖) over the tensors, and the name of the tensor."""
    own, reference = read(path), read(reference_path)
    if own.keys() != reference.keys():
        raise AssertionError(f"{path} and {reference_path} hold different tensors")
    floor = 1e-6 * norm([norm(values) for values in reference.values()])
    if not floor > 0:
        raise AssertionError(f"{reference_path}: all gradients are zero")
    return max(
        (math.dist(own[name], reference[name]) / max(norm(reference[name]), floor), name) for name in reference
    )
