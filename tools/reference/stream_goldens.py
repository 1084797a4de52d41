"""The golden files of UNIMO's objectives: small batches, weights, losses and gradients."""

import json

import numpy
import torch
from torch import Tensor

from single_stream import SingleStream
from single_stream_objectives import IMAGE, PARAPHRASE, REWRITTEN, TEXT, Regions, StreamBatch, Texts, terms_of

CONFIG = {
    "model": "unimo",
    "vocabulary": 61,
    "max_tokens": 12,
    "max_regions": 8,
    "region_width": 10,
    "region_classes": 7,
    "transformer": {"layers": 2, "width": 16, "heads": 2, "feed_forward": 32, "epsilon": 1e-5},
    "projection": 8,
}
WITHOUT_CLASSES = CONFIG | {"region_classes": 0}
LENGTHS = [3, 12, 7, 5]  # tokens of the samples, with <s> and </s>
MASKED = [[], [1, 4, 10], [3], [1, 2]]  # tokens to predict, counted within each sample
TARGETS = [4, 6, 3, 7]  # tokens of the targets
REGIONS = [4, 1, 3, 6]  # regions of the samples, without [IMG]
HIDDEN = [[1, 3], [0], [2], [0, 1, 5]]
# Owner and role of each related sample: the second pair has none, the last each kind.
RELATED = [(0, PARAPHRASE), (0, REWRITTEN), (0, REWRITTEN), (2, IMAGE), (2, TEXT)]
RELATED += [(3, REWRITTEN), (3, TEXT), (3, IMAGE), (3, PARAPHRASE), (3, IMAGE)]
MASK_ID = 4
STREAM_CASES = {
    "unimo_masked_language_text": ("masked_language", CONFIG),
    "unimo_masked_language_pairs": ("masked_language", CONFIG),
    "unimo_sequence_to_sequence_text": ("sequence_to_sequence", CONFIG),
    "unimo_sequence_to_sequence_pairs": ("sequence_to_sequence", CONFIG),
    "unimo_masked_region_image": ("masked_region", CONFIG),
    "unimo_masked_region_pairs": ("masked_region", CONFIG),
    "unimo_masked_region_pairs_classless": ("masked_region", WITHOUT_CLASSES),
    "unimo_cross_modal_contrastive": ("cross_modal_contrastive", CONFIG),
    "unimo_cross_modal_contrastive_alone": ("cross_modal_contrastive", CONFIG),
}


def weights_of(model: SingleStream, random: numpy.random.Generator) -> dict[str, Tensor]:
    """Large enough that every gradient is far from zero."""
    weights = {}
    for name, parameter in model.named_parameters():
        values = 0.2 * random.standard_normal(parameter.shape)
        if "norm" in name and name.endswith(".weight"):
            values = 1 + values
        if name == "cmcl.temperature":
            values = numpy.array([0.09])
        weights[name] = torch.from_numpy(values.astype(numpy.float32))
    model.double().load_state_dict({name: tensor.double() for name, tensor in weights.items()})
    return weights


def texts(random: numpy.random.Generator, lengths: list[int]) -> dict[str, numpy.ndarray]:
    offsets = numpy.cumsum([0] + lengths).astype(numpy.int32)
    tokens = random.integers(5, CONFIG["vocabulary"], offsets[-1]).astype(numpy.int32)
    tokens[offsets[:-1]], tokens[offsets[1:] - 1] = 0, 2
    return dict(tokens=tokens, offsets=offsets)


def masked(text: dict[str, numpy.ndarray]) -> dict[str, numpy.ndarray]:
    rows = [start + row for start, rows in zip(text["offsets"], MASKED) for row in rows]
    rows = numpy.array(rows, dtype=numpy.int32)
    tokens = text["tokens"].copy()
    tokens[rows[::2]] = MASK_ID
    return text | dict(tokens=tokens, masked_rows=rows, labels=text["tokens"][rows])


def predicted(text: dict[str, numpy.ndarray]) -> dict[str, numpy.ndarray]:
    """Every token but a text's last tells the next."""
    bounds = zip(text["offsets"], text["offsets"][1:])
    rows = numpy.array([row for a, b in bounds for row in range(a, b - 1)], dtype=numpy.int32)
    return text | dict(masked_rows=rows, labels=text["tokens"][rows + 1])


