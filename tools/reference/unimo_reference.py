"""UNIMO-2 without its dictionary, in plain PyTorch: the model, its three pre-training losses, and its files.

The module names are the tensor names of unimo's weight files, so a checkpoint loads with `load_state_dict`:

    config = json.load(open("checkpoint/config.json"))
    model = Unimo(config)
    model.load_state_dict(read_tensors("checkpoint/model-00001-of-00001.safetensors"))

Nothing is padded. The texts of a batch stand one after another in `N` rows, and sample b owns rows
`offsets[b]` to `offsets[b + 1]`; only attention looks at the boundaries.

Shapes
    N  rows (text tokens of all samples)      C  width
    B  samples                                H  heads, D = C / H
    T  text tokens of one sample              F  feed-forward width
    P  patches of one image                   V  vocabulary
    S  side of an image in pixels             M  masked rows
    p  side of a patch in pixels

Linear layers are y = x Wᵀ + b with W (out, in). There is no dropout. Everything runs in the type of the
parameters; `model.double()` gives the float64 reference.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor, nn

FIRST_POSITION = 2  # RoBERTa's text positions start behind two reserved rows
CONTRASTIVE_TEMPERATURE = 0.1  # NT-Xent over two views
TEMPERATURE_RANGE = (0.001, 0.5)  # where the learned temperature is kept


# ---------------------------------------------------------------------------------------------- the model


class Attention(nn.Module):
    """Multi-head self-attention over the rows of one sample."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)  # rows: queries, keys, values; each H blocks of D
        self.output = nn.Linear(width, width)

    def forward(self, x: Tensor, offsets: list[int]) -> Tensor:
        """(N, C) → (N, C), each sample attending to itself."""
        qkv = self.qkv(x)
        samples = [self.attend(qkv[a:b]) for a, b in zip(offsets, offsets[1:])]
        return self.output(torch.cat(samples) if samples else qkv[:, : x.shape[1]])

    def attend(self, qkv: Tensor) -> Tensor:
        """(T, 3C) → (T, C)."""
        rows, width = qkv.shape[0], qkv.shape[1] // 3
        q, k, v = qkv.view(rows, 3, self.heads, width // self.heads).permute(1, 2, 0, 3)  # (H, T, D) each
        weights = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(width // self.heads), dim=-1)  # (H, T, T)
        return (weights @ v).transpose(0, 1).reshape(rows, width)


class FeedForward(nn.Module):
    def __init__(self, width: int, inner: int):
        super().__init__()
        self.up = nn.Linear(width, inner)
        self.down = nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.gelu(self.up(x)))


class Layer(nn.Module):
    """One Transformer layer; the norms stand before the blocks (pre-LN) or after the sums (post-LN)."""

    def __init__(self, width: int, heads: int, feed_forward: int, pre_norm: bool, epsilon: float):
        super().__init__()
        self.pre_norm = pre_norm
        self.norm1 = nn.LayerNorm(width, eps=epsilon)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=epsilon)
        self.ffn = FeedForward(width, feed_forward)

    def forward(self, x: Tensor, offsets: list[int]) -> Tensor:
        if self.pre_norm:
            x = x + self.attention(self.norm1(x), offsets)
            return x + self.ffn(self.norm2(x))
        x = self.norm1(x + self.attention(x, offsets))
        return self.norm2(x + self.ffn(x))


def layers(sizes: dict, pre_norm: bool, epsilon: float) -> nn.ModuleList:
    return nn.ModuleList(
        Layer(sizes["width"], sizes["heads"], sizes["feed_forward"], pre_norm, epsilon)
        for _ in range(sizes["layers"])
    )


