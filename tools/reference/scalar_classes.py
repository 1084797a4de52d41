#!/usr/bin/env python3
"""Writes the table of scalar classes from what Hugging Face's `tokenizers` does with every scalar value.

    python3 tools/reference/scalar_classes.py Sources/Text/Cutting/ScalarClassTable.swift

The classes are observed, not looked up: whichever Unicode version the regular expressions there were built with, the
table cuts text as they do. A scalar is a letter when it continues a run of letters, and so on; it belongs to a word when
an added token that must stand alone is not found before it. Equal neighbours make a run; a run is written as its length
in base 36 and the digit of its class (0 other, 1 letter, 2 number, 3 white space, and 4 more inside words).
"""

import pathlib
import sys

import tokenizers
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
COLUMNS = 116


def observe():
    """(0x110000): the class of each scalar value; surrogates are of class other."""
    cutter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alone = Tokenizer(models.BPE(vocab={"#": 0}, merges=[]))
    alone.add_tokens([AddedToken("alone", single_word=True)])
    found = alone.token_to_id("alone")

    def joins(text):
        return len(cutter.pre_tokenize_str(text)) == 1

    classes = bytearray(0x110000)
    for value in range(0x110000):
        if 0xD800 <= value <= 0xDFFF:
            continue
        scalar = chr(value)
        kind = 1 if joins("a" + scalar) else 2 if joins("1" + scalar) else 0 if joins("!" + scalar) else 3
        in_word = found not in alone.encode("alone" + scalar).ids
        classes[value] = kind + 4 * in_word
    return classes


def base36(number):
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits


def runs(classes):
    start = 0
    for value in range(1, len(classes) + 1):
        if value == len(classes) or classes[value] != classes[start]:
            yield base36(value - start) + str(classes[start])
            start = value


def lines(words):
    line = ""
    for word in words:
        if line and len(line) + 1 + len(word) > COLUMNS - 4:
            yield line
            line = ""
        line = f"{line} {word}" if line else word
    yield line


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = "\n".join(f"        {line}" for line in lines(runs(observe())))
    pathlib.Path(sys.argv[1]).write_text(
        f"""// Written by tools/reference/scalar_classes.py from tokenizers {tokenizers.__version__}; not to be edited.

extension ScalarClass {{
    /// All scalar values from U+0000 on as runs of one class: the run's length in base 36, then the digit of its class.
    static let runs: StaticString = \"\"\"
{rows}
        \"\"\"
}}
""",
        encoding="ascii",
    )


main()
