"""One small case per operation of the tape: F32 inputs, the result and the gradients in float64.

A case is a function that draws its inputs and returns `case(inputs, operation, metadata)`; its name is the file's.
Integer inputs get no gradient; a result of one number needs no upstream gradient.
"""

import json

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor

from dropout import Dropout
from objectives import image_text_loss, two_view_loss
from optimizer import AdamW
from unimo_reference import dictionary_distances, embedding, normalize, patch_embedding

CASES = {}


def operation(name: str):
    """Registers the decorated function as the case `name`, with random numbers of its own."""

    def register(make):
        CASES[name] = lambda: make(numpy.random.default_rng(list(name.encode())))
        return make

    return register


def normal(random: numpy.random.Generator, *shape: int, scale: float = 1.0, around: float = 0.0) -> Tensor:
    return torch.from_numpy((around + scale * random.standard_normal(shape)).astype(numpy.float32))


def integers(random: numpy.random.Generator, below: int, count: int) -> Tensor:
    return torch.from_numpy(random.integers(0, below, count).astype(numpy.int32))


def case(random, inputs: dict[str, Tensor], apply, metadata: dict | None = None, constants: tuple[str, ...] = ()):
    """Runs `apply` in float64 on the inputs (by name) and collects the tensors of a golden file.

    `constants` names F32 inputs without a gradient.
    """
    exact = {
        name: tensor.double().requires_grad_(name not in constants) if tensor.dtype == torch.float32 else tensor
        for name, tensor in inputs.items()
    }
    output = apply(**exact)
    tensors = {f"input/{name}": tensor for name, tensor in inputs.items()}
    tensors["output"] = output.detach()
    if output.ndim == 0:
        output.backward()
    else:
        upstream = normal(random, *output.shape)
        tensors["d_output"] = upstream
        output.backward(upstream.double())
    for name, tensor in exact.items():
        if tensor.requires_grad:
            tensors[f"gradient/{name}"] = tensor.grad
    return tensors, {k: v if isinstance(v, str) else json.dumps(v) for k, v in (metadata or {}).items()}


@operation("linear")
def linear(random):
    inputs = dict(x=normal(random, 7, 12), weight=normal(random, 20, 12), bias=normal(random, 20))
    return case(random, inputs, lambda x, weight, bias: x @ weight.T + bias)


@operation("feedForward")
def feed_forward(random):
    inputs = {
        "x": normal(random, 7, 12),
        "up.weight": normal(random, 32, 12, scale=0.3),
        "up.bias": normal(random, 32, scale=0.3),
        "down.weight": normal(random, 12, 32, scale=0.3),
        "down.bias": normal(random, 12, scale=0.3),
    }

    def apply(**i):
        inner = F.gelu(i["x"] @ i["up.weight"].T + i["up.bias"])
        return inner @ i["down.weight"].T + i["down.bias"]

    return case(random, inputs, apply)


@operation("layerNorm")
def layer_norm(random):
    inputs = dict(
        x=normal(random, 6, 24, scale=2, around=0.5),
        weight=normal(random, 24, scale=0.3, around=1),
        bias=normal(random, 24, scale=0.3),
    )
    return case(
        random, inputs, lambda x, weight, bias: F.layer_norm(x, (24,), weight, bias, 1e-5), {"epsilon": "1e-5"}
    )


@operation("addLayerNorm")
def add_layer_norm(random):
    inputs = dict(
        x=normal(random, 6, 24),
        residual=normal(random, 6, 24, scale=2),
        weight=normal(random, 24, scale=0.3, around=1),
        bias=normal(random, 24, scale=0.3),
    )
    return case(
        random,
        inputs,
        lambda x, residual, weight, bias: F.layer_norm(x + residual, (24,), weight, bias, 1e-5),
        {"epsilon": "1e-5"},
    )


@operation("add")
def add(random):
    return case(random, dict(a=normal(random, 5, 9), b=normal(random, 5, 9)), lambda a, b: a + b)


DROPOUT = dict(rate=0.25, site=5, seed=987654321987, batch=(5 << 32) + 3)
DROPOUT_SAMPLES = [[0, 2, 7, 0], [2, 5, 8, 4]]  # rows, position in the global batch, number of the first row


def dropout_metadata(**more):
    return DROPOUT | more


@operation("dropout")
def drop(random):
    """More columns than one block of random numbers serves."""
    mask = Dropout(**DROPOUT).rows(DROPOUT_SAMPLES, 70)
    return case(random, dict(x=normal(random, 5, 70)), lambda x: x * mask, dropout_metadata(samples=DROPOUT_SAMPLES))


