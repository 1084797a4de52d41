"""Models of others: what their configuration, weights and tokenizer say is checked before it is computed with."""

import json
import math
import struct

from commands.fixtures import SHORT, RECIPE, checkpoint, copied, edited, exported, header, rewritten, sealed, spoiled, trained
from commands.running import check, expect, expect_words, run

#: Values that no size of a model has.
NO_SIZE = (0, -2, 2**31, 2**61, 2**63, 10**30, 1.5, None, "12", True, [1], {}, math.nan, math.inf, ...)


def imported(scratch, kind, *more, code=4):
    """Imports `scratch/<kind>`; returns standard error."""
    small = ("--codes", 8, "--chosen", 4)
    _, err = run("checkpoint", "import", f"--{kind}", scratch / kind, "--out", scratch / "out", *small, *more, code=code)
    expect((scratch / "out").exists() == (code == 0), "a refused import leaves nothing, another one a checkpoint")
    expect("DecodingError" not in err and "debugDescription" not in err, err)
    return err


def refused(scratch, kind, values, *words):
    """The exported model with these values in its config.json is refused with the words, and names the file."""
    edited(copied(exported() / kind, scratch, kind) / "config.json", **values)
    err = imported(scratch, kind)
    expect_words(err, "config.json:", "expected", "found", *words)


@check
def foreign_sizes_are_ranged(scratch):
    """each size of a foreign config.json that no recipe could have is refused by key and line, whatever its type"""
    sizes = {
        "text": ("num_attention_heads", "hidden_size", "num_hidden_layers", "intermediate_size", "vocab_size",
                 "max_position_embeddings"),
        "vision": ("num_attention_heads", "image_size", "patch_size"),
    }
    defaults = {"image_size", "patch_size"}
    for kind, keys in sizes.items():
        for key in keys:
            for value in NO_SIZE:
                if (value is ... and key in defaults) or (value == 0 and key == "num_hidden_layers" and value is not True):
                    continue
                words = ["JSON"] if isinstance(value, float) and not math.isfinite(value) else [key]
                refused(scratch, kind, {key: value}, *words)
    for value in (0, -1e-5, 2, 1e308, None, "x"):
        refused(scratch, "text", {"layer_norm_eps": value}, "layer_norm_eps, a number above 0, at most 1")
    refused(scratch, "text", {"num_attention_heads": 3}, "num_attention_heads, a divisor of hidden_size 64, found 3")
    refused(scratch, "vision", {"patch_size": 7}, "patch_size, a divisor of image_size 32, found 7")
    refused(scratch, "text", {"hidden_dropout_prob": 1}, "hidden_dropout_prob")


@check
def other_functions_are_refused(scratch):
    """a setting by which a foreign model computes something else is refused by name; one that is off is not"""
    for kind, key, value, words in (
        ("text", "is_decoder", True, "no is_decoder, found true"),
        ("text", "add_cross_attention", True, "no add_cross_attention"),
        ("text", "position_embedding_type", "relative_key", "position_embedding_type absolute, found relative_key"),
        ("text", "hidden_act", "gelu_new", "hidden_act gelu, found gelu_new"),
        ("text", "pruned_heads", {"0": [1]}, "no pruned_heads"),
        ("text", "quantization_config", {"load_in_8bit": True}, "no quantization_config"),
        ("text", "adapters", {"a": {}}, "no adapters"),
        ("text", "auto_map", {"AutoModel": "other.py"}, "no auto_map"),
        ("text", "pad_token_id", 0, "pad_token_id 1, found 0"),
        ("text", "pad_token_id", None, "pad_token_id 1, found null"),
        ("text", "type_vocab_size", ..., "type_vocab_size 1, found no such key"),
        ("text", "model_type", "xlm-roberta", "model_type roberta, found xlm-roberta"),
        ("text", "model_type", ..., "model_type roberta, found no such key"),
        ("vision", "model_type", "deit", "model_type vit, found deit"),
        ("vision", "qkv_bias", False, "qkv_bias true, found false"),
        ("vision", "num_channels", 1, "num_channels 3, found 1"),
        ("vision", "is_decoder", True, "no is_decoder"),
    ):
        refused(scratch, kind, {key: value}, words)
    off = {"is_decoder": False, "add_cross_attention": False, "pruned_heads": {}, "quantization_config": None}
    edited(copied(exported() / "text", scratch, "text") / "config.json", **off)
    imported(scratch, "text", code=0)


