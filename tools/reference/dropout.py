"""The masks that unimo's dropout draws: a function of the seed, the batch, the sample's position and the element's
number alone (Philox4x32-10, Salmon et al. 2011), here in plain integers."""

from dataclasses import dataclass

import numpy
import torch
from torch import Tensor

DROPOUT_PURPOSE = 1024  # plus the site
BLOCK = 64  # elements that eight counters serve; rows start at multiples of it
WORD = 0xFFFFFFFF


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Ten rounds on one counter."""
    (a, b, c, d), (k, l) = counter, key
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (q >> 32) ^ b ^ k, q & WORD, (p >> 32) ^ d ^ l, p & WORD
        k, l = (k + 0x9E3779B9) & WORD, (l + 0xBB67AE85) & WORD
    return a, b, c, d


@dataclass
class Dropout:
    rate: float
    site: int
    seed: int
    batch: int

    def kept(self, position: int, first: int, count: int) -> numpy.ndarray:
        """Elements `first` to `first + count` of a sample: 0 where dropped, else 1 / (1 - rate)."""
        assert first % BLOCK == 0
        threshold = int(self.rate * 65536)
        draws: list[int] = []
        while len(draws) < count:
            start = (first + len(draws)) // 8
            words = [self.words(position, start + i) for i in range(8)]
            for pair in (0, 2):
                lanes = [word[pair + i] for word in words for i in (0, 1)]
                draws += [lane & 0xFFFF for lane in lanes] + [lane >> 16 for lane in lanes]
        return (numpy.array(draws[:count]) >= threshold) * (65536 / (65536 - threshold))

    def words(self, position: int, block: int) -> tuple[int, int, int, int]:
        last = (self.batch >> 32) << 24 | DROPOUT_PURPOSE + self.site
        return philox((block, position, self.batch & WORD, last & WORD), (self.seed & WORD, self.seed >> 32))

    def rows(self, samples: list[list[int]], columns: int) -> Tensor:
        """The mask of rows; each sample is [first row, last row + 1, position, number of its first row]."""
        stride = -(-columns // BLOCK) * BLOCK
        mask = numpy.zeros((max(end for _, end, _, _ in samples), columns))
        for start, end, position, number in samples:
            for row in range(start, end):
                mask[row] = self.kept(position, (number + row - start) * stride, columns)
        return torch.from_numpy(mask)

    def probabilities(self, plan: list[dict], heads: int, rows: int) -> Tensor:
        """(H, rows, rows): the mask of attention probabilities, counted per sample by block, head and query."""
        mask = numpy.ones((heads, rows, rows))
        taken: dict[int, int] = {}
        for block in plan:
            keys = [key for start, end in block["keys"] for key in range(start, end)]
            start, end = block["query"]
            stride, before = -(-len(keys) // BLOCK) * BLOCK, taken.get(block["position"], 0)
            for head in range(heads):
                for query in range(start, end):
                    number = before + (head * (end - start) + query - start) * stride
                    mask[head, query, keys] = self.kept(block["position"], number, len(keys))
            taken[block["position"]] = before + heads * (end - start) * stride
        return torch.from_numpy(mask)