@operation("addDropout")
def add_dropout(random):
    mask = Dropout(**DROPOUT).rows(DROPOUT_SAMPLES, 9)
    inputs = dict(a=normal(random, 5, 9), b=normal(random, 5, 9))
    return case(random, inputs, lambda a, b: a * mask + b, dropout_metadata(samples=DROPOUT_SAMPLES))


@operation("addLayerNormDropout")
def add_layer_norm_dropout(random):
    mask = Dropout(**DROPOUT).rows(DROPOUT_SAMPLES, 24)
    inputs = dict(
        x=normal(random, 5, 24),
        residual=normal(random, 5, 24, scale=2),
        weight=normal(random, 24, scale=0.3, around=1),
        bias=normal(random, 24, scale=0.3),
    )

    def apply(x, residual, weight, bias):
        return F.layer_norm(x * mask + residual, (24,), weight, bias, 1e-5)

    return case(random, inputs, apply, dropout_metadata(samples=DROPOUT_SAMPLES, epsilon="1e-5"))


@operation("gelu")
def gelu(random):
    """Both tails as well as the middle."""
    edges = torch.tensor([-12, -6, -4, -2.5, -1, -1e-4, 0, 1e-4, 0.5, 1, 2.5, 4, 6, 12], dtype=torch.float32)
    return case(random, dict(x=torch.cat([edges, normal(random, 34, scale=2)]).view(6, 8)), F.gelu)


ATTENTION_HEADS = 2
ATTENTION_PLAN = [  # row ranges, half open; every row is a query once
    {"query": [0, 4], "keys": [[0, 4], [9, 12]], "causal": False},
    {"query": [4, 9], "keys": [[4, 7]], "causal": False},
    {"query": [9, 12], "keys": [[0, 4], [9, 12]], "causal": False},
    {"query": [12, 16], "keys": [[12, 16]], "causal": True},
    {"query": [16, 18], "keys": [[16, 18]], "causal": False},
    {"query": [18, 21], "keys": [[16, 18], [18, 21]], "causal": True},
]