def regions(random: numpy.random.Generator, config: dict, counts: list[int]) -> dict[str, numpy.ndarray]:
    """Raw regions, as a detector gives them: features, boxes and classes, without [IMG]."""
    total = sum(counts)
    corners = numpy.sort(random.random((total, 2, 2)), axis=1).reshape(total, 4)
    classes = random.random((total, config["region_classes"]))
    return dict(
        features=random.standard_normal((total, config["region_width"])).astype(numpy.float32),
        boxes=corners.astype(numpy.float32),
        classes=(classes / numpy.maximum(classes.sum(1, keepdims=True), 1e-9)).astype(numpy.float32),
        counts=numpy.array(counts, dtype=numpy.int32),
    )


def assembled(raw: dict[str, numpy.ndarray], hidden: list[list[int]] | None) -> Regions:
    """With [IMG], the mean of what is not hidden over all regions, and with zeros for hidden features."""
    features, locations, rows, offsets, start = [], [], [], [0], 0
    for image, count in enumerate(raw["counts"]):
        own = raw["features"][start : start + count].astype(numpy.float64)
        hides = hidden[image] if hidden else []
        own[hides] = 0
        boxes = raw["boxes"][start : start + count].astype(numpy.float64)
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        features += [own.mean(0, keepdims=True), own]
        locations += [numpy.array([[0, 0, 1, 1, 1.0]]), numpy.concatenate([boxes, area[:, None]], 1)]
        rows += [(offsets[-1] + 1 + r, start + r) for r in hides]
        offsets.append(offsets[-1] + 1 + int(count))
        start += count
    found = Regions(
        torch.from_numpy(numpy.concatenate(features)), torch.from_numpy(numpy.concatenate(locations)), offsets)
    if hidden:
        found.hidden_rows = torch.tensor([row for row, _ in rows])
        source = [region for _, region in rows]
        found.hidden_features = torch.from_numpy(raw["features"][source]).double()
        if raw["classes"].shape[1]:
            found.hidden_classes = torch.from_numpy(raw["classes"][source]).double()
    return found


def text_rows(text: dict[str, numpy.ndarray]) -> Texts:
    arrays = {name: torch.from_numpy(values) for name, values in text.items() if name != "offsets"}
    return Texts(offsets=text["offsets"].tolist(), **arrays)


def stream_case(name: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    objective, config = STREAM_CASES[name]
    random = numpy.random.default_rng(list(name.encode()))
    model = SingleStream(config)
    weights = weights_of(model, random)
    batch, tensors = StreamBatch(objective), {}

    def add(prefix: str, values: dict[str, numpy.ndarray]):
        for key, value in values.items():
            tensors[f"{prefix}/{key}"] = torch.from_numpy(value)

    if not name.endswith("_image"):
        text = texts(random, LENGTHS)
        text = masked(text) if objective == "masked_language" else text
        add("text", text)
        batch.texts = text_rows(text)
    if objective == "sequence_to_sequence":
        target = predicted(texts(random, TARGETS))
        add("target", target)
        batch.targets = text_rows(target)
    if not name.endswith("_text"):
        raw, hidden = regions(random, config, REGIONS), HIDDEN if objective == "masked_region" else None
        add("regions", raw)
        batch.regions = assembled(raw, hidden)
        if hidden:
            pairs = [(image, region) for image, regions in enumerate(hidden) for region in regions]
            tensors["regions/hidden"] = torch.tensor(pairs, dtype=torch.int32).reshape(-1)
    if name == "unimo_cross_modal_contrastive":
        add_related(random, config, batch, add, tensors)
    terms = terms_of(model, batch)
    loss = sum(batch.weight(key) * term for key, term in terms.items())
    loss.backward()
    result = {f"weight/{key}": tensor for key, tensor in weights.items()} | tensors
    result |= {f"term/{key}": term.detach() for key, term in terms.items()}
    result["loss"] = loss.detach()
    for key, parameter in model.named_parameters():
        if key.split(".")[0] in batch.groups():
            gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            result[f"gradient/{key}"] = gradient
    return result, {"config": json.dumps(config), "objective": objective}


def add_related(random, config: dict, batch: StreamBatch, add, tensors: dict[str, Tensor]) -> None:
    owners, roles = zip(*RELATED)
    related = texts(random, [3 + 2 * (i % 4) for i in range(sum(role != IMAGE for role in roles))])
    images = regions(random, config, [2 + i for i in range(sum(role == IMAGE for role in roles))])
    add("related_text", related)
    add("related_regions", images)
    batch.related_texts, batch.related_regions = text_rows(related), assembled(images, None)
    batch.related_roles, batch.related_owners = torch.tensor(roles), torch.tensor(owners)
    tensors["related/roles"] = torch.tensor(roles, dtype=torch.int32)
    tensors["related/owners"] = torch.tensor(owners, dtype=torch.int32)
