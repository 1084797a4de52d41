"""Small inputs of every kind of source that `unimo corpus pack` reads, made with other people's programs, and what is
expected to come out of each."""

import base64
import csv
import dataclasses
import gzip
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import zstandard
from PIL import Image

# Samples in the first archive that tools/parquet makes of the pictures here.
SHARD_ROWS = 2
CAPTIONS = ["a red square", "ein grünes Feld", "青い四角", "a \"quoted\" word, and a comma", "two\tcolumns? no", "🙂 smiles"]


@dataclasses.dataclass
class Case:
    """One source, the arguments to pack it with, and the samples that are in it: key → member → contents."""

    name: str
    kind: str
    make: Callable[[Path], dict[str, dict[str, object]]]
    arguments: tuple[str, ...] = ()
    # Path below the case's folder that is given to --from.
    source: str = "in"


CASES: list[Case] = []


def case(kind, *arguments, source="in"):
    def register(function):
        CASES.append(Case(function.__name__, kind, function, arguments, source))
        return function

    return register


def picture(number, kind="PNG", size=(24, 18)):
    pixels = np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


def put(path, contents):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())


def add(archive, name, contents):
    info = tarfile.TarInfo(name)
    info.size = len(contents)
    info.mtime = 1700000000
    archive.addfile(info, io.BytesIO(contents))


def tar_bytes(members, layout=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=layout) as archive:
        for name, contents in members:
            add(archive, name, contents if isinstance(contents, bytes) else contents.encode())
    return out.getvalue()


def pairs(folder, suffix="jpg"):
    """Pairs as files to be and as samples to expect."""
    kind = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[suffix]
    for number, caption in enumerate(CAPTIONS):
        yield f"{folder}{number:05}", picture(number, kind), caption


# Folders


@case("pairs")
def image_folder(root):
    """images with the caption in a .txt (first line), in a .json, or several in a .json"""
    expected = {}
    for number, suffix in enumerate(("jpg", "png", "webp")):
        for key, image, caption in pairs(f"part {number}/", suffix):
            put(root / "in" / f"{key}.{suffix}", image)
            safe = key.replace(" ", "_")
            expected[safe] = {suffix: image, "txt": caption}
            if number == 0:
                put(root / "in" / f"{key}.txt", f"{caption}\nanother line\n")
            elif number == 1:
                put(root / "in" / f"{key}.json", json.dumps({"caption": caption, "width": 3}))
            else:
                put(root / "in" / f"{key}.json", json.dumps({"captions": [caption, "second", " third "]}))
                expected[safe]["captions.json"] = [caption, "second", "third"]
    return expected


@case("images", "--reencode", "keep")
def images_only(root):
    """a folder of images without captions"""
    expected = {}
    for key, image, _ in pairs("", "png"):
        put(root / "in" / f"{key}.png", image)
        expected[key] = {"png": image}
    return expected


def download(number, image, caption, status="success"):
    record = {"url": f"http://x/{number}", "caption": caption, "key": f"{number:09}", "status": status, "exif": "{}"}
    return [(f"{number:09}.jpg", image), (f"{number:09}.json", json.dumps(record)), (f"{number:09}.txt", caption)]


@case("pairs")
def img2dataset_folder(root):
    """img2dataset output as files: captions may have several lines, one download has failed"""
    expected = {}
    for number, (_, image, caption) in enumerate(pairs("")):
        failed = number == 2
        for name, contents in download(number, image, caption + "\nline two", "failed" if failed else "success"):
            put(root / "in/00000" / name, contents)
        if not failed:
            expected[f"00000/{number:09}"] = {"jpg": image, "txt": caption + "\nline two"}
    put(root / "in/00000_stats.json", json.dumps({"count": 6, "successes": 5}))
    put(root / "in/00000.parquet", b"PAR1")
    return expected


