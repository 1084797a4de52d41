"""UNIMO in plain PyTorch: one Transformer over regions, texts and both. Losses are in `single_stream_objectives.py`.

Conventions, names of modules and checkpoint files are as in `unimo_reference.py`; here P is the number of regions of an
image, F the numbers that describe a region, and K the classes it may be of.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unimo_reference import FIRST_POSITION, MaskedLanguageHead, embedding, layers, normalize

LOCATION_WIDTH = 5


@dataclass
class Sequence:
    """An image, a text, or an image with a text behind it; and what is generated behind the text."""

    regions: Tensor | None = None  # (1 + P, C), embedded, [IMG] first
    text: Tensor | None = None  # (T, C), embedded
    target: Tensor | None = None  # (T', C), embedded


class RegionEmbedding(nn.Module):
    def __init__(self, features: int, width: int, epsilon: float):
        super().__init__()
        self.feature = nn.Linear(features, width)
        self.location = nn.Linear(LOCATION_WIDTH, width)
        self.norm = nn.LayerNorm(width, eps=epsilon)

    def forward(self, features: Tensor, locations: Tensor) -> Tensor:
        """(N, F) and (N, 5) → (N, C)."""
        return self.norm(self.feature(features) + self.location(locations))


class TextEmbedding(nn.Module):
    def __init__(self, vocabulary: int, max_tokens: int, width: int, epsilon: float):
        super().__init__()
        self.word = nn.Parameter(torch.zeros(vocabulary, width))
        self.position = nn.Parameter(torch.zeros(max_tokens + FIRST_POSITION, width))
        self.token_type = nn.Parameter(torch.zeros(1, width))
        self.norm = nn.LayerNorm(width, eps=epsilon)

    def forward(self, tokens: Tensor, offsets: list[int]) -> Tensor:
        """(N) ids → (N, C)."""
        return self.norm(embedding(tokens, offsets, self.word, self.position, self.token_type))


class RegionHead(nn.Module):
    """Tells the features and the classes of hidden regions."""

    def __init__(self, width: int, features: int, classes: int):
        super().__init__()
        self.features = nn.Linear(width, features)
        if classes:
            self.classes = nn.Linear(width, classes)


class Contrast(nn.Module):
    def __init__(self, width: int, projection: int):
        super().__init__()
        self.image = nn.Linear(width, width)
        self.text = nn.Linear(width, width)
        self.image_projection = nn.Linear(width, projection)
        self.text_projection = nn.Linear(width, projection)
        self.temperature = nn.Parameter(torch.tensor([0.07]))

    def image_vector(self, start: Tensor) -> Tensor:
        """The [IMG] row (C) → (projection), of length one."""
        return normalize(self.image_projection(torch.relu(self.image(start)))[None])[0]

    def text_vector(self, start: Tensor) -> Tensor:
        """The <s> row (C) → (projection), of length one."""
        return normalize(self.text_projection(torch.relu(self.text(start)))[None])[0]


class SingleStream(nn.Module):
    """`config`: vocabulary, max_tokens, region_width, region_classes, projection, and transformer: layers, width, heads,
    feed_forward, epsilon."""

    def __init__(self, config: dict):
        super().__init__()
        self.config = config
        self.has_dictionary = False
        sizes = config["transformer"]
        width, epsilon = sizes["width"], sizes["epsilon"]
        self.regions = RegionEmbedding(config["region_width"], width, epsilon)
        self.text = TextEmbedding(config["vocabulary"], config["max_tokens"], width, epsilon)
        self.transformer = nn.ModuleDict({"layers": layers(sizes, pre_norm=False)})
        self.mlm = MaskedLanguageHead(width, config["vocabulary"], epsilon)
        self.mrm = RegionHead(width, config["region_width"], config["region_classes"])
        self.cmcl = Contrast(width, config["projection"])

    def forward(self, sequence: Sequence) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        """The last layer's rows of image, text and target."""
        parts = [sequence.regions, sequence.text, sequence.target]
        counts = [0 if part is None else len(part) for part in parts]
        x = torch.cat([part for part in parts if part is not None])
        source, rows = counts[0] + counts[1], sum(counts)
        sees = torch.zeros(rows, rows, dtype=torch.bool)
        sees[:, :source] = True
        sees[source:, source:] = torch.ones(counts[2], counts[2], dtype=torch.bool).tril()
        for layer in self.transformer["layers"]:
            x = layer(x, [0, rows], [sees])
        found = x.split(counts)
        return tuple(None if part is None else rows for part, rows in zip(parts, found))
