#!/usr/bin/env python3
"""Writes the goldens of the Text tests with Hugging Face's `tokenizers`.

    python3 tools/reference/tokenizer.py Tests/TextTests/Goldens

corpus.txt is what a vocabulary of 400 is trained on; vocab.json and merges.txt are the result, special tokens as
RoBERTa has them; encodings.json holds texts, their ids and where pieces start. roberta.tokenizer.json has added tokens
of every kind and a blank before the text, gpt2.tokenizer.json is laid out as GPT-2's; beside each, texts with their ids
when the names of special tokens are text, and when they are not. planes.json has a digest of how every scalar value is
cut.
"""

import hashlib
import json
import pathlib
import random
import sys

import unicode_texts
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

SIZE = 400

SENTENCES = """
A small red circle stands to the left of a large blue square.
The frog can't swim; it's only a picture of a frog, and they'll say they've never seen one.
In 1998 the ship carried 1,250 boxes and 37.5 tons of coal, didn't it?
an animal that eats the leaves of trees; "the giraffe is an animal"
the act of reading what others have written; the reading of the letters took 3 hours
Der große Bär läuft über die Straße, während die Vögel über den Häusern fliegen.
Le garçon a mangé une pomme, l'été dernier, près de la forêt où naît la rivière.
Большой медведь идёт по лесу, а маленький медвежонок идёт за ним.
東京の大きな公園で小さな犬が走る。小さな猫も走る。
Η μικρή γάτα κοιμάται κοντά στη μεγάλη φωτιά.
a person who sings; a person who paints; a person who writes; a person who reads
the quality of being small; the quality of being large; the state of being seen
""".strip().split("\n")

CASES = [
    "", " ", "  ", "\n", "\t\t x", "a", " a", "a ", "A small red circle", "they're we've I'm he'll she'd it's can't",
    "THEY'RE WE'VE I'M IT'S", "'s 't 're", "''s", " 's", "x'sy", "'", "don''t", "l'été", "’s it’s",
    "   leading and   inner   blanks   ", "line\nbreak\r\nand\ttab", "a\n\n\nb", " \n \n x", "blank \u00a0nbsp\u00a0 x",
    "\u3000ideographic\u3000\u3000space", "\u2028line\u2029paragraph\u0085next", "zero\u200bwidth \u200d joiner",
    "\ufeffmark", "control \x00\x01\x02\x1b[0m\x7f", "\x1c\x1d\x1e\x1f", "1998 1,250 37.5 ½ ² ³ Ⅷ ①", "١٢٣ ४५६ 一二三",
    "straße STRASSE ǅ ǆ", "Большой медведь", "東京の公園", "عربي نص مع أرقام ١٢", "עברית", "ไทยไม่มีช่องว่าง", "हिन्दी",
    "e\u0301 combining n\u0303 a\u0328\u0301", "👩‍👩‍👧‍👦 family 🏳️‍🌈 🇩🇪🇫🇷 👍🏽", "🙂🙂🙂 🙂", "𝒳𝓎 𝟙𝟚 𐍈",
    "<s> <mask> </s> <pad>", "#version: 0.2", "snake_case CamelCase kebab-case", "a.b,c;d:e!f?g", "...!!!---", "\"quoted\"",
    "\\ back\\slash \\n", "https://example.org/a?b=c&d=%20", "$5.00 €3 £4 100%",
    "aaaa" * 100, "ab" * 150 + "é" * 40,
    "the the the the " * 30, "日本" * 60, " " * 100 + "x", "x" + " " * 33,
]

ALPHABET = list("aebtsr'  .,-12") + ["'s", "'ll", " the", "é", "ß", "д", "東", "\u00a0", "\n", "\t", "\u3000", "½", "👍",
                                     "\u0301", "\u200d", "\x00", "٣"]


def random_texts(count):
    generator = random.Random(5)
    return ["".join(generator.choice(ALPHABET) for _ in range(generator.randrange(1, 30))) for _ in range(count)]