@check
def other_pixels_are_refused(scratch):
    """a ViT whose preprocessor makes other pixels of an image is refused"""
    for key, value in (("image_mean", [0.485, 0.456, 0.406]), ("image_std", [0.5, 0.5, 0.25]), ("do_normalize", False),
                       ("rescale_factor", 1)):
        edited(copied(exported() / "vision", scratch, "vision") / "preprocessor_config.json", **{key: value})
        expect_words(imported(scratch, "vision"), "preprocessor_config.json:", key)


@check
def no_json_is_named(scratch):
    """what is no JSON, or no object, is named with its line"""
    for text, words in (("", "the end of the file"), ("{", "config.json:1"), ("[]", "a list of 0"), ("null", "null"),
                        ('{"model_type": "roberta",\n}', "config.json:2"), ("\0", "config.json:1")):
        (copied(exported() / "text", scratch, "text") / "config.json").write_text(text)
        expect_words(imported(scratch, "text"), words)


@check
def weights_that_are_no_numbers_are_refused(scratch):
    """NaN and infinity are found on import, by checkpoint verify, by init and wherever weights are read, with tensor and element"""
    name = "embeddings.LayerNorm.weight"
    for value in (math.nan, math.inf, -math.inf):
        spoiled(copied(exported() / "text", scratch, "text") / "model.safetensors", name, value)
        expect_words(imported(scratch, "text"), f"finite numbers in `{name}`", "as element 3, 1 of 64 in all")
    part = "model-00001-of-00001.safetensors"
    bad = copied(checkpoint(), scratch, "bad")
    spoiled(bad / part, "text.word", math.nan)
    sealed(bad)
    words = (part, "finite numbers in `text.word`", "nan as element 3")
    for command in (("checkpoint", "verify", bad), ("checkpoint", "export", bad, "--out", scratch / "x"),
                    ("evaluate", "retrieval", bad, "--corpus", "scenes:4"),
                    ("train", RECIPE, "--run", scratch / "run", *SHORT, "--set", f"init={bad}")):
        expect_words(run(*command, code=4)[1], *words)
    moments = copied(checkpoint(), scratch, "moments")
    spoiled(moments / "optimizer-00001-of-00001.safetensors", "text.norm.bias.exp_avg_sq", math.inf)
    expect_words(run("checkpoint", "verify", sealed(moments), code=4)[1], "text.norm.bias.exp_avg_sq", "inf as element 3")
    run("checkpoint", "verify", checkpoint())


def with_head(scratch, decoder=None, **more):
    """The exported RoBERTa with a language-model head, as RobertaForMaskedLM has it."""
    text = copied(exported() / "text", scratch, "text")
    entries, start = header(text / "model.safetensors")
    first, last = entries["embeddings.word_embeddings.weight"]["data_offsets"]
    words = text.joinpath("model.safetensors").read_bytes()[start + first : start + last]
    rows, width = entries["embeddings.word_embeddings.weight"]["shape"]
    parts = {
        "lm_head.dense.weight": ([width, width], bytes(4 * width * width)), "lm_head.dense.bias": ([width], bytes(4 * width)),
        "lm_head.layer_norm.weight": ([width], bytes(4 * width)), "lm_head.layer_norm.bias": ([width], bytes(4 * width)),
        "lm_head.bias": ([rows], bytes(4 * rows)),
    }
    if decoder:
        parts["lm_head.decoder.weight"] = ([rows, width], decoder(words))
    added = b"".join(data for _, data in parts.values())

    def change(found, end):
        for name, (shape, data) in parts.items():
            found[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + len(data)]}
            end += len(data)

    rewritten(text / "model.safetensors", change, added)
    edited(text / "config.json", **more)


@check
def untied_heads_are_refused(scratch):
    """a head tied to the word table is taken, spelled out or not; another matrix, or a denied tie, is refused"""
    with_head(scratch)
    imported(scratch, "text", code=0)
    run("checkpoint", "verify", scratch / "out")
    again = scratch / "again"
    again.mkdir()
    with_head(again, decoder=lambda words: words)
    imported(again, "text", code=0)
    other = scratch / "other"
    other.mkdir()
    with_head(other, decoder=lambda words: words[:8] + struct.pack("<f", 0.5) + words[12:])
    expect_words(imported(other, "text"), "`lm_head.decoder.weight` to be the word table", "element 2", "from_pretrained")
    with_head(other, tie_word_embeddings=False)
    expect_words(imported(other, "text"), "tie_word_embeddings true, found false")


def document(directory):
    """The tokenizer of a directory as transformers 5 saves it: tokenizer.json alone."""
    vocabulary = json.loads((directory / "vocab.json").read_text())
    merges = [line for line in (directory / "merges.txt").read_text().splitlines() if line and not line.startswith("#")]
    names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    added = [{"id": vocabulary[name], "content": name, "single_word": False, "lstrip": name == "<mask>", "rstrip": False,
              "normalized": False, "special": True} for name in names]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", vocabulary["</s>"]], "cls": ["<s>", vocabulary["<s>"]],
                           "trim_offsets": True, "add_prefix_space": False},
        "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
                  "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": vocabulary, "merges": [merge.split(" ") for merge in merges]},
    }


