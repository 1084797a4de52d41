"""What a run leaves behind opens with other people's programs."""

import json

import acceptance.safetensors as safetensors
from acceptance.bits import undisturbed
from acceptance.checks import check
from acceptance.corpora import COUNT, Corpora
from acceptance.jobs import expect, shell


@check("sha256sum -c manifest.sha256 holds in every checkpoint, which lists every file")
def checkpoint_manifests(scratch):
    run = undisturbed(scratch, 2)
    for checkpoint in run.checkpoints:
        shell("sha256sum --strict --quiet -c manifest.sha256", checkpoint)
        listed = {line.split("  ")[1] for line in (checkpoint / "manifest.sha256").read_text().splitlines()}
        present = {path.name for path in checkpoint.iterdir()} - {"manifest.sha256"}
        expect(listed == present, f"{checkpoint}: {sorted(listed ^ present)} differ")
    return f"{len(run.checkpoints)} checkpoints of {len(listed)} files"


@check("a checkpoint holds the index, config, tokenizer and state that other programs expect")
def checkpoint_contents(scratch):
    checkpoint = undisturbed(scratch, 2).checkpoints[-1]
    index = json.loads((checkpoint / "model.safetensors.index.json").read_text())
    total = 0
    for name in set(index["weight_map"].values()):
        tensors = safetensors.read(checkpoint / name)
        total += sum(4 * len(values) for values in tensors.values())
        expect(safetensors.metadata(checkpoint / name).get("format") == "pt", f"{name} does not say its format")
        for tensor in tensors:
            expect(index["weight_map"][tensor] == name, f"{tensor} is not where the index says")
    expect(total == index["metadata"]["total_size"], f"{total} bytes, {index['metadata']} in the index")
    vocabulary = json.loads((checkpoint / "vocab.json").read_text())
    config, state = (json.loads((checkpoint / name).read_text()) for name in ("config.json", "state.json"))
    expect(config["vocabulary"] == len(vocabulary), f"{config['vocabulary']} and {len(vocabulary)} tokens")
    expect((checkpoint / "merges.txt").is_file() and state, "tokenizer and state are there")
    return f"{len(index['weight_map'])} weights"


@check("sha256sum -c holds in every corpus, and `zstd -dc shard | tar t` lists every sample")
def corpora(scratch):
    path = Corpora(scratch).path
    members = 0
    for name, kinds in (("pairs", {"png", "txt"}), ("images", {"png"}), ("texts", {"txt"})):
        shell("sha256sum --strict --quiet -c manifest.sha256", path / name)
        listing = shell("for shard in shard-*.tar.zst; do zstd -qdc $shard | tar t; done", path / name).split()
        tables = sorted((path / name).glob("table-*.json"))
        keys = [key for table in tables for key in json.loads(table.read_text())["keys"]]
        expect(len(keys) == COUNT, f"{name} has {len(keys)} samples")
        found = {}
        for member in listing:
            key, kind = member.rsplit(".", 1)
            found.setdefault(key, set()).add(kind)
        expect(list(found) == keys, f"{name}: tar lists other samples than the tables")
        expect(all(kinds <= value for value in found.values()), f"{name}: members {found[keys[0]]}")
        members += len(listing)
    return f"{members} members"