class VisionEncoder(nn.Module):
    """ViT, pre-LN."""

    def __init__(self, config: dict):
        super().__init__()
        sizes, self.patch_size = config["vision"], config["patch_size"]
        width, self.patches = sizes["width"], (config["image_size"] // config["patch_size"]) ** 2
        self.patch = nn.Linear(3 * self.patch_size**2, width)
        self.cls = nn.Parameter(torch.zeros(width))
        self.position = nn.Parameter(torch.zeros(1 + self.patches, width))  # row 0 is cls's
        self.layers = layers(sizes, pre_norm=True, epsilon=1e-12)
        self.norm = nn.LayerNorm(width, eps=1e-12)

    def embed(self, pixels: Tensor) -> Tensor:
        """(B, S, S, 3) bytes → (B, 1 + P, C): cls, then the patches row by row."""
        return patch_embedding(
            pixels, self.patch.weight, self.patch.bias, self.cls, self.position, self.patch_size
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, S, S, 3) bytes → (B, 1 + P, C)."""
        x = self.embed(pixels)
        samples, rows, width = x.shape
        offsets = list(range(0, (samples + 1) * rows, rows))
        x = x.reshape(samples * rows, width)
        for layer in self.layers:
            x = layer(x, offsets)
        return self.norm(x).view(samples, rows, width)


class TextEncoder(nn.Module):
    """RoBERTa-shaped, post-LN."""

    def __init__(self, config: dict):
        super().__init__()
        width = config["text"]["width"]
        self.word = nn.Parameter(torch.zeros(config["vocabulary"], width))
        self.position = nn.Parameter(torch.zeros(config["max_tokens"] + FIRST_POSITION, width))
        self.norm = nn.LayerNorm(width, eps=1e-5)
        self.layers = layers(config["text"], pre_norm=False, epsilon=1e-5)

    def forward(self, tokens: Tensor, offsets: list[int]) -> Tensor:
        """(N) ids → (N, C)."""
        x = self.norm(embedding(tokens, offsets, self.word, self.position))
        for layer in self.layers:
            x = layer(x, offsets)
        return x


class JointEncoder(nn.Module):
    """Post-LN layers over the image rows and the text rows of a sample together."""

    def __init__(self, config: dict):
        super().__init__()
        self.layers = layers(config["joint"], pre_norm=False, epsilon=1e-5)

    def forward(self, image: Tensor | None, text: Tensor, offsets: list[int]) -> Tensor:
        """Image (B, 1 + P, C) or none, text (N, C) → the text rows (N, C)."""
        if image is None:
            for layer in self.layers:
                text = layer(text, offsets)
            return text
        rows, joint, bounds, is_text = image.shape[1], [], [0], []
        for b, (start, end) in enumerate(zip(offsets, offsets[1:])):
            joint += [image[b], text[start:end]]
            bounds.append(bounds[-1] + rows + end - start)
            is_text += [False] * rows + [True] * (end - start)
        x = torch.cat(joint) if joint else text
        for layer in self.layers:
            x = layer(x, bounds)
        return x[torch.tensor(is_text, dtype=torch.bool)]


class MaskedLanguageHead(nn.Module):
    def __init__(self, width: int, vocabulary: int):
        super().__init__()
        self.transform = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width, eps=1e-5)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(self, hidden: Tensor, word: Tensor) -> Tensor:
        """(M, C) and the word table (V, C), which is also the decoder → logits (M, V)."""
        return F.linear(self.norm(F.gelu(self.transform(hidden))), word, self.bias)


class ImageTextContrast(nn.Module):
    def __init__(self):
        super().__init__()
        self.temperature = nn.Parameter(torch.tensor([0.07]))


class ProjectionHead(nn.Module):
    """SimCLR's head."""

    def __init__(self, width: int, projection: int):
        super().__init__()
        self.up = nn.Linear(width, width)
        self.down = nn.Linear(width, projection)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.gelu(self.up(x)))


