"""Packs small inputs of every kind of source and reads the shards back with other people's programs.

    read_sources BINARY [PATTERN]

Every shard is read by Python's `webdataset`, by `zstandard` with `tarfile`, and by `zstd` with `tar`; what they see must
be equal, and equal to what the source was made of. The last line is `N passed, N failed`.
"""

import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import webdataset
import zstandard

import sources


class Different(Exception):
    pass


def expect(condition, message):
    if not condition:
        raise Different(message)


def key_and_member(name):
    folder, _, base = name.rpartition("/")
    stem, _, member = base.partition(".")
    return (f"{folder}/{stem}" if folder else stem), member


def by_tarfile(shard):
    """zstandard and tarfile."""
    found = {}
    with open(shard, "rb") as file, zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as raw:
        with tarfile.open(fileobj=raw, mode="r|") as archive:
            for member in archive:
                key, name = key_and_member(member.name)
                found.setdefault(key, {})[name] = archive.extractfile(member).read()
    return found


def by_webdataset(shard):
    """webdataset, which decompresses through `zstd`."""
    found = {}
    for sample in webdataset.WebDataset(f"pipe:zstd -dc {shard}", shardshuffle=False):
        found[sample["__key__"]] = {k: v for k, v in sample.items() if not k.startswith("__")}
    return found


def by_tar(shard, folder):
    """zstd and tar."""
    subprocess.run(f"zstd -dc '{shard}' | tar x -C '{folder}'", shell=True, check=True, capture_output=True)
    return {}


def read(corpus, scratch):
    """All samples, as three readers see them."""
    found = {}
    extracted = scratch / "extracted"
    extracted.mkdir()
    for shard in sorted(corpus.glob("shard-*.tar.zst")):
        plain = by_tarfile(shard)
        expect(plain == by_webdataset(shard), f"{shard.name}: webdataset and tarfile see different samples")
        by_tar(shard, extracted)
        found |= plain
    for key, members in found.items():
        for name, contents in members.items():
            expect((extracted / f"{key}.{name}").read_bytes() == contents, f"{key}.{name}: tar extracts other bytes")
    return found


def same(found, wanted):
    if isinstance(wanted, bytes):
        return found == wanted
    if isinstance(wanted, str):
        return found.decode() == wanted
    if isinstance(wanted, np.ndarray):
        array = np.load(io.BytesIO(found), allow_pickle=False)
        return array.shape == wanted.shape and array.dtype.newbyteorder("=") == wanted.dtype and (array == wanted).all()
    return json.loads(found) == wanted


def compare(found, expected):
    expect(found.keys() == expected.keys(), f"keys {sorted(found)}\n     expected {sorted(expected)}")
    for key, members in expected.items():
        expect(found[key].keys() == members.keys(), f"{key}: members {sorted(found[key])}, not {sorted(members)}")
        for name, wanted in members.items():
            expect(same(found[key][name], wanted), f"{key}.{name}: {found[key][name][:200]!r}, not {wanted!r}")


def check(binary, case):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        expected = case.make(root)
        arguments = [argument.replace("ROOT", str(root)) for argument in case.arguments]
        packed = root / "packed"
        command = [binary, "corpus", "pack", "--kind", case.kind, "--from", root / case.source, "--out", packed]
        done = subprocess.run([*map(str, command), *arguments, "--json"], capture_output=True, text=True)
        expect(done.returncode == 0, f"exit code {done.returncode}: {done.stderr}")
        report = json.loads(done.stdout)
        expect(report["samples"] == len(expected), f"{report}\n     {done.stderr}\n     {len(expected)} expected")
        verified = subprocess.run([binary, "corpus", "verify", packed], capture_output=True, text=True)
        expect(verified.returncode == 0, f"corpus verify: {verified.stdout}{verified.stderr}")
        compare(read(packed, root), expected)
        return f"{report['samples']} samples from {report['sources'][0]['format']}"


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    passed = failed = 0
    for case in sources.CASES:
        if len(sys.argv) > 2 and sys.argv[2] not in case.name:
            continue
        try:
            print(f"ok    {case.name}: {check(str(Path(sys.argv[1]).resolve()), case)}")
            passed += 1
        except (Different, OSError, subprocess.CalledProcessError, ValueError) as fault:
            print(f"FAIL  {case.name}: {fault}")
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