@case("pairs")
def img2dataset_tars(root):
    """img2dataset output as tars: two shards, keys as they are"""
    expected = {}
    for shard in range(2):
        members = []
        for number, (_, image, caption) in enumerate(pairs("")):
            number += shard * 10000
            failed = number == 10001
            members += download(number, image, caption, "failed_to_download" if failed else "success")
            if not failed:
                expected[f"{number:09}"] = {"jpg": image, "txt": caption}
        put(root / f"in/{shard:05}.tar", tar_bytes(members))
        put(root / f"in/{shard:05}_stats.json", "{}")
    return expected


# Tars


def webdataset(root, name, encode, layout=tarfile.PAX_FORMAT):
    expected, members = {}, []
    for key, image, caption in pairs("deep/er/"):
        members += [(f"{key}.cls", b"7"), (f"{key}.JPG", image), (f"{key}.txt", caption), (f"{key}.seg.png", b"mask")]
        expected[f"{name.split('.')[0]}/{key}"] = {"jpg": image, "txt": caption, "cls": b"7"}
    put(root / "in" / name, encode(tar_bytes(members, layout)))
    return expected


@case("pairs", "--members", "cls")
def webdataset_plain(root):
    """WebDataset tars, plain, GNU and ustar, among members of unknown extensions; one member is kept"""
    return webdataset(root, "a.tar", bytes) | webdataset(root, "b.tar", bytes, tarfile.GNU_FORMAT) | webdataset(
        root, "c.tar", bytes, tarfile.USTAR_FORMAT)


@case("pairs", "--members", "cls")
def webdataset_compressed(root):
    """WebDataset tars in gzip and zstd"""
    return (
        webdataset(root, "a.tar.gz", lambda data: gzip.compress(data[:5000]) + gzip.compress(data[5000:]))
        | webdataset(root, "b.tgz", gzip.compress)
        | webdataset(root, "c.tar.zst", zstandard.ZstdCompressor().compress)
    )


@case("texts", source="in/long.tar")
def webdataset_long_names(root):
    """names of more than 100 bytes, as GNU, pax and ustar write them"""
    expected, archives = {}, b""
    for layout in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=layout) as archive:
            key = "/".join([f"f{layout}", *["directory" * 2] * 6, "name" * 5])
            add(archive, f"{key}.txt", b"a text")
            add(archive, "short.txt" if layout == 0 else f"short{layout}.txt", b"another")
            expected |= {key: {"txt": "a text"}, "short" if layout == 0 else f"short{layout}": {"txt": "another"}}
            body = archive.offset
        archives += out.getvalue()[:body]
    put(root / "in/long.tar", archives + bytes(1024))
    return {f"long/{key}": members for key, members in expected.items()}


# Tables


def table(root, write):
    """A table of pairs whose images lie beside it."""
    expected = {}
    rows = []
    for key, image, caption in pairs("pictures/", "png"):
        put(root / "in" / f"{key}.png", image)
        rows.append({"id": key.replace("/", "-"), "path": f"{key}.png", "caption": caption, "other": "x"})
        expected[key.replace("/", "-")] = {"png": image, "txt": caption.strip()}
    write(rows)
    return expected


COLUMNS = ("--columns", "text=caption,image=path,key=id")


@case("pairs", *COLUMNS, source="in/rows.jsonl.gz")
def json_lines(root):
    """JSON lines in gzip, with named columns"""
    lines = lambda rows: "".join(json.dumps(row) + "\n" for row in rows)  # noqa: E731
    return table(root, lambda rows: put(root / "in/rows.jsonl.gz", gzip.compress(lines(rows).encode())))


@case("pairs", *COLUMNS, source="in/rows.csv")
def comma_separated(root):
    """CSV as Python writes it: quotes, commas, line breaks in fields"""

    def write(rows):
        for row in rows:
            row["other"] = 'several\nlines, "quoted"'
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
        put(root / "in/rows.csv", out.getvalue())

    return table(root, write)


