"""Weights to and from Hugging Face's `transformers`: round trips to the last bit, hidden states to 1e-4.

    exchange BINARY [--sizes N]

For models of several sizes, drawn at random: a `RobertaModel` and a `ViTModel` are saved with `save_pretrained`, taken in
with `unimo checkpoint import`, written out again with `unimo checkpoint export`, and compared tensor by tensor; then
`unimo embed --hidden` runs over a packed corpus of procedural scenes, and `transformers` over the same pixels and ids with
the exported files. A `RobertaForMaskedLM` becomes a UNIMO likewise: its exported class must give the hidden states and logits
of `transformers`, and the embeddings that `unimo embed` gives for regions of the same scenes. Exit code 1 when anything differs.
"""

import argparse
import importlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy
import torch
import zstandard
from PIL import Image
from safetensors import safe_open
from transformers import RobertaConfig, RobertaForMaskedLM, RobertaModel, ViTConfig, ViTModel

HIDDEN_TOLERANCE = 1e-4
# Width, heads, feed-forward, text layers, vision layers, patch, epsilon of RoBERTa.
SIZES = [(32, 2, 64, 1, 1, 8, 1e-12), (64, 4, 96, 3, 2, 16, 1e-5), (48, 3, 192, 2, 4, 4, 1e-5)]
SIDE, MAX_TOKENS, SAMPLES = 32, 96, 37


def unimo(binary: Path, *arguments) -> dict:
    command = [str(binary), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout) if "--json" in arguments else {}


def tensors(path: Path) -> dict[str, torch.Tensor]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def members(corpus: Path) -> dict[str, dict[str, bytes]]:
    """Key → name → bytes of a corpus's samples, in its order."""
    found = {}
    for shard in sorted(corpus.glob("shard-*.tar.zst")):
        data = zstandard.ZstdDecompressor().stream_reader(shard.open("rb"), read_across_frames=True).read()
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                key, _, name = member.name.partition(".")
                found.setdefault(key, {})[name] = archive.extractfile(member).read()
    return found


def samples(corpus: Path) -> tuple[list[str], list[Image.Image], list[str]]:
    """Keys, images and captions of a corpus in its order."""
    found = members(corpus)
    images = [Image.open(io.BytesIO(sample["png"])).convert("RGB") for sample in found.values()]
    return list(found), images, [sample["txt"].decode() for sample in found.values()]


def models(size, vocabulary: int, folder: Path) -> tuple[Path, Path]:
    width, heads, inner, text_layers, vision_layers, patch, epsilon = size
    shared = dict(hidden_size=width, num_attention_heads=heads, intermediate_size=inner)
    text = RobertaModel(
        RobertaConfig(
            vocab_size=vocabulary, num_hidden_layers=text_layers, max_position_embeddings=MAX_TOKENS + 2,
            type_vocab_size=1, layer_norm_eps=epsilon, **shared,
        ),
        add_pooling_layer=False,
    )
    vision = ViTModel(
        ViTConfig(num_hidden_layers=vision_layers, image_size=SIDE, patch_size=patch, **shared),
        add_pooling_layer=False,
    )
    with torch.no_grad():  # norms and biases that would be noticed
        for parameter in [*text.parameters(), *vision.parameters()]:
            parameter.add_(0.05 * torch.randn_like(parameter))
    text.save_pretrained(folder / "roberta")
    vision.save_pretrained(folder / "vit")
    return folder / "roberta", folder / "vit"


def round_trip(before: Path, after: Path) -> str:
    one, two = tensors(before / "model.safetensors"), tensors(after / "model.safetensors")
    if one.keys() != two.keys():
        raise SystemExit(f"{after}: tensors differ: {sorted(one.keys() ^ two.keys())}")
    for name in one:
        if one[name].shape != two[name].shape or not torch.equal(one[name], two[name]):
            raise SystemExit(f"{after}: {name} differs")
    return f"{len(one)} tensors equal"


def hidden_states(exported: Path, embedded: Path, corpus: Path, ids: list[list[int]]) -> tuple[float, float]:
    """The largest differences of image and text hidden states."""
    keys, images, _ = samples(corpus)
    ours = tensors(embedded)
    with safe_open(embedded, framework="pt") as file:
        if json.loads(file.metadata()["keys"]) != keys:
            raise SystemExit(f"{embedded}: its keys are not the corpus's, in order")
    vision = ViTModel.from_pretrained(exported / "vision", add_pooling_layer=False).eval()
    text = RobertaModel.from_pretrained(exported / "text", add_pooling_layer=False).eval()
    pixels = torch.stack([torch.from_numpy(numpy.array(image)).permute(2, 0, 1) for image in images])
    offsets = ours["text_offsets"].tolist()
    with torch.no_grad():
        seen = vision(pixel_values=(pixels / 255 - 0.5) / 0.5).last_hidden_state
        worst_text = 0.0
        for b, tokens in enumerate(ids):
            expected = text(input_ids=torch.tensor([[0, *tokens, 2]])).last_hidden_state[0]
            found = ours["text_hidden"][offsets[b] : offsets[b + 1]]
            worst_text = max(worst_text, float((found - expected).abs().max()))
    return float((ours["image_hidden"] - seen).abs().max()), worst_text


