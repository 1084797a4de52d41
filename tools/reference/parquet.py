"""Turns Parquet files into what `unimo corpus pack` reads.

    parquet FILE… --out FOLDER [--columns text=A,image=B,key=C] [--shard-size BYTES]

Rows with images in them (bytes, or the struct of `bytes` and `path` that Hugging Face datasets use) become tar archives
in the WebDataset layout, rows without become JSON lines. Columns are found by name: `key` or `id`; `text`, `caption` or
`captions`; `image` or `jpg`. A list of texts becomes several captions. Rows keep their order; a file is read row group
by row group. Rows without an image (or, where there are no images, without a text) are counted and left out. FOLDER
appears when it is complete.
"""

import argparse
import io
import json
import os
import shutil
import sys
import tarfile
from pathlib import Path

import pyarrow
import pyarrow.parquet

DEFAULTS = {"key": ["key", "id", "__key__"], "text": ["text", "caption", "captions"], "image": ["image", "jpg", "png"]}


def parse_columns(text):
    names = dict(pair.split("=", 1) for pair in text.split(",") if pair) if text else {}
    unknown = names.keys() - DEFAULTS.keys()
    if unknown:
        raise SystemExit(f"parquet: --columns names {', '.join(sorted(unknown))}; it takes key, text and image")
    return names


def choose(schema, wanted):
    """Part → column, for the parts that are there."""
    chosen = {}
    for part, candidates in DEFAULTS.items():
        if part in wanted and wanted[part] not in schema.names:
            raise SystemExit(f"parquet: there is no column {wanted[part]}; there are {', '.join(schema.names)}")
        names = [wanted[part]] if part in wanted else [name for name in candidates if name in schema.names]
        if names:
            chosen[part] = names[0]
    return chosen


def image_bytes(value, where):
    """The bytes of an image; None where the row has none."""
    if isinstance(value, dict):
        if value.get("bytes") is None and value.get("path") is not None:
            raise SystemExit(f"parquet: {where}: the image is not in the file; write its path as text, or embed it")
        value = value.get("bytes")
    if value is not None and not isinstance(value, bytes):
        raise SystemExit(f"parquet: {where}: the image is a {type(value).__name__}, neither bytes nor a path")
    return value or None


class LeftOut:
    """Rows that become no sample, by what they lack."""

    def __init__(self):
        self.rows = {}

    def add(self, what, where):
        self.rows.setdefault(what, []).append(where)

    def lines(self):
        for what, places in self.rows.items():
            yield f"left out, without {what}: {len(places)}, such as {places[0]}"


def holds_images(schema, chosen):
    if "image" not in chosen:
        return False
    kind = schema.field(chosen["image"]).type
    return not (pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind))


def suffix(data):
    if data.startswith(b"\x89PNG"):
        return "png"
    return "webp" if data[:4] == b"RIFF" else "jpg"


def rows(path, chosen):
    file = pyarrow.parquet.ParquetFile(path)
    number = 0
    for batch in file.iter_batches(batch_size=256, columns=list(chosen.values())):
        for row in batch.to_pylist():
            yield number, {part: row[column] for part, column in chosen.items()}
            number += 1


class Archives:
    """Tar archives of about `size` bytes each."""

    def __init__(self, folder, size):
        self.folder, self.size, self.count, self.archive = folder, size, 0, None

    def add(self, key, members):
        if self.archive is None:
            self.archive = tarfile.open(self.folder / f"{self.count:06}.tar", "w", format=tarfile.PAX_FORMAT)
            self.count += 1
        for name, contents in members:
            info = tarfile.TarInfo(f"{key}.{name}")
            info.size = len(contents)
            self.archive.addfile(info, io.BytesIO(contents))
        if self.archive.offset >= self.size:
            self.close()

    def close(self):
        if self.archive is not None:
            self.archive.close()
        self.archive = None


def safe(key):
    """A dot would end the key."""
    return str(key).replace(".", "_").strip("/") or "_"


def stems(paths):
    """File → what its rows' keys begin with: its name, and where several have it as many folders as tell them apart."""
    parts = {path: path.resolve().with_suffix("").parts for path in paths}
    named = {}
    for path, own in parts.items():
        others = [other for key, other in parts.items() if key != path]
        length = next((n for n in range(1, len(own)) if all(other[-n:] != own[-n:] for other in others)), None)
        if length is None:
            raise SystemExit(f"parquet: {path} is named twice; name each file once")
        named[path] = "/".join(own[-length:])
    return named


def convert(paths, folder, wanted, size):
    archives, lines, count, left_out = Archives(folder, size), None, 0, LeftOut()
    if len(set(paths)) < len(paths):
        raise SystemExit("parquet: a file is named twice; name each file once")
    named = stems(paths)
    for path in paths:
        schema = pyarrow.parquet.ParquetFile(path).schema_arrow
        chosen = choose(schema, wanted)
        if not chosen.keys() & {"text", "image"}:
            raise SystemExit(f"parquet: {path} has neither texts nor images among {', '.join(schema.names)}")
        embedded = holds_images(schema, chosen)
        for number, row in rows(path, chosen):
            where = f"{path}, row {number}"
            key = row.get("key")
            key = f"{named[path]}/{number:08}" if key is None else key
            text = row.get("text")
            if text is not None and not isinstance(text, (str, list)):
                raise SystemExit(f"parquet: {where}: the text is a {type(text).__name__}")
            data = image_bytes(row["image"], where) if embedded else row.get("image")
            if "image" in chosen and not data:
                left_out.add("an image", where)
                continue
            if "image" not in chosen and not text:
                left_out.add("a text", where)
                continue
            count += 1
            if embedded:
                members = [(suffix(data), data)]
                if isinstance(text, list):
                    members.append(("captions.json", json.dumps(text, ensure_ascii=False).encode()))
                elif text is not None:
                    members.append(("txt", text.encode()))
                archives.add(safe(key), members)
            else:
                lines = lines or open(folder / "rows.jsonl", "w", encoding="utf-8")
                row = {part: value for part, value in (row | {"key": str(key)}).items() if value is not None}
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    archives.close()
    if lines:
        lines.close()
    return count, left_out


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], epilog=__doc__.split("\n\n", 2)[2],
        formatter_class=argparse.RawDescriptionHelpFormatter, prog="parquet",
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--columns", default="", type=parse_columns)
    parser.add_argument("--shard-size", default=256 << 20, type=int)
    options = parser.parse_args()
    if options.out.exists():
        raise SystemExit(f"parquet: {options.out} exists already; remove it or choose another folder")
    staging = options.out.with_name(options.out.name + ".tmp")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        count, left_out = convert(options.files, staging, options.columns or {}, options.shard_size)
        os.rename(staging, options.out)
    except (OSError, pyarrow.ArrowException) as fault:
        shutil.rmtree(staging, ignore_errors=True)
        raise SystemExit(f"parquet: {fault}") from None
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    print(f"{options.out}: {count} rows")
    for line in left_out.lines():
        print(line)


if __name__ == "__main__":
    sys.exit(main())
