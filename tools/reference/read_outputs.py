"""Opens what unimo wrote with other people's programs: safetensors, zstd, tar and sha256sum.

    read_outputs PATH…    run directories, checkpoints, corpora, or folders of them

Every *.safetensors file is read whole by Python's `safetensors`, and a model index beside it must name exactly what is
inside. Every shard of a corpus goes through `zstd -dc | tar t`, which must list every sample that the shard's table names, in
that order. Every manifest.sha256 goes through `sha256sum -c`, and must mention every file it stands beside. Directories
set aside (*.damaged) or unfinished (*.tmp) are left alone. Exit code 1 when anything is wrong or nothing was found.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path

from safetensors import SafetensorError, safe_open

LEFT_ALONE = (".damaged", ".tmp")


class Wrong(Exception):
    """What another program cannot read, or reads differently."""


def files(root: Path, pattern: str) -> list[Path]:
    if root.is_file():
        return [root] if root.match(pattern) else []
    found = (path for path in sorted(root.rglob(pattern)) if path.is_file())
    return [p for p in found if not any(part.endswith(LEFT_ALONE) for part in p.relative_to(root).parts[:-1])]


def read_safetensors(path: Path) -> str:
    try:
        with safe_open(path, framework="np") as file:
            names = list(file.keys())
            elements = sum(file.get_tensor(name).size for name in names)
    except (SafetensorError, OSError, TypeError) as error:
        raise Wrong(f"safetensors cannot read it: {error}") from None
    return f"{len(names)} tensors, {elements:,} elements"


def read_model_index(path: Path) -> str:
    """An index names for every tensor the file that holds it."""
    named = json.loads(path.read_text())["weight_map"]
    found = {}
    for file_name in sorted(set(named.values())):
        with safe_open(path.parent / file_name, framework="np") as file:
            found |= {name: file_name for name in file.keys()}
    if found != named:
        wrong = sorted(k for k in named.keys() | found.keys() if named.get(k) != found.get(k))
        raise Wrong(f"its files hold something else: {', '.join(wrong[:5])}")
    return f"{len(named)} tensors in {len(set(named.values()))} files"


def listed(shard: Path) -> list[str]:
    """The member names that zstd and tar see."""
    with subprocess.Popen(["zstd", "-dc", shard], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as decompressor:
        archive = subprocess.run(
            ["tar", "t", "--quoting-style=literal"], stdin=decompressor.stdout, capture_output=True, check=False
        )
        decompressor.stdout.close()
        complaint = decompressor.stderr.read() + archive.stderr
    if decompressor.returncode != 0 or archive.returncode != 0 or complaint:
        raise Wrong(f"zstd -dc | tar t: {complaint.decode(errors='replace').strip() or 'failed'}")
    return archive.stdout.decode().splitlines()


def key_and_member(name: str) -> tuple[str, str]:
    """WebDataset's rule: the key ends at the first dot of the last path component."""
    folder, _, base = name.rpartition("/")
    stem, _, member = base.partition(".")
    return (f"{folder}/{stem}" if folder else stem), member


def read_corpus(path: Path) -> str:
    index, members, samples = json.loads(path.read_text()), Counter(), 0
    for number, shard in enumerate(index["shards"]):
        table = json.loads((path.parent / f"table-{number:06}.json").read_text())
        names = [key_and_member(name) for name in listed(path.parent / shard["name"])]
        keys = [key for key, _ in groupby(names, key=lambda pair: pair[0])]
        if keys != table["keys"]:
            pairs = enumerate(zip(keys, table["keys"]))
            place = next((i for i, (a, b) in pairs if a != b), min(len(keys), len(table["keys"])))
            raise Wrong(
                f"{shard['name']}: the archive lists {len(keys)} samples, its table {len(table['keys'])}; "
                f"they differ first at sample {place}"
            )
        members.update(member for _, member in names)
        samples += len(keys)
    if samples != index["samples"] or dict(members) != index["members"]:
        raise Wrong(f"counts: archive {samples} {dict(members)}, index {index['samples']} {index['members']}")
    return f"{samples:,} samples in {len(index['shards'])} shards"


def read_manifest(path: Path) -> str:
    check = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", path.name], cwd=path.parent, capture_output=True, text=True
    )
    if check.returncode != 0:
        raise Wrong(f"sha256sum -c: {(check.stdout + check.stderr).strip()}")
    mentioned = {line[66:] for line in path.read_text().splitlines()}
    present = {p.relative_to(path.parent).as_posix() for p in path.parent.rglob("*") if p.is_file()} - {path.name}
    if present - mentioned:
        raise Wrong(f"it does not mention {', '.join(sorted(present - mentioned)[:5])}")
    return f"{len(mentioned)} files"


READERS = [
    ("*.safetensors", read_safetensors),
    ("model.safetensors.index.json", read_model_index),
    ("index.json", read_corpus),
    ("manifest.sha256", read_manifest),
]


def read(root: Path) -> tuple[int, int]:
    """How many files were read, and how many of them were wrong."""
    count = wrong = 0
    for pattern, reader in READERS:
        for path in files(root, pattern):
            count += 1
            try:
                print(f"{path}: {reader(path)}")
            except (Wrong, SafetensorError, OSError, KeyError, ValueError) as fault:
                wrong += 1
                print(f"{path}: WRONG: {fault}")
    return count, wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], epilog=__doc__.split("\n\n", 2)[2],
        formatter_class=argparse.RawDescriptionHelpFormatter, prog="read_outputs",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    failed = False
    for root in parser.parse_args().paths:
        count, wrong = read(root)
        if count == 0:
            print(f"{root}: expected outputs of unimo, found none")
        failed |= wrong > 0 or count == 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
