"""UNIMO-2 in plain PyTorch: the model and its checkpoint files. Losses are in `objectives.py`.

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
    S  side of an image in pixels             M  rows with a token to predict
    p  side of a patch in pixels              K  codes, G of them chosen for a sample

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
# Where the stored values of learned scalars are kept.
SCALAR_RANGES = {
    "itc.temperature": (0.001, 0.5), "cmcl.temperature": (0.001, 0.5), "dictionary.sharpness": (1.0, 1e4)
}


# ---------------------------------------------------------------------------------------------- the model


class Attention(nn.Module):
    """Multi-head self-attention over the rows of one sample."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)  # rows: queries, keys, values; each H blocks of D
        self.output = nn.Linear(width, width)

    def forward(self, x: Tensor, offsets: list[int], sees: list[Tensor] | None = None) -> Tensor:
        """(N, C) → (N, C), each sample attending to itself: sees[b] (T, T) says which rows see which, all without it."""
        qkv = self.qkv(x)
        ranges = list(zip(offsets, offsets[1:]))
        samples = [self.attend(qkv[a:b], sees[i] if sees else None) for i, (a, b) in enumerate(ranges)]
        return self.output(torch.cat(samples) if samples else qkv[:, : x.shape[1]])

    def attend(self, qkv: Tensor, sees: Tensor | None = None) -> Tensor:
        """(T, 3C) → (T, C)."""
        rows, width = qkv.shape[0], qkv.shape[1] // 3
        q, k, v = qkv.view(rows, 3, self.heads, width // self.heads).permute(1, 2, 0, 3)  # (H, T, D) each
        scores = q @ k.transpose(1, 2) / math.sqrt(width // self.heads)  # (H, T, T)
        if sees is not None:
            scores = scores.masked_fill(~sees, -math.inf)
        return (torch.softmax(scores, dim=-1) @ v).transpose(0, 1).reshape(rows, width)


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

    def forward(self, x: Tensor, offsets: list[int], sees: list[Tensor] | None = None) -> Tensor:
        if self.pre_norm:
            x = x + self.attention(self.norm1(x), offsets, sees)
            return x + self.ffn(self.norm2(x))
        x = self.norm1(x + self.attention(x, offsets, sees))
        return self.norm2(x + self.ffn(x))


def layers(sizes: dict, pre_norm: bool) -> nn.ModuleList:
    return nn.ModuleList(
        Layer(sizes["width"], sizes["heads"], sizes["feed_forward"], pre_norm, sizes["epsilon"])
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
        self.layers = layers(sizes, pre_norm=True)
        self.norm = nn.LayerNorm(width, eps=sizes["epsilon"])

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
        self.token_type = nn.Parameter(torch.zeros(1, width))
        self.norm = nn.LayerNorm(width, eps=config["text"]["epsilon"])
        self.layers = layers(config["text"], pre_norm=False)

    def forward(self, tokens: Tensor, offsets: list[int], causal: bool = False) -> Tensor:
        """(N) ids → (N, C)."""
        x = self.norm(embedding(tokens, offsets, self.word, self.position, self.token_type))
        lengths = [b - a for a, b in zip(offsets, offsets[1:])]
        sees = [torch.ones(n, n, dtype=torch.bool).tril() for n in lengths] if causal else None
        for layer in self.layers:
            x = layer(x, offsets, sees)
        return x


class Dictionary(nn.Module):
    """K codes, and how sharply an input tells them apart."""

    def __init__(self, sizes: dict, width: int):
        super().__init__()
        self.chosen, self.balanced = sizes["chosen"], sizes["scores"] == "balanced"
        self.codes = nn.Parameter(torch.zeros(sizes["codes"], width))
        self.sharpness = nn.Parameter(torch.tensor([100.0]))

    def totals(self, patches: Tensor, tokens: Tensor) -> Tensor:
        """Patches (P, C) and tokens (T, C) of one sample → the score (K) of each code."""
        parts = [torch.sigmoid(self.sharpness * x @ self.codes.T) for x in (patches, tokens) if x.shape[0] > 0]
        if self.balanced:
            return sum(part.mean(dim=0) for part in parts)  # halving both changes no choice
        return sum(part.sum(dim=0) for part in parts)

    def choose(self, patches: Tensor, tokens: Tensor) -> Tensor:
        """The rows (G) of the codes with the highest scores, ascending."""
        return self.totals(patches, tokens).topk(self.chosen).indices.sort().values


@dataclass
class Grounded:
    """What the Grounded Transformer made of a batch, and what went into its dictionary."""

    image: Tensor | None  # (B, 1 + P, C)
    text: Tensor | None  # (N, C)
    grounded: Tensor | None = None  # (B · G, C)
    inputs: list[Tensor] | None = None  # (P + T, C) of each sample
    codes: list[Tensor] | None = None  # (G, C) of each sample
    chosen: list[Tensor] | None = None  # (G), which codes those are


class GroundedTransformer(nn.Module):
    """Post-LN layers over image rows, grounded tokens and text rows of a sample."""

    def __init__(self, config: dict):
        super().__init__()
        if config.get("dictionary"):
            self.norm = nn.LayerNorm(config["grounded"]["width"], eps=config["grounded"]["epsilon"])
        self.layers = layers(config["grounded"], pre_norm=False)

    def forward(
        self, image: Tensor | None, codes: list[Tensor] | None, text: Tensor | None, offsets: list[int] | None,
        causal: bool,
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        """Image (B, 1 + P, C) or none, codes (G, C) of each sample or none, text (N, C) or none → rows of image, of text
        and of grounded tokens."""
        if not len(self.layers):
            return image, text, None
        samples = image.shape[0] if image is not None else len(offsets) - 1
        rows, bounds, sees, kinds = [], [0], [], []
        for b in range(samples):
            parts = {
                "v": None if image is None else image[b],
                "g": None if codes is None else self.norm(codes[b]),
                "t": None if text is None else text[offsets[b] : offsets[b + 1]],
            }
            present = {kind: part for kind, part in parts.items() if part is not None}
            rows += present.values()
            kind = [kind for kind, part in present.items() for _ in range(part.shape[0])]
            kinds += kind
            bounds.append(bounds[-1] + len(kind))
            sees.append(sight(kind, grounded=codes is not None, causal=causal))
        x = torch.cat(rows) if rows else text
        for layer in self.layers:
            x = layer(x, bounds, sees)
        is_image, is_text, is_code = (torch.tensor([k == kind for k in kinds], dtype=torch.bool) for kind in "vtg")
        return (
            None if image is None else x[is_image].view(image.shape),
            None if text is None else x[is_text],
            None if codes is None else x[is_code],
        )


def sight(kinds: list[str], grounded: bool, causal: bool) -> Tensor:
    """(T, T), true where the row of a sample sees the column: v image, g grounded token, t text."""
    sees = torch.zeros(len(kinds), len(kinds), dtype=torch.bool)
    for i, row in enumerate(kinds):
        for j, column in enumerate(kinds):
            if causal:
                sees[i, j] = column != "t" or (row == "t" and j <= i)
            elif grounded:
                sees[i, j] = row == column or "g" in (row, column)
            else:
                sees[i, j] = True
    return sees


class MaskedLanguageHead(nn.Module):
    def __init__(self, width: int, vocabulary: int, epsilon: float):
        super().__init__()
        self.transform = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width, eps=epsilon)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(self, hidden: Tensor, word: Tensor) -> Tensor:
        """(M, C) and the word table (V, C), which is also the decoder → logits (M, V)."""
        return F.linear(self.norm(F.gelu(self.transform(hidden))), word, self.bias)


class ImageTextContrast(nn.Module):
    def __init__(self):
        super().__init__()
        self.temperature = nn.Parameter(torch.tensor([0.07]))


class MatchingHead(nn.Module):
    """Do image and text belong together?"""

    def __init__(self, width: int):
        super().__init__()
        self.image = nn.Linear(width, width)
        self.text = nn.Linear(width, width)
        self.output = nn.Linear(width, 2)

    def forward(self, image: Tensor, text: Tensor) -> Tensor:
        """(B, C) each → logits of mismatch and match (B, 2)."""
        return self.output(torch.relu(self.image(image)) * torch.relu(self.text(text)))


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
    `config`: vocabulary, max_tokens, image_size, patch_size, projection, for each of vision, text and grounded:
    layers, width, heads, feed_forward, epsilon; and unless it is the baseline, dictionary: codes, chosen, scores, hidden.
    """

    def __init__(self, config: dict):
        super().__init__()
        self.config = config
        width = config["text"]["width"]
        self.vision = VisionEncoder(config)
        self.text = TextEncoder(config)
        if config.get("dictionary"):
            self.dictionary = Dictionary(config["dictionary"], width)
        self.grounded = GroundedTransformer(config)
        self.mlm = MaskedLanguageHead(width, config["vocabulary"], config["text"]["epsilon"])
        if self.hides:
            self.codes = MaskedLanguageHead(width, config["dictionary"]["codes"], config["grounded"]["epsilon"])
        self.itm = MatchingHead(width)
        self.itc = ImageTextContrast()
        self.simclr = ProjectionHead(config["vision"]["width"], config["projection"])

    @property
    def has_dictionary(self) -> bool:
        return bool(self.config.get("dictionary"))

    @property
    def hides(self) -> bool:
        """Whether grounded tokens are hidden and told."""
        return (self.config.get("dictionary") or {}).get("hidden", 0) > 0

    def understand(
        self, pixels: Tensor | None, tokens: Tensor | None, offsets: list[int] | None, causal: bool = False,
        codes: Tensor | None = None, hidden: Tensor | None = None,
    ) -> Grounded:
        """Everything, from pixels and ids to the Grounded Transformer's rows. `codes` (B, G) are choices made elsewhere;
        `hidden` (M) counts grounded tokens, of all samples, that the Grounded Transformer sees as zeros."""
        image = None if pixels is None else self.vision(pixels)
        text = None if tokens is None else self.text(tokens, offsets, causal)
        if not self.has_dictionary:
            return Grounded(*self.grounded(image, None, text, offsets, causal))
        inputs, chosen, rows = self.ground(image, None if causal else text, offsets, codes)
        seen = chosen if hidden is None else hide(chosen, hidden)
        return Grounded(*self.grounded(image, seen, text, offsets, causal), inputs, chosen, rows)

    def ground(
        self, image: Tensor | None, text: Tensor | None, offsets: list[int] | None, codes: Tensor | None = None
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Of each sample the dictionary's inputs, the codes chosen, and which those are; class rows are no inputs."""
        none = self.dictionary.codes[:0]
        samples = image.shape[0] if image is not None else len(offsets) - 1
        inputs, chosen, which = [], [], []
        for b in range(samples):
            patches = none if image is None else image[b, 1:]
            words = none if text is None else text[offsets[b] + 1 : offsets[b + 1]]
            rows = self.dictionary.choose(patches, words) if codes is None else codes[b].long()
            inputs.append(torch.cat([patches, words]))
            chosen.append(self.dictionary.codes[rows])
            which.append(rows)
        return inputs, chosen, which

    def image_embedding(self, pixels: Tensor) -> Tensor:
        """(B, S, S, 3) bytes → (B, C), of length one: what retrieval compares."""
        return normalize(self.vision(pixels)[:, 0])

    def text_embedding(self, tokens: Tensor, offsets: list[int]) -> Tensor:
        """(N) ids → (B, C), of length one."""
        return normalize(self.text(tokens, offsets)[offsets[:-1]])


# ------------------------------------------------------------------------------------------ its operations


def embedding(tokens: Tensor, offsets: list[int], word: Tensor, position: Tensor, kind: Tensor) -> Tensor:
    """(N) ids → word rows plus position rows plus the one type's row (N, C); token t of a sample stands at position 2 + t."""
    within = [FIRST_POSITION + t for a, b in zip(offsets, offsets[1:]) for t in range(b - a)]
    return word[tokens.long()] + position[torch.tensor(within, dtype=torch.long)] + kind


def patch_embedding(
    pixels: Tensor, weight: Tensor, bias: Tensor, cls: Tensor, position: Tensor, patch_size: int
) -> Tensor:
    """(B, S, S, 3) bytes → (B, 1 + P, C). A patch is a vector in the order (channel, row, column)."""
    samples, side = pixels.shape[0], pixels.shape[1] // patch_size
    x = (pixels.to(weight.dtype) / 255 - 0.5) / 0.5
    x = x.view(samples, side, patch_size, side, patch_size, 3).permute(0, 1, 3, 5, 2, 4)
    x = x.reshape(samples, side * side, 3 * patch_size**2) @ weight.T + bias
    return torch.cat([cls.expand(samples, 1, -1), x], dim=1) + position


def hide(codes: list[Tensor], hidden: Tensor) -> list[Tensor]:
    """(G, C) of each sample, zeros in the rows (M) counted over all samples."""
    seen = torch.ones(sum(len(part) for part in codes), 1, dtype=codes[0].dtype)
    seen[hidden.long()] = 0
    return list((torch.cat(codes) * seen).split([len(part) for part in codes]))


def dictionary_distances(x: Tensor, codes: Tensor, sharpness: Tensor) -> tuple[Tensor, Tensor]:
    """Inputs (L, C) and the codes (G, C) chosen for them → the sums of squares of reconstruction and of commitment."""
    scores = torch.sigmoid(sharpness * x @ codes.T)  # (L, G)
    of_codes = scores / (scores.sum(dim=1, keepdim=True) + 1e-18)
    of_inputs = scores / (scores.sum(dim=0, keepdim=True) + 1e-18)
    reconstruction = ((x.detach() - of_codes @ codes) ** 2).sum()
    return reconstruction, ((codes.detach() - of_inputs.T @ x) ** 2).sum()


def normalize(x: Tensor) -> Tensor:
    """Each row at length one."""
    return x / torch.sqrt((x * x).sum(dim=-1, keepdim=True) + 1e-12)


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
