"""The draws that unimo makes among the samples of a batch: a function of seed, batch and position (Philox4x32-10)."""

from dropout import WORD, philox

MISMATCH_PURPOSE = 9


def words(seed: int, batch: int, position: int, purpose: int, count: int) -> list[int]:
    """The first numbers, 32 bits each."""
    found: list[int] = []
    while len(found) < count:
        counter = (len(found) // 4, position, batch & WORD, ((batch >> 32) << 24 | purpose) & WORD)
        found += philox(counter, (seed & WORD, seed >> 32))
    return found[:count]


def donors(seed: int, batch: int, captions: list[list[int]], share: float) -> list[int]:
    """Whose caption stands beside each image, drawn uniformly; its own for a match."""
    count, found = len(captions), []
    for position in range(count):
        first, second = words(seed, batch, position, MISMATCH_PURPOSE, 2)
        donor = position
        if (first >> 8) * 2**-24 < share and count > 1:
            drawn = position + 1 + (second * (count - 1) >> 32)
            others = [(drawn + step) % count for step in range(count)]
            donor = next((o for o in others if o != position and captions[o] != captions[position]), position)
        found.append(donor)
    return found
