"""Archives, names and texts as others make them: every sample is packed, or named with what became of it."""

import bz2
import gzip
import json
import lzma
import os
import subprocess

from commands import pictures, running
from commands.running import check, environment, expect, expect_words, folder, pack, run, shell


def picture(number):
    return pictures.png(20, 20, lambda x, y: (9 * x, 7 * y, 40 * number))


def pairs(scratch, names):
    files = {}
    for number, name in enumerate(names):
        files[f"{name}.png"], files[f"{name}.txt"] = picture(number), f"caption of {name}\n"
    return folder(scratch, "in", files)


def packed(sources, out, *arguments):
    return json.loads(pack("pairs", sources, out, "--json", *arguments)[0])


@check
def archives_lose_nothing(scratch):
    """links, sparse members and archives behind one another are packed; what is no sample is counted and named"""
    source = pairs(scratch, ["a", "b"])
    shell("ln a.png c.png; ln a.txt c.txt; tar cf ../links.tar a.* c.*", source)
    expect(packed(scratch / "links.tar", scratch / "links")["samples"] == 2, "a hard link was lost")
    shell("ln -s b.png d.png; ln -s b.txt d.txt; tar czf ../more.tgz b.* d.*", source)
    shell("tar cf 1.tar -C in a.png a.txt; tar cf 2.tar -C in b.png b.txt; cat 1.tar 2.tar > both.tar", scratch)
    expect(packed(scratch / "more.tgz", scratch / "more")["samples"] == 2, "a symbolic link was lost")
    expect(packed(scratch / "both.tar", scratch / "both")["samples"] == 2, "what is behind the first end was lost")
    shell("ln -s none.png e.png; cp a.txt e.txt; cp a.png ._a.png; mkfifo p.png; tar cf ../rest.tar a.* e.* ._a.png p.png",
          source)
    report = packed(scratch / "rest.tar", scratch / "rest")
    left_out = {row["reason"]: row["examples"] for row in report["left_out"]}
    expect(sorted(left_out) == ["caption_without_image", "hidden", "link_to_nothing", "special"], str(report))
    expect(left_out["link_to_nothing"] == [f"{scratch}/rest.tar:e.png"], str(left_out))
    out, _ = pack("pairs", scratch / "rest.tar", scratch / "again")
    expect_words(out, "left out, links to nothing in the archive: 1, such as", "rest.tar:e.png", "p.png", "._a.png")


@check
def names_are_bytes(scratch):
    """names that are not UTF-8 and names that look alike are samples of their own, in folders, archives and arguments"""
    source = os.fsencode(scratch / "names")
    os.mkdir(source)
    names = [b"caf\xe9", b"caf\xe8", "caf\u00e9".encode(), "cafe\u0301".encode()]
    for number, name in enumerate(names):
        with open(source + b"/" + name + b".png", "wb") as file:
            file.write(picture(number))
        with open(source + b"/" + name + b".txt", "wb") as file:
            file.write(f"number {number}".encode())
    shell("tar cf ../names.tar *", scratch / "names")
    for what, prefix in [("names", ""), ("names.tar", "names/")]:
        report = packed(scratch / what, scratch / f"{what}-packed")
        expect(report["samples"] == 4, f"{what}: {report}")
        for number, key in enumerate(["caf%E9", "caf%E8", "caf\u00e9", "cafe\u0301"]):
            out, _ = run("corpus", "peek", scratch / f"{what}-packed", prefix + key)
            expect_words(out, f"number {number}")
    done = subprocess.run(
        [running.BINARY, "corpus", "pack", "--kind", "pairs", "--from", source + b"/caf\xe9.png", "--out", scratch / "one"],
        capture_output=True, env=environment())
    expect(done.returncode == 0, done.stderr.decode(errors="replace"))
    expect_words(done.stderr.decode(), "caf\\xE9.png")
    expect_words(run("corpus", "peek", scratch / "one", "0")[0], "caf%E9", "number 0")


@check
def sources_of_one_name_are_packed(scratch):
    """two folders of one name are packed with the folders above them in their keys; one folder twice is refused"""
    for place in ["a", "b"]:
        folder(scratch, place, {"train/0.png": picture(1), "train/0.txt": place})
    pack("pairs", [scratch / "a/train", scratch / "b/train"], scratch / "out")
    for place in ["a", "b"]:
        expect_words(run("corpus", "peek", scratch / "out", f"{place}/train/0")[0], place)
    _, err = pack("pairs", [scratch / "a/train", scratch / "a/../a/train"], scratch / "twice", code=2)
    expect_words(err, "a/train", "name each once")


@check
def texts_are_opened_in_one_way(scratch):
    """tokenizer train reads gzip, zstd, bzip2 and xz as the plain file; marks are left out, UTF-16 is named"""
    text = "".join(f"a sentence about number {n}, and one more\n" for n in range(300)).encode()
    source = folder(scratch, "in", {
        "t.txt": text, "t.gz": gzip.compress(text), "t.bz2": bz2.compress(text), "t.xz": lzma.compress(text),
        "mark.txt": b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"), "wide.txt": text.decode().encode("utf-16"),
    })
    shell("zstd -q t.txt -o t.zst", source)
    vocabularies = set()
    for name in ["t.txt", "t.gz", "t.zst", "t.bz2", "t.xz", "mark.txt"]:
        run("tokenizer", "train", scratch / name, "--from", source / name, "--vocabulary", 300)
        vocabularies.add((scratch / name / "merges.txt").read_bytes())
    expect(len(vocabularies) == 1, f"{len(vocabularies)} vocabularies")
    _, err = run("tokenizer", "train", scratch / "wide", "--from", source / "wide.txt", code=3)
    expect_words(err, "wide.txt", "UTF-16", "iconv -f UTF-16 -t UTF-8")


@check
def recipes_may_have_a_mark(scratch):
    """a recipe with a byte order mark and Windows' line ends is read; one in UTF-16 is named as that"""
    lines = "seed: 1\r\nnonsense: 2\r\n"
    source = folder(scratch, "in", {"mark.yaml": b"\xef\xbb\xbf" + lines.encode(), "wide.yaml": lines.encode("utf-16")})
    _, err = run("train", source / "mark.yaml", code=2)
    expect("not YAML" not in err and "mark.yaml" in err, err)
    _, err = run("train", source / "wide.yaml", code=2)
    expect_words(err, "wide.yaml", "UTF-16", "iconv -f UTF-16 -t UTF-8")


@check
def wrong_causes_are_not_named(scratch):
    """compressed lists are taken for what they hold, long zstd windows are read, and keys with dots are named"""
    row = json.dumps({"image": "a.png", "text": "a caption"}) + "\n"
    source = folder(scratch, "in", {"a.png": picture(1), "rows.jsonl.xz": lzma.compress(row.encode()), "rows.jsonl": row})
    expect(packed(source / "rows.jsonl.xz", scratch / "xz")["samples"] == 1, "no sample")
    shell("zstd -q --ultra --long=31 rows.jsonl -o long.jsonl.zst", source)
    expect(packed(source / "long.jsonl.zst", scratch / "long")["samples"] == 1, "no sample")
    shell("cp a.png s1.input.png; echo text > s1.input.txt; tar cf dots.tar s1.*", source)
    _, err = pack("pairs", source / "dots.tar", scratch / "dots", code=3)
    expect_words(err, "`input.png`", "`input.txt`", "first dot")
