"""Texts from all over Unicode, seeded: for goldens and for comparing tokenizers."""

import random

EMOJI = [
    "👩\u200d👩\u200d👧\u200d👦", "🏳️\u200d🌈", "🇩🇪🇫🇷", "👍🏽", "🙂", "1️⃣", "🧑🏿\u200d🚀", "❤️\u200d🔥", "🏴\U000e0067\U000e0062\U000e0065\U000e007f",
]
BLANKS = [chr(v) for v in (*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F,
                           0x205F, 0x3000, 0x200B, 0x180E, 0xFEFF, 0x2060)]
SIGNS = ["'s", "'S", "'ll", "'LL", "’s", "''re", "n't", "\x00", "\x1b[0m", "\x7f", "\u0085", "\u00ad", "\ufffd", "\ufffe"]
LATIN = "the of and a in cat-egory reading 1998 3.14 x_y (see) it's they'll".split(" ")
# First and last scalar of ranges that ordinary text is made of.
SCRIPTS = [
    (0x20, 0x7E), (0xA0, 0x17F), (0x180, 0x24F), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x4FF), (0x530, 0x58F),
    (0x590, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F), (0x10A0, 0x10FF), (0x1100, 0x11FF),
    (0x2000, 0x206F), (0x2070, 0x218B), (0x2460, 0x24FF), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3),
    (0xE000, 0xF8FF), (0xF900, 0xFAFF), (0xFE00, 0xFE0F), (0xFF00, 0xFFEF), (0x10300, 0x1034F), (0x1D400, 0x1D7FF),
    (0x1E900, 0x1E95F), (0x1F300, 0x1FAFF), (0x20000, 0x323AF), (0xE0000, 0xE01EF), (0xF0000, 0x10FFFF),
]


def scalar(generator):
    """Any scalar value, each with some chance."""
    while True:
        value = generator.randrange(0x110000)
        if not 0xD800 <= value <= 0xDFFF:
            return chr(value)


def piece(generator):
    kind = generator.randrange(10)
    if kind < 3:
        first, last = generator.choice(SCRIPTS)
        return "".join(chr(generator.randint(first, last)) for _ in range(generator.randint(1, 12)))
    if kind == 3:
        return "".join(scalar(generator) for _ in range(generator.randint(1, 6)))
    if kind == 4:
        return generator.choice(EMOJI) * generator.randint(1, 2)
    if kind == 5:
        return "".join(generator.choice(BLANKS) for _ in range(generator.randint(1, 6)))
    if kind == 6:
        return generator.choice(SIGNS)
    if kind == 7:
        return " " * generator.randint(1, 5)
    return generator.choice(LATIN) + generator.choice(["", " ", "  "])


def texts(seed, count, longest=12, extra=()):
    """`count` texts of up to `longest` pieces; of `extra` words there are some in every text."""
    generator = random.Random(seed)
    for _ in range(count):
        pieces = [piece(generator) for _ in range(generator.randint(1, longest))]
        for word in extra:
            if generator.random() < 0.3:
                pieces.insert(generator.randint(0, len(pieces)), word)
        yield "".join(pieces)