def planned_attention(qkv: Tensor, plan: list[dict], heads: int, mask: Tensor | float = 1.0) -> Tensor:
    """(N, 3C) → (N, C). Queries of a block see the rows of its key ranges. Causal: the i-th query sees the last range
    only up to its i-th row. `mask` (H, N, N) multiplies the probabilities."""
    rows, width = qkv.shape[0], qkv.shape[1] // 3
    visible = torch.zeros(rows, rows, dtype=torch.bool)
    for block in plan:
        for i, query in enumerate(range(*block["query"])):
            for start, end in block["keys"]:
                visible[query, start:end] = True
            if block["causal"]:
                visible[query, start + i + 1 : end] = False
    q, k, v = (part.view(rows, heads, width // heads).transpose(0, 1) for part in qkv.split(width, dim=1))
    scores = (q @ k.transpose(1, 2)) * (width // heads) ** -0.5
    weights = torch.softmax(scores.masked_fill(~visible, -torch.inf), dim=-1)
    return (mask * weights @ v).transpose(0, 1).reshape(rows, width)


@operation("attention")
def attention(random):
    inputs = dict(qkv=normal(random, 21, 3 * 16, scale=1.5))
    return case(
        random,
        inputs,
        lambda qkv: planned_attention(qkv, ATTENTION_PLAN, ATTENTION_HEADS),
        {"plan": ATTENTION_PLAN, "heads": ATTENTION_HEADS},
    )


@operation("attentionDropout")
def attention_dropout(random):
    """The first and third blocks are one sample's, the last two another's."""
    positions = [4, 5, 4, 6, 7, 7]
    plan = [block | {"position": position} for block, position in zip(ATTENTION_PLAN, positions, strict=True)]
    mask = Dropout(**DROPOUT).probabilities(plan, ATTENTION_HEADS, 21)
    inputs = dict(qkv=normal(random, 21, 3 * 16, scale=1.5))
    metadata = dropout_metadata(plan=plan, heads=ATTENTION_HEADS)
    return case(random, inputs, lambda qkv: planned_attention(qkv, plan, ATTENTION_HEADS, mask), metadata)


@operation("embedding")
def embed(random):
    """Repeated ids, and one sample of a single token."""
    offsets = torch.tensor([0, 4, 5, 11], dtype=torch.int32)
    inputs = dict(
        tokens=integers(random, 8, 11), offsets=offsets, word=normal(random, 13, 10), position=normal(random, 9, 10),
        type=normal(random, 1, 10),
    )
    return case(
        random,
        inputs,
        lambda tokens, offsets, word, position, type: embedding(tokens, offsets.tolist(), word, position, type),
        {"first_position": 2},
    )


@operation("patchEmbedding")
def patch_embed(random):
    side, patch, width = 12, 4, 10
    pixels = torch.from_numpy(random.integers(0, 256, (2, side, side, 3), dtype=numpy.uint8))
    inputs = dict(
        pixels=pixels,
        weight=normal(random, width, 3 * patch * patch, scale=0.2),
        bias=normal(random, width),
        cls=normal(random, width),
        position=normal(random, 1 + (side // patch) ** 2, width),
    )

    def apply(pixels, weight, bias, cls, position):
        return patch_embedding(pixels, weight, bias, cls, position, patch).reshape(-1, width)

    return case(random, inputs, apply, {"patch_size": patch})


@operation("linearCrossEntropy")
def linear_cross_entropy(random):
    """The decoder and its loss: the sum of the rows' cross entropies, times scale."""
    inputs = dict(
        h=normal(random, 6, 12),
        weight=normal(random, 37, 12),
        bias=normal(random, 37),
        labels=integers(random, 37, 6),
    )
    scale = 0.125
    return case(
        random,
        inputs,
        lambda h, weight, bias, labels: scale
        * F.cross_entropy(h @ weight.T + bias, labels.long(), reduction="sum"),
        {"scale": scale},
    )


@operation("regionEmbedding")
def region_rows(random):
    """Features and locations of regions, each through a layer of its own, added."""
    inputs = {
        "features": normal(random, 6, 20),
        "locations": torch.rand(6, 5, generator=torch.Generator().manual_seed(1)),
        "feature.weight": normal(random, 12, 20, scale=0.2),
        "feature.bias": normal(random, 12),
        "location.weight": normal(random, 12, 5, scale=0.2),
        "location.bias": normal(random, 12),
    }

    def apply(**x):
        return F.linear(x["features"], x["feature.weight"], x["feature.bias"]) + F.linear(
            x["locations"], x["location.weight"], x["location.bias"]
        )

    return case(random, inputs, apply, constants=("features", "locations"))


@operation("squaredDistance")
def squared_distance(random):
    inputs = dict(y=normal(random, 4, 21), targets=normal(random, 4, 21))
    apply = lambda y, targets: 0.125 * (y - targets).square().sum()  # noqa: E731
    return case(random, inputs, apply, {"scale": 0.125}, constants=("targets",))


@operation("softCrossEntropy")
def soft_cross_entropy(random):
    """KL divergence from soft targets; one class of the first row is impossible."""
    targets = normal(random, 4, 21).softmax(1)
    targets[0, 3] = 0
    inputs = dict(y=normal(random, 4, 21), targets=targets)

    def apply(y, targets):
        return 0.125 * F.kl_div(y.log_softmax(1), targets, reduction="sum")

    return case(random, inputs, apply, {"scale": 0.125}, constants=("targets",))


@operation("candidateContrast")
def candidate_contrast(random):
    """Two pairs' candidates; positives are summed inside the logarithm."""
    inputs = dict(
        u=normal(random, 6, 12, scale=0.3),
        v=normal(random, 5, 12, scale=0.3),
        images=torch.tensor([0, 2, 3, 4, 0, 1, 5], dtype=torch.int32),
        texts=torch.tensor([0, 2, 3, 0, 4, 1, 2], dtype=torch.int32),
        positive=torch.tensor([1, 1, 0, 1, 0, 1, 0], dtype=torch.int32),
        offsets=torch.tensor([0, 5, 7], dtype=torch.int32),
        temperature=torch.tensor([0.09]),
    )

    def apply(u, v, images, texts, positive, offsets, temperature):
        scores = (u[images.long()] * v[texts.long()]).sum(1) / temperature
        return 0.125 * sum(
            scores[i:j].logsumexp(0) - scores[i:j][positive[i:j].bool()].logsumexp(0)
            for i, j in zip(offsets[:-1].tolist(), offsets[1:].tolist())
        )

    return case(random, inputs, apply, {"scale": 0.125})


@operation("normalize")
def normalized(random):
    return case(random, dict(x=normal(random, 5, 11, scale=3)), normalize)


@operation("gatherRows")
def gather_rows(random):
    """Out of order, one row twice and some rows never."""
    rows = torch.tensor([6, 0, 3, 3, 1], dtype=torch.int32)
    return case(random, dict(x=normal(random, 8, 10), rows=rows), lambda x, rows: x[rows.long()])


@operation("hideRows")
def hide_rows(random):
    rows = torch.tensor([6, 0, 3], dtype=torch.int32)

    def apply(x, rows):
        seen = torch.ones(len(x), 1, dtype=x.dtype)
        seen[rows.long()] = 0
        return x * seen

    return case(random, dict(x=normal(random, 8, 10), rows=rows), apply)


@operation("product")
def product(random):
    return case(random, dict(x=normal(random, 5, 11), y=normal(random, 5, 11)), lambda x, y: x * y)


@operation("relu")
def relu(random):
    return case(random, dict(x=normal(random, 5, 11)), torch.relu)


@operation("lookUp")
def look_up(random):
    """Out of order, one row twice and some rows never."""
    rows = torch.tensor([6, 0, 3, 3, 1], dtype=torch.int32)
    return case(random, dict(table=normal(random, 8, 10), rows=rows), lambda table, rows: table[rows.long()])


@operation("dictionaryLoss")
def dictionary_loss(random):
    """Three samples: of patches and tokens, of tokens alone, of patches alone."""
    bounds = [[(1, 5), (1, 3)], [(5, 5), (4, 9)], [(6, 10), (10, 10)]]
    inputs = dict(
        patches=normal(random, 10, 6),
        tokens=normal(random, 11, 6),
        chosen=normal(random, 12, 6, scale=0.5),
        sharpness=normal(random, 1, scale=0, around=1.3),
        patch_bounds=torch.tensor([edge for patches, _ in bounds for edge in patches], dtype=torch.int32),
        token_bounds=torch.tensor([edge for _, tokens in bounds for edge in tokens], dtype=torch.int32),
    )
    scales = {"reconstruction": 0.125, "commitment": 0.0625}

    def apply(patches, tokens, chosen, sharpness, **_):
        total = 0
        for (patch, token), codes in zip(bounds, chosen.chunk(len(bounds))):
            x = torch.cat([patches[slice(*patch)], tokens[slice(*token)]])
            reconstruction, commitment = dictionary_distances(x, codes, sharpness)
            total = total + scales["reconstruction"] * reconstruction + scales["commitment"] * commitment
        return total

    return case(random, inputs, apply, scales)


@operation("stackRows")
def stack_rows(random):
    return case(random, dict(a=normal(random, 3, 10), b=normal(random, 5, 10)), lambda a, b: torch.cat([a, b]))


@operation("slice")
def slice_rows(random):
    return case(random, dict(x=normal(random, 8, 10)), lambda x: x[2:7], {"lower": 2, "upper": 7})


def unit_rows(random, *shape: int) -> Tensor:
    return normalize(normal(random, *shape).double()).float()


@operation("imageTextContrastive")
def image_text_contrastive(random):
    """u and v have rows of length one already: the operation does not normalise."""
    inputs = dict(u=unit_rows(random, 6, 10), v=unit_rows(random, 6, 10), temperature=torch.tensor([0.09]))
    return case(random, inputs, image_text_loss)


@operation("imageContrastive")
def image_contrastive(random):
    """z has rows of length one already: first views, then second views."""
    return case(random, dict(z=unit_rows(random, 10, 8)), two_view_loss, {"temperature": "0.1"})


ADAMW = dict(learning_rate=0.05, beta1=0.9, beta2=0.98, epsilon=1e-6, weight_decay=0.1)
ADAMW_STEPS, ADAMW_MISSING = 5, 2


@operation("adamW")
def adamw(random):
    """Five steps on a decayed matrix and an undecayed vector. At step 2 the gradient is missing: nothing moves, and
    the bias correction of step 3 counts it as the third."""
    weights = {"group.weight": normal(random, 4, 6), "group.bias": normal(random, 6)}
    gradients = {name: normal(random, ADAMW_STEPS, *tensor.shape) for name, tensor in weights.items()}
    for gradient in gradients.values():
        gradient[ADAMW_MISSING] = 0
    results = {name: tensor.double() for name, tensor in weights.items()}
    optimizer = AdamW(**ADAMW)
    for step in range(ADAMW_STEPS):
        if step != ADAMW_MISSING:
            present = {name: gradient[step].double() for name, gradient in gradients.items()}
            optimizer.step(results, present, ADAMW["learning_rate"])
    tensors = {}
    for name in weights:
        short = name.removeprefix("group.")
        tensors[f"input/{short}"] = weights[name]
        tensors[f"input/gradients.{short}"] = gradients[name]
        tensors[f"output/{short}"] = results[name]
        tensors[f"output/exp_avg.{short}"], tensors[f"output/exp_avg_sq.{short}"] = optimizer.moments[name]
    return tensors, {key: repr(value) for key, value in ADAMW.items()} | {"missing_step": str(ADAMW_MISSING)}
