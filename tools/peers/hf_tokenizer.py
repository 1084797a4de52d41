"""Times or prints what Hugging Face's `tokenizers` does with the lines of texts, on one thread.

    hf_tokenizer.py time TOKENIZER WAY FILE          {"bytes": …, "seconds": …} of the second half, after the first
    hf_tokenizer.py time TOKENIZER WAY FILE --new    the same without the words that an earlier place has
    hf_tokenizer.py train FILE SIZE OUT              vocab.json and merges.txt, trained on the lines of FILE
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ |= {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1"}

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: E402

WAYS = ["encode", "encode_batch", "encode_batch_fast"]


def load(directory):
    """The tokenizer of a directory, without special tokens around a text or in it."""
    directory = Path(directory)
    if (directory / "tokenizer.json").exists():
        tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        tokenizer.encode_special_tokens = True
        return tokenizer
    files = str(directory / "vocab.json"), str(directory / "merges.txt")
    tokenizer = Tokenizer(models.BPE.from_file(*files))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def read_lines(path):
    lines = Path(path).read_bytes().split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    return [line.decode() for line in lines]


def without_repetitions(lines):
    """The same lines without the words, as blanks cut them, that an earlier place has."""
    seen, result = set(), []
    for line in lines:
        words = [word for word in line.split(" ") if word and not (word in seen or seen.add(word))]
        if words:
            result.append(" ".join(words))
    return result


def encode(tokenizer, way, lines):
    if way == "encode":
        return [tokenizer.encode(line, add_special_tokens=False) for line in lines]
    return getattr(tokenizer, way)(lines, add_special_tokens=False)


def measure(directory, way, lines):
    tokenizer = load(directory)
    half = len(lines) // 2
    encode(tokenizer, way, lines[:half])
    start = time.perf_counter()
    encodings = encode(tokenizer, way, lines[half:])
    seconds = time.perf_counter() - start
    assert len(encodings) == len(lines) - half
    return {"bytes": sum(len(line.encode()) for line in lines[half:]), "seconds": seconds}


def train(path, size, directory):
    """Special tokens first, the mask last, as `unimo tokenizer train` has them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(read_lines(path), trainer)
    tokenizer.model.save(str(directory))


def main():
    match sys.argv[1:]:
        case ["time", directory, way, path, *rest] if way in WAYS and rest in ([], ["--new"]):
            lines = read_lines(path)
            print(json.dumps(measure(directory, way, without_repetitions(lines) if rest else lines)))
        case ["train", path, size, directory]:
            train(path, int(size), directory)
            print("{}")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
