"""Packed corpora for the checks, and ways to spoil a sample in one that is otherwise sound."""

import hashlib
import io
import json
import pathlib
import shutil
import struct
import subprocess
import tarfile

from acceptance import jobs
from acceptance.jobs import unimo

COUNT = 40


class Corpora:
    """The folder `corpora` below `scratch` with the corpora pairs, texts and images, and a tokenizer beside it."""

    def __init__(self, scratch):
        self.scratch = pathlib.Path(scratch)
        self.path = self.scratch / "corpora"
        self.pack(self.path, seed=5)
        source = self.scratch / "words.txt"
        source.write_text("a small red circle on a white ground\n" * 3)
        unimo("tokenizer", "train", "tokenizer", "--from", source, "--vocabulary", 280, cwd=self.scratch)

    def pack(self, path, seed):
        arguments = ["--count", COUNT, "--seed", seed, "--held-out", 4, "--side", 16]
        unimo("corpus", "scenes", "--out", path, *arguments, cwd=self.scratch)

    def replace(self, name, seed):
        """Puts another corpus in the place of one."""
        self.pack(self.scratch / "others", seed)
        shutil.rmtree(self.path / name)
        shutil.move(self.scratch / "others" / name, self.path / name)

    def member(self, name, number, member):
        """The bytes of a member of the `number`-th sample."""
        command = ["corpus", "peek", self.path / name, f"#{number}", "--member", member]
        return subprocess.run([jobs.BINARY, *command], check=True, capture_output=True).stdout

    def spoil(self, name, image, caption):
        """Makes the image of one sample undecodable and the caption of another blank. The shards stay sound: frames,
        checksums, index and manifest are written anew, as a foreign packer would. Returns both keys."""
        directory = self.path / name
        index = json.loads((directory / "index.json").read_text())
        shard = index["shards"][0]
        file = directory / shard["name"]
        table = json.loads((directory / "table-000000.json").read_text())
        archive = unpack(file, table["frames"])
        keys = table["keys"][image], table["keys"][caption]
        overwrite(archive, f"{keys[0]}.png", lambda old: old[:40] + bytes(len(old) - 40))
        overwrite(archive, f"{keys[1]}.txt", lambda old: b" " * len(old))
        pack_again(file, shard, table["frames"], archive)
        for name, contents in (("index.json", index), ("table-000000.json", table)):
            (directory / name).write_text(json.dumps(contents, sort_keys=True) + "\n")
        names = sorted(each.name for each in directory.iterdir() if each.name != "manifest.sha256")
        lines = (f"{digest((directory / name).read_bytes())}  {name}\n" for name in names)
        (directory / "manifest.sha256").write_text("".join(lines))
        return keys


def digest(data):
    return hashlib.sha256(data).hexdigest()


def zstd(data, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, check=True, capture_output=True).stdout


def unpack(file, frames):
    data = file.read_bytes()
    return bytearray(b"".join(zstd(data[each["offset"] : each["offset"] + each["size"]], "-d") for each in frames))


def overwrite(archive, name, change):
    """Changes the contents of a member, which keeps its length."""
    with tarfile.open(fileobj=io.BytesIO(bytes(archive))) as tar:
        member = tar.getmember(name)
    place = slice(member.offset_data, member.offset_data + member.size)
    archive[place] = change(bytes(archive[place]))


def pack_again(file, shard, frames, archive):
    """Compresses the frames anew and writes the seek table behind them; `shard` is the index's row."""
    data, sizes, start = b"", b"", 0
    for entry in frames:
        raw = bytes(archive[start : start + entry["rawSize"]])
        frame = zstd(raw, f"--stream-size={len(raw)}")
        entry |= {"offset": len(data), "size": len(frame), "sha256": digest(frame)}
        sizes += struct.pack("<II", len(frame), len(raw))
        data += frame
        start += len(raw)
    footer = struct.pack("<IBI", len(frames), 0, 0x8F92EAB1)
    data += struct.pack("<II", 0x184D2A5E, len(sizes) + len(footer)) + sizes + footer
    file.write_bytes(data)
    shard |= {"size": len(data), "sha256": digest(data)}