def train(lines):
    """HF numbers the special tokens first; `<mask>` is moved to the end."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE, min_frequency=2, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(lines, trainer)
    order = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    tokens = [token for token, _ in order if token != "<mask>"] + ["<mask>"]
    merges = [tuple(merge) for merge in json.loads(tokenizer.to_str())["model"]["merges"]]
    return {token: number for number, token in enumerate(tokens)}, merges


def roberta(vocabulary, merges):
    """Every way of finding added tokens, and a blank before the text."""
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    tokenizer.add_special_tokens(
        [AddedToken(name, special=True, lstrip=name == "<mask>") for name in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")])
    tokenizer.add_tokens(
        [AddedToken("FOO", single_word=True), AddedToken("BAR", rstrip=True), "BARN", "the cat",
         AddedToken("ÄÄ", normalized=False), AddedToken("東", lstrip=True, rstrip=True, single_word=True)])
    return json.loads(tokenizer.to_str())


def gpt2(vocabulary, merges):
    """Bytes first, one special token last, merges as strings: how older files are written."""
    ordinary = [token for token in vocabulary if not token.startswith("<") or len(token) == 1]
    tokens = {token: number for number, token in enumerate(ordinary)}
    end = {"id": len(tokens), "special": True, "content": "<|endoftext|>", "single_word": False, "lstrip": False,
           "rstrip": False, "normalized": False}
    cut = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [end], "normalizer": None,
        "pre_tokenizer": cut, "post_processor": cut, "decoder": cut,
        "model": {"dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "",
                  "fuse_unk": False, "vocab": tokens | {"<|endoftext|>": len(tokens)},
                  "merges": [" ".join(merge) for merge in merges]},
    }


EXTRA = ["<s>", "</s>", "<mask>", " <mask> ", "FOO", " FOO", "xFOO", "BAR", "BAR  ", "BARN", "BARNS", "the cat", "the cats",
         "ÄÄ", "ÄÄÄ", "東", "<|endoftext|>", "<|endoftext", "_", "\u0301"]


def write_document(folder, name, document):
    text = json.dumps(document, ensure_ascii=False, indent=0)
    (folder / f"{name}.tokenizer.json").write_text(text + "\n", encoding="utf-8")
    tokenizer = Tokenizer.from_str(text)
    rows = []
    for text in CASES[:40] + list(unicode_texts.texts(7, 120, longest=6, extra=EXTRA)):
        row = {"text": text}
        for key, as_text in (("ids", True), ("special_ids", False)):
            tokenizer.encode_special_tokens = as_text
            row[key] = tokenizer.encode(text, add_special_tokens=False).ids
        rows.append(row)
    write_rows(folder / f"{name}.encodings.json", rows)


def write_rows(path, rows):
    text = "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n"
    path.write_text(text, encoding="utf-8")


def planes():
    """Per plane, a digest over the lengths in bytes of the pieces that its scalars make beside others."""
    cutter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    digests = []
    for plane in range(17):
        digest = hashlib.sha256()
        for first in range(plane << 16, (plane + 1) << 16, 64):
            scalars = [chr(value) for value in range(first, first + 64) if not 0xD800 <= value <= 0xDFFF]
            text = "".join(f"a{scalar}1{scalar}!{scalar} {scalar}{scalar} \n{scalar}  " for scalar in scalars)
            digest.update(bytes(len(piece) for piece, _ in cutter.pre_tokenize_str(text)))
        digests.append(digest.hexdigest())
    return digests


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary, merges = train(SENTENCES)
    (folder / "corpus.txt").write_text("\n".join(SENTENCES) + "\n", encoding="utf-8")
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = ["#version: 0.2"] + [" ".join(merge) for merge in merges]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    rows = []
    for text in CASES + random_texts(200) + list(unicode_texts.texts(3, 150, longest=6)):
        encoding = tokenizer.encode(text)
        words = encoding.word_ids
        starts = [index == 0 or words[index] != words[index - 1] for index in range(len(words))]
        rows.append({"text": text, "ids": encoding.ids, "starts": [int(start) for start in starts]})
    write_rows(folder / "encodings.json", rows)
    write_document(folder, "roberta", roberta(vocabulary, merges))
    write_document(folder, "gpt2", gpt2(vocabulary, merges))
    (folder / "planes.json").write_text(json.dumps(planes(), indent=0) + "\n", encoding="utf-8")


main()