@case("pairs", "--columns", "text=2,image=3,key=1", "--no-header", source="in/rows.tsv")
def tab_separated(root):
    """TSV without a header, columns by number; a text has quotes that stand for themselves"""

    def write(rows):
        text = "".join(f"{row['id']}\t{row['caption'].replace(chr(9), ' ')}\t{row['path']}\n" for row in rows)
        put(root / "in/rows.tsv", text)

    expected = table(root, write)
    for members in expected.values():
        members["txt"] = members["txt"].replace("\t", " ")
    return expected


@case("pairs", "--split", "train,restval", "--image-root", "ROOT/images", source="in/dataset_coco.json")
def karpathy(root):
    """a Karpathy split: five captions stay together, other splits are left out"""
    expected, images = {}, []
    for number, (_, image, caption) in enumerate(pairs("", "jpg")):
        split = ["train", "val", "restval"][number % 3]
        name = f"COCO_val2014_{number:012}.jpg"
        put(root / "images/val2014" / name, image)
        captions = [f"{caption} {n}" for n in range(5)]
        images.append({
            "filepath": "val2014", "sentids": [1, 2], "filename": name, "imgid": number, "split": split,
            "sentences": [{"tokens": text.split(), "raw": text, "imgid": number, "sentid": 9} for text in captions],
            "cocoid": number,
        })
        if split != "val":
            key = f"val2014/COCO_val2014_{number:012}"
            expected[key] = {"jpg": image, "txt": captions[0], "captions.json": captions}
    put(root / "in/dataset_coco.json", json.dumps({"info": {"images": [1]}, "images": images, "dataset": "coco"}))
    return expected


# Parquet


def parquet(root, table):
    """Through tools/parquet, in two row groups."""
    pyarrow.parquet.write_table(table, root / "table.parquet", row_group_size=4)
    converter = Path(__file__).with_name("parquet.py")
    command = [sys.executable, converter, root / "table.parquet", "--out", root / "in", "--shard-size", "3000"]
    subprocess.run(command, check=True, capture_output=True)


@case("pairs")
def parquet_images(root):
    """Parquet with embedded images and lists of captions, as Hugging Face datasets write it; rows without one are left out"""
    found = list(pairs(""))
    images = [{"bytes": image, "path": None} for _, image, _ in found] + [None, {"bytes": None, "path": None}]
    texts = [[caption, "another"] for _, _, caption in found] + [["lost"]] * 2
    parquet(root, pyarrow.table({"image": images, "captions": texts, "id": [f"k{n}" for n in range(len(images))]}))
    return {
        f"{n // SHARD_ROWS:06}/k{n}": {"jpg": image, "txt": caption, "captions.json": [caption, "another"]}
        for n, (_, image, caption) in enumerate(found)
    }


@case("texts")
def parquet_texts(root):
    """Parquet with texts, through JSON lines"""
    parquet(root, pyarrow.table({"text": [*CAPTIONS, None], "other": list(range(len(CAPTIONS) + 1))}))
    return {f"table/{n:08}": {"txt": caption} for n, caption in enumerate(CAPTIONS)}


# Texts


@case("texts", "--max-bytes", "200")
def plain_text(root):
    """documents by line and by blank line; long ones are cut at sentence ends and can be put together again"""
    sentences = [f"Sentence number {n} is about {'thing ' * (n % 9)}really." for n in range(40)]
    put(root / "in/lines.txt", "one line\n\u4e8c\u884c\n")
    put(root / "in/long.txt", "first paragraph\nof two lines\n\n" + " ".join(sentences) + "\n")
    whole = " ".join(sentences)
    expected = {
        "lines/00000000": {"txt": "one line"}, "lines/00000001": {"txt": "二行"},
        "long/00000000": {"txt": "first paragraph\nof two lines"},
    }
    start = 0
    while start < len(whole):
        end = start + 200 if start + 200 < len(whole) else len(whole)
        if end < len(whole):
            end = whole.rindex(".", start, end) + 1
        expected[f"long/00000001@{start:010}"] = {"txt": whole[start:end]}
        start = end + 1
    return expected