def unimo_from_roberta(
    binary: Path, size, vocabulary: int, corpus: Path, folder: Path, ids: list[list[int]]
) -> tuple[int, str, float]:
    """Weights taken, what the round trip of the Transformer says, and the largest difference of hidden states, logits and
    embeddings."""
    width, heads, inner, layers, _, _, epsilon = size
    theirs = RobertaForMaskedLM(
        RobertaConfig(
            vocab_size=vocabulary, num_hidden_layers=layers, max_position_embeddings=MAX_TOKENS + 2, type_vocab_size=1,
            layer_norm_eps=epsilon, hidden_size=width, num_attention_heads=heads, intermediate_size=inner,
        )
    ).eval()
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    theirs.save_pretrained(folder / "masked")
    theirs.roberta.save_pretrained(folder / "masked-encoder")
    unimo(
        binary, "corpus", "regions", corpus, "--encoder", folder / "checkpoint", "--grid", 2, "--classes", 5,
        "--out", folder / "regions",
    )
    table = unimo(
        binary, "checkpoint", "import", "--model", "unimo", "--text", folder / "masked", "--region-width", width,
        "--region-classes", 5, "--tokenizer", folder.parent / "tokenizer", "--out", folder / "unimo", "--json",
    )
    unimo(binary, "checkpoint", "export", folder / "unimo", "--out", folder / "unimo-exported")
    trip = round_trip(folder / "masked-encoder", folder / "unimo-exported/text")
    embedded = folder / "unimo.safetensors"
    unimo(binary, "embed", folder / "unimo", "--corpus", folder / "regions", "--hidden", "--out", embedded)
    return table["taken"], trip, differences(theirs, folder, tensors(embedded), ids)


def differences(theirs: RobertaForMaskedLM, folder: Path, found: dict[str, torch.Tensor], ids: list[list[int]]) -> float:
    """The largest one, between what `embed` found, the exported class and `transformers`."""
    sys.path.insert(0, str(folder / "unimo-exported"))
    for name in ("unimo_reference", "single_stream"):
        sys.modules.pop(name, None)
    reference = importlib.import_module("single_stream")
    sys.path.pop(0)
    model, worst = reference.read_checkpoint(folder / "unimo-exported"), [0.0]

    def compare(one: torch.Tensor, two: torch.Tensor) -> None:
        worst.append(float((one - two).abs().max()))

    offsets = found["text_offsets"].tolist()
    with torch.no_grad():
        for b, (tokens, sample) in enumerate(zip(ids, members(folder / "regions").values())):
            tokens = torch.tensor([0, *tokens, 2])
            expected = theirs(input_ids=tokens[None], output_hidden_states=True)
            rows = model(reference.Sequence(text=model.text(tokens, [0, len(tokens)])))[1]
            compare(rows, expected.hidden_states[-1][0])
            compare(found["text_hidden"][offsets[b] : offsets[b + 1]], rows)
            compare(model.mlm(rows, model.text.word), expected.logits[0])
            compare(found["text_embedding"][b], model.text_embedding(tokens))
            features, boxes = (torch.from_numpy(numpy.load(io.BytesIO(sample[name]))) for name in ("features.npy", "boxes.npy"))
            compare(found["image_embedding"][b], model.image_embedding(features, boxes))
    return max(worst)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], prog="exchange")
    parser.add_argument("binary", type=Path)
    parser.add_argument("--sizes", type=int, default=len(SIZES), help="models to try")
    arguments = parser.parse_args()
    binary, failed = arguments.binary.resolve(), 0
    torch.manual_seed(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        unimo(binary, "corpus", "scenes", "--out", folder / "scenes", "--count", SAMPLES, "--seed", 5, "--side", SIDE)
        corpus = folder / "scenes/pairs"
        unimo(binary, "tokenizer", "train", folder / "tokenizer", "--from", corpus, "--vocabulary", 300)
        vocabulary = len(json.loads((folder / "tokenizer/vocab.json").read_text()))
        texts = "\n".join(samples(corpus)[2]) + "\n"
        encoded = subprocess.run(
            [binary, "tokenizer", "encode", folder / "tokenizer"], input=texts, capture_output=True, text=True, check=True
        ).stdout
        ids = [[int(token) for token in line.split()] for line in encoded.splitlines()]
        for number, size in enumerate(SIZES[: arguments.sizes]):
            place = folder / f"size-{number}"
            place.mkdir()
            text, vision = models(size, vocabulary, place)
            table = unimo(
                binary, "checkpoint", "import", "--text", text, "--vision", vision, "--tokenizer", folder / "tokenizer",
                "--codes", 64, "--chosen", 8, "--out", place / "checkpoint", "--json",
            )
            unimo(binary, "checkpoint", "export", place / "checkpoint", "--out", place / "exported")
            trips = [round_trip(text, place / "exported/text"), round_trip(vision, place / "exported/vision")]
            file = place / "hidden.safetensors"
            unimo(binary, "embed", place / "checkpoint", "--corpus", corpus, "--hidden", "--out", file)
            image, words = hidden_states(place / "exported", file, corpus, ids)
            taken, trip, tokens = unimo_from_roberta(binary, size, vocabulary, corpus, place, ids)
            ok = max(image, words, tokens) <= HIDDEN_TOLERANCE
            failed += not ok
            print(
                f"{'ok  ' if ok else 'FAIL'} width {size[0]}, {size[3]} + {size[4]} layers: {table['taken']} weights taken, "
                f"text {trips[0]}, vision {trips[1]}, hidden states within {image:.1e} (images), {words:.1e} (texts); a UNIMO of {taken} weights, text {trip}, "
                f"hidden states, logits and embeddings within {tokens:.1e}"
            )
    print(f"{arguments.sizes - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