class Unimo(nn.Module):
    """
    `config`: vocabulary, max_tokens, image_size, patch_size, projection, and for each of vision, text and joint:
    layers, width, heads, feed_forward.
    """

    def __init__(self, config: dict):
        super().__init__()
        self.config = config
        width = config["text"]["width"]
        self.vision = VisionEncoder(config)
        self.text = TextEncoder(config)
        self.joint = JointEncoder(config)
        self.mlm = MaskedLanguageHead(width, config["vocabulary"])
        self.itc = ImageTextContrast()
        self.simclr = ProjectionHead(config["vision"]["width"], config["projection"])

    def image_embedding(self, pixels: Tensor) -> Tensor:
        """(B, S, S, 3) bytes → (B, C), of length one: what retrieval compares."""
        return normalize(self.vision(pixels)[:, 0])

    def text_embedding(self, tokens: Tensor, offsets: list[int]) -> Tensor:
        """(N) ids → (B, C), of length one."""
        return normalize(self.text(tokens, offsets)[offsets[:-1]])


# ------------------------------------------------------------------------------------------ its operations


def embedding(tokens: Tensor, offsets: list[int], word: Tensor, position: Tensor) -> Tensor:
    """(N) ids → word rows plus position rows (N, C); token t of a sample stands at position 2 + t."""
    within = [FIRST_POSITION + t for a, b in zip(offsets, offsets[1:]) for t in range(b - a)]
    return word[tokens.long()] + position[torch.tensor(within, dtype=torch.long)]


def patch_embedding(
    pixels: Tensor, weight: Tensor, bias: Tensor, cls: Tensor, position: Tensor, patch_size: int
) -> Tensor:
    """(B, S, S, 3) bytes → (B, 1 + P, C). A patch is a vector in the order (channel, row, column)."""
    samples, side = pixels.shape[0], pixels.shape[1] // patch_size
    x = (pixels.to(weight.dtype) / 255 - 0.5) / 0.5
    x = x.view(samples, side, patch_size, side, patch_size, 3).permute(0, 1, 3, 5, 2, 4)
    x = x.reshape(samples, side * side, 3 * patch_size**2) @ weight.T + bias
    return torch.cat([cls.expand(samples, 1, -1), x], dim=1) + position


def normalize(x: Tensor) -> Tensor:
    """Each row at length one."""
    return x / torch.sqrt((x * x).sum(dim=-1, keepdim=True) + 1e-12)


# -------------------------------------------------------------------------------------------- the objectives


@dataclass
class Batch:
    """One global batch of one objective."""

    objective: str
    tokens: Tensor | None = None  # (N)
    offsets: list[int] | None = None  # (B + 1)
    masked_rows: Tensor | None = None  # (M), rows among N
    labels: Tensor | None = None  # (M), the ids that were there
    view0: Tensor | None = None  # (B, S, S, 3) bytes
    view1: Tensor | None = None  # (B, S, S, 3) bytes
    loss: float | None = None  # as the run computed it

    @property
    def groups(self) -> set[str]:
        """The parameter groups (first component of the names) that this batch trains."""
        if self.objective == "masked_language":
            return {"text", "joint", "mlm"} | (set() if self.view0 is None else {"vision"})
        if self.objective == "image_text_contrastive":
            return {"vision", "text", "itc"}
        if self.objective == "image_contrastive":
            return {"vision", "simclr"}
        raise ValueError(f"no objective is called {self.objective!r}")


def masked_language(model: Unimo, batch: Batch) -> Tensor:
    """Mean cross entropy of the masked tokens, given text and, in pairs, the image."""
    if batch.masked_rows.numel() == 0:
        return zero(model)
    image = None if batch.view0 is None else model.vision(batch.view0)
    hidden = model.joint(image, model.text(batch.tokens, batch.offsets), batch.offsets)
    logits = model.mlm(hidden[batch.masked_rows.long()], model.text.word)
    return F.cross_entropy(logits, batch.labels.long())


def image_text_contrastive(model: Unimo, batch: Batch) -> Tensor:
    """Both directions of the contrast between images and texts; the pool is the batch."""
    if batch.view0.shape[0] == 0:
        return zero(model)
    u, v = model.image_embedding(batch.view0), model.text_embedding(batch.tokens, batch.offsets)
    return image_text_loss(u, v, model.itc.temperature)