@check
def a_tokenizer_of_one_file_is_taken(scratch):
    """import takes the tokenizer.json that transformers 5 saves beside a RoBERTa, and it encodes as before"""
    text = copied(exported() / "text", scratch, "text")
    (text / "tokenizer.json").write_text(json.dumps(document(text)))
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        (text / name).unlink()
    _, err = run("checkpoint", "import", "--text", text, "--out", scratch / "out", "--codes", 8, "--chosen", 4)
    sentence = "a red circle and two blue squares\n".encode()
    ids = [run("tokenizer", "encode", place, stdin=sentence)[0] for place in (checkpoint(), scratch / "out")]
    expect(ids[0] == ids[1] and len(ids[0].split()) > 3, f"{ids}")


@check
def init_compares_tokenizers(scratch):
    """init takes a run's directory; another tokenizer of the same size is refused, and the checkpoint's offered"""
    start = ("train", RECIPE, "--run", scratch / "run", *SHORT)
    vocabulary = json.loads((checkpoint() / "vocab.json").read_text())
    other = copied(checkpoint(), scratch, "other")
    names = sorted(vocabulary, key=vocabulary.get)
    names[-2], names[-3] = names[-3], names[-2]
    (other / "vocab.json").write_text(json.dumps({name: place for place, name in enumerate(names)}))
    _, err = run(*start, "--set", f"init={sealed(other)}", code=2)
    expect_words(err, "another tokenizer of", "vocab.json differs", f"--set 'tokenizer={{directory: {other}}}'")
    _, err = run(*start, "--set", f"init={other}", "--set", f"tokenizer={{directory: {other}}}")
    expect_words(err, "init:", "weights from")
    _, err = run("train", RECIPE, "--run", scratch / "again", *SHORT, "--set", f"init={trained()}")
    expect_words(err, f"weights from {checkpoint()}")


@check
def our_own_numbers_are_checked(scratch):
    """sizes in a checkpoint's config.json, counts in its state.json and shapes of its tensors are refused by key"""
    def damaged(file, change):
        place = copied(checkpoint(), scratch, "damaged")
        contents = json.loads((place / file).read_text())
        change(contents)
        (place / file).write_text(json.dumps(contents))
        return sealed(place)

    for path, value, words in (
        (("text", "heads"), 0, "text.heads 0 is not in 1...1024"), (("text", "heads"), -2, "text.heads -2"),
        (("text", "heads"), 1.5, "1.5 as `text.heads`"), (("text", "heads"), 2**64, "as `text.heads`"),
        (("text", "heads"), None, "`text.heads` to be an integer, found null"),
        (("vision", "width"), "x", '`vision.width` to be an integer, found "x"'),
        (("grounded", "layers"), 10**6, "grounded.layers 1000000"), (("patch_size",), 0, "patch_size 0"),
        (("dropout",), 1, "dropout 1.0"), (("text", "epsilon"), -1, "epsilon -1.0"),
        (("dictionary", "scores"), "loud", '`dictionary.scores` to be a value that it may have, found "loud"'),
        (("vocabulary",), 10**7, "as F32 [10000000, 64]"), (("model",), "gpt", "`model`"),
    ):
        def put(contents):
            for key in path[:-1]:
                contents = contents[key]
            contents[path[-1]] = value
        place = damaged("config.json", put)
        for command in (("evaluate", "retrieval", place, "--corpus", "scenes:4"), ("checkpoint", "verify", place)):
            _, err = run(*command, code=4)
            expect_words(err, words)
            expect("DecodingError" not in err, err)
    for value, words in ((-1, "a step in"), (1.5, "1.5 as `step`"), (None, "`step` to be an integer, found null")):
        place = damaged("state.json", lambda contents: contents.update(step=value))
        expect_words(run("checkpoint", "inspect", place, code=4)[1], "state.json", words)
    for key, value, words in (("shape", [2**62, 8], "a shape"), ("shape", "x", "`text.word.shape` to be a list"),
                              ("data_offsets", [-1, 2**64], "as `text.word.data_offsets"), ("dtype", "F33", "element type")):
        place = copied(checkpoint(), scratch, "damaged")
        rewritten(place / "model-00001-of-00001.safetensors", lambda found, _: found["text.word"].update({key: value}))
        expect_words(run("checkpoint", "verify", sealed(place), code=4)[1], words)
