"""Sources made to harm: what would fill memory or lies about its size is refused by name, in little memory."""

import gzip
import struct
import tarfile
import zlib

from commands.running import check, expect, expect_words, folder, measured, shell

#: Bytes that a bomb unpacks to, and MB that packing it may take.
BOMB = 400 << 20
MOST = 250


def refused(kind, source, scratch, *words, arguments=()):
    """Packing ends with exit code 3, the words, and no corpus; in how many MB."""
    out = scratch / "out"
    err, memory = measured("corpus", "pack", "--kind", kind, "--from", source, "--out", out, *arguments, code=3)
    expect_words(err, *words)
    expect(not out.exists(), "a corpus appeared")
    expect(memory < MOST, f"{source.name} took {memory:.0f} MB")


def zeros():
    """A gzip file of zeros, a line of them without end."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(BOMB >> 20)) + packer.flush()


@check
def bombs_are_refused(scratch):
    """what unpacks to 400 MB in one line or member is refused by name, in less than 250 MB"""
    bomb = zeros()
    expect(len(bomb) < 1 << 20, "the bomb is small before it goes off")
    source = folder(scratch, "in", {"line.txt.gz": bomb, "row.jsonl.gz": bomb, "row.csv.gz": bomb})
    shell(f"head -c {BOMB} /dev/zero | zstd -q -o line.txt.zst", source)
    refused("texts", source / "line.txt.gz", scratch, "line.txt.gz:1: a line of more than")
    refused("texts", source / "line.txt.zst", scratch, "line.txt.zst:1: a line of more than")
    refused("texts", source / "row.jsonl.gz", scratch, "row.jsonl.gz", "more than", arguments=("--format", "jsonl"))
    refused("texts", source / "row.csv.gz", scratch, "row.csv.gz", arguments=("--format", "csv"))
    header = tarfile.TarInfo("a.txt")
    header.size = BOMB
    (source / "member.tar.gz").write_bytes(gzip.compress(header.tobuf()) + bomb)
    refused("texts", source / "member.tar.gz", scratch, "member.tar.gz:a: `txt` has", str(BOMB), "at most")


@check
def false_sizes_are_refused(scratch):
    """tar and zip members that state another size than they have are refused with file, byte and both"""
    header = tarfile.TarInfo("a.txt")
    header.size = 1 << 50
    source = folder(scratch, "in", {
        "huge.tar": header.tobuf(tarfile.GNU_FORMAT),
        "longer.npz": region_archive(stated=lambda size: 0xFFFF_FFF0),
        "shorter.npz": region_archive(stated=lambda size: size // 2),
    })
    refused("texts", source / "huge.tar", scratch, "huge.tar", "more bytes", str(1 << 50))
    refused("regions", source / "longer.npz", scratch, "longer.npz", "at most", str(0xFFFF_FFF0))
    refused("regions", source / "shorter.npz", scratch, "shorter.npz", "byte")


def region_archive(stated):
    """A zip with the deflated member x.npy, of which header and list state a size."""
    contents = b"\x93NUMPY\x01\0" + bytes(5000)
    packed = zlib.compress(contents)[2:-4]
    sizes = struct.pack("<III", zlib.crc32(contents), len(packed), stated(len(contents)))
    name = b"x.npy"
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes + struct.pack("<HH", len(name), 0) + name
    entry = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes
    entry += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(local + packed), 0)
    return local + packed + entry + end