def image_contrastive(model: Unimo, batch: Batch) -> Tensor:
    """Contrast between two views of each image among all views of the batch."""
    if batch.view0.shape[0] == 0:
        return zero(model)
    cls = torch.cat([model.vision(batch.view0)[:, 0], model.vision(batch.view1)[:, 0]])
    return two_view_loss(normalize(model.simclr(cls)))


def image_text_loss(u: Tensor, v: Tensor, temperature: Tensor) -> Tensor:
    """u, v (B, C) of length one, temperature (1) → mean over B of half the row and half the column loss."""
    logits = u @ v.T / temperature
    target = torch.arange(u.shape[0])
    return 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target))


def two_view_loss(z: Tensor) -> Tensor:
    """z (2B, D) of length one, all first views and then all second views → NT-Xent, mean over 2B."""
    count = z.shape[0]
    logits = (z @ z.T / CONTRASTIVE_TEMPERATURE).masked_fill(torch.eye(count, dtype=torch.bool), -math.inf)
    return F.cross_entropy(logits, (torch.arange(count) + count // 2) % count)


def zero(model: Unimo) -> Tensor:
    """The loss of nothing."""
    return 0 * model.text.word.sum()


OBJECTIVES = {
    "masked_language": masked_language,
    "image_text_contrastive": image_text_contrastive,
    "image_contrastive": image_contrastive,
}


def loss_of(model: Unimo, batch: Batch) -> Tensor:
    return OBJECTIVES[batch.objective](model, batch)


# ------------------------------------------------------------------------------------------------- its files


def read_tensors(path: str | Path) -> dict[str, Tensor]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def read_checkpoint(directory: str | Path) -> Unimo:
    """A model with the weights of a checkpoint directory (`config.json`, `model-*.safetensors`)."""
    directory = Path(directory)
    model = Unimo(json.loads((directory / "config.json").read_text()))
    weights = {}
    for path in sorted(directory.glob("model-*.safetensors")):
        weights |= read_tensors(path)
    model.load_state_dict(weights)
    return model


def read_batch(*paths: str | Path) -> Batch:
    """A batch as a run dumps it: tokens, offsets, masked_rows, labels, view0, view1, as far as present.

    Several files are the slices of several ranks, in rank order."""
    slices, metadata = [], {}
    for path in paths:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            slices.append({name: file.get_tensor(name) for name in file.keys()})
        if "objective" not in metadata:
            raise ValueError(f"{path}: expected metadata 'objective', found {sorted(metadata)}")
    return batch_of(metadata["objective"], join_slices(slices), metadata.get("loss"))


def join_slices(slices: list[dict[str, numpy.ndarray]]) -> dict[str, numpy.ndarray]:
    """One batch from the slices of ranks; a rank without samples has no tensors."""
    slices = [tensors for tensors in slices if tensors]
    joined = {name: numpy.concatenate([tensors[name] for tensors in slices]) for name in slices[0]} if slices else {}
    if "offsets" in joined:
        starts = numpy.cumsum([0] + [len(tensors["tokens"]) for tensors in slices])
        shifted = list(zip(starts, slices))
        joined["offsets"] = numpy.concatenate([[0]] + [start + t["offsets"][1:] for start, t in shifted])
        if "masked_rows" in joined:
            joined["masked_rows"] = numpy.concatenate([start + t["masked_rows"] for start, t in shifted])
    return joined


def batch_of(objective: str, tensors: dict[str, numpy.ndarray], loss: str | float | None = None) -> Batch:
    arrays = {name: torch.from_numpy(numpy.ascontiguousarray(value)) for name, value in tensors.items()}
    if "offsets" in arrays:
        arrays["offsets"] = arrays["offsets"].tolist()
    return Batch(objective, loss=None if loss is None else float(loss), **arrays)