# Regions


def detections(number, boxes, width=16):
    random = np.random.default_rng(100 + number)
    corner = random.uniform(0, 50, (boxes, 2))
    return {
        "features": random.normal(size=(boxes, width)).astype(np.float32),
        "boxes": np.concatenate([corner, corner + random.uniform(1, 50, (boxes, 2))], 1).astype(np.float32),
        "objects_id": random.integers(0, 1600, boxes), "objects_conf": random.random(boxes, dtype=np.float32),
        "attrs_id": random.integers(0, 400, boxes), "attrs_conf": random.random(boxes, dtype=np.float32),
    }


def encoded(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def region_members(found, **more):
    boxes = len(found["boxes"])
    return {
        "regions.json": {"boxes": boxes, "height": 120, "width": 160}, "features.npy": found["features"],
        "boxes.npy": found["boxes"], **more,
    }


@case("regions", source="in/trainval_36.tsv")
def bottom_up_table(root):
    """the six columns of bottom-up attention"""
    expected, lines = {}, []
    for number in range(5):
        found = detections(number, 3 + number)
        fields = [f"{1000 + number}", "160", "120", f"{3 + number}", encoded(found["boxes"]), encoded(found["features"])]
        lines.append("\t".join(fields))
        expected[f"{1000 + number}"] = region_members(found)
    put(root / "in/trainval_36.tsv", "\n".join(lines) + "\n")
    return expected


@case("regions", source="in/lxmert.tsv")
def lxmert_table(root):
    """the ten columns of LXMERT, with classes and attributes"""
    expected, lines = {}, []
    for number in range(4):
        found = detections(number, 2 + number)
        names = ("objects_id", "objects_conf", "attrs_id", "attrs_conf")
        fields = [f"img_{number}", "120", "160", *[encoded(found[name]) for name in names], f"{2 + number}"]
        lines.append("\t".join([*fields, encoded(found["boxes"]), encoded(found["features"])]))
        members = ("class_ids.npy", "confidences.npy", "attribute_ids.npy", "attribute_confidences.npy")
        expected[f"img_{number}"] = region_members(found, **{m: found[n] for m, n in zip(members, names)})
    put(root / "in/lxmert.tsv", "\n".join(lines) + "\n")
    return expected


@case("regions")
def bottom_up_archives(root):
    """.npz files: stored and deflated, rows or columns per region, padded, with soft labels and a pickled record"""
    expected = {}
    for number in range(6):
        found = detections(number, 4 + number)
        soft = np.random.default_rng(number).random((4 + number, 7), dtype=np.float32)
        arrays = {"bbox": found["boxes"], "image_w": 160, "image_h": 120}
        if number % 3 == 0:
            arrays |= {"x": found["features"], "num_bbox": 4 + number, "info": np.array({"objects": 1}, dtype=object)}
        elif number % 3 == 1:
            arrays["x"] = np.asfortranarray(found["features"].T)
        else:
            padding = np.zeros((2, 16), np.float32)
            arrays |= {"features": np.concatenate([found["features"], padding]), "num_bbox": 4 + number}
            arrays["bbox"] = np.concatenate([found["boxes"], padding[:, :4]]).astype(">f4")
            arrays["soft_labels"] = np.concatenate([soft, padding[:, :7]])
        (root / "in").mkdir(exist_ok=True)
        (np.savez, np.savez_compressed)[number % 2](root / f"in/{number:03}.npz", **arrays)
        expected[f"{number:03}"] = region_members(found, **({"classes.npy": soft} if number % 3 == 2 else {}))
    return expected


@case("regions", "--half-features")
def half_features(root):
    """region features in half precision"""
    found = detections(1, 5)
    (root / "in").mkdir()
    np.savez(root / "in/one.npz", x=found["features"], bbox=found["boxes"], image_w=160, image_h=120)
    found["features"] = found["features"].astype(np.float16)
    return {"one": region_members(found)}
