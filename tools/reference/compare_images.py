"""Holds unimo's decoding and resizing against Pillow's, over generated images of every kind and real ones.

    tools/reference/compare_images [FOLDER…] [--limit N] [--unimo BINARY] [--json]

Every image (generated PNG, JPEG and WebP, and those in FOLDERs) is packed, decoded and resized by unimo (`corpus pack`,
`corpus peek --pixels … --save`), and by Pillow: upright, over white, 8-bit RGB. One row per kind: images, the largest
difference of a channel value, and the share of values within 1 level. Exit code 1 when a PNG or a lossless WebP has
less than 99.9 % within 1, or a JPEG or lossy WebP less than 99 % within 2: two releases of a lossy decoder may round
differently. 16-bit grey is left out: Pillow cuts it off at 255, unimo keeps the high byte.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image, ImageOps

import images

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZES = [("original", None), ("224x224", "bicubic"), ("224x224", "bilinear"), ("97x150", "bicubic")]
FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


def generated(folder):
    """Files of every kind, larger than the goldens."""
    for seed, (width, height) in enumerate([(61, 47), (640, 480), (33, 500), (301, 20), (5, 4), (224, 224)]):
        images.WIDTH, images.HEIGHT = width, height
        for name, data in images.encoded_images():
            path = folder / f"{pathlib.Path(name).stem}-{width}x{height}{pathlib.Path(name).suffix}"
            path.write_bytes(data)
            yield path, images.reading(name, data)
        noise = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))
        for quality in (50, 75, 95):
            for subsampling in (0, 1, 2):
                path = folder / f"noise-{quality}-{subsampling}-{width}x{height}.jpg"
                path.write_bytes(images.encode(noise, "JPEG", quality=quality, subsampling=subsampling))
                yield path, Image.open(path).convert("RGB")


def real(folders, limit):
    paths = sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in (".png", ".jpg", ".jpeg", ".webp"))
    step = max(1, len(paths) // limit) if limit else 1
    for path in paths[::step]:
        image = Image.open(path)
        if not image.mode.startswith("I"):
            yield path, None


def by_pillow(path):
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGBA")
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    # `paste` keeps the paper's alpha out of it, `alpha_composite` rounds twice.
    white.paste(image, (0, 0), image.getchannel("A"))
    return white.convert("RGB")


def kind_of(path, size, name):
    lossy = "JPEG" if path.suffix in (".jpg", ".jpeg") else "lossy WebP" if "lossy" in path.name else None
    what = lossy or ("WebP" if path.suffix == ".webp" else "PNG")
    return what, "decoded" if size == "original" else f"{size} {name}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="*", type=pathlib.Path, help="folders of real images")
    parser.add_argument("--limit", type=int, default=0, help="compare about this many of the real ones (default all)")
    parser.add_argument("--unimo", type=pathlib.Path, default=ROOT / ".build/release/unimo")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = {}
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        (work / "files").mkdir()
        (work / "made").mkdir()
        cases = list(generated(work / "made")) + list(real(arguments.folders, arguments.limit))
        for number, (path, _) in enumerate(cases):
            (work / "files" / f"{number:06}{path.suffix}").write_bytes(path.read_bytes())
        run = [str(arguments.unimo), "corpus"]
        subprocess.run([*run, "pack", "--kind", "images", "--from", work / "files", "--out", work / "corpus"],
                       check=True, stdout=subprocess.DEVNULL)

        def compare(number):
            path, wanted = cases[number]
            wanted = wanted or by_pillow(path)
            found = []
            for size, name in SIZES:
                target = work / f"{number}-{size}-{name}.png"
                options = ["--filter", name] if name else []
                subprocess.run([*run, "peek", work / "corpus", f"{number:06}", "--pixels", size, *options, "--save",
                                target], check=True)
                resized = wanted
                if name:
                    width, height = (int(side) for side in size.split("x"))
                    resized = wanted.resize((width, height), FILTERS[name])
                ours = np.asarray(Image.open(target)).astype(int)
                target.unlink()
                found.append((kind_of(path, size, name), path.name, ours, np.asarray(resized).astype(int)))
            return found

        with ThreadPoolExecutor(2) as pool:
            for results in pool.map(compare, range(len(cases))):
                for key, name, ours, theirs in results:
                    if ours.shape != theirs.shape:
                        sys.exit(f"{name}: unimo has {ours.shape}, Pillow {theirs.shape}")
                    difference = abs(ours - theirs)
                    row = rows.setdefault(key, {"images": 0, "values": 0, "beyond_1": 0, "beyond_2": 0, "worst": 0})
                    row["images"] += 1
                    row["values"] += difference.size
                    row["beyond_1"] += int((difference > 1).sum())
                    row["beyond_2"] += int((difference > 2).sum())
                    if difference.max() > row["worst"]:
                        row["worst"], row["where"] = int(difference.max()), name
    failed = False
    report = []
    for (what, step), row in sorted(rows.items()):
        is_lossy = what in ("JPEG", "lossy WebP")
        within = {limit: 1 - row[f"beyond_{limit}"] / row["values"] for limit in (1, 2)}
        failed |= within[2] < 0.99 if is_lossy else within[1] < 0.999
        report.append({"kind": what, "step": step, "images": row["images"], "worst": row["worst"],
                       "within_1": within[1], "within_2": within[2], "where": row.get("where", "")})
    if arguments.json:
        print(json.dumps({"rows": report, "agrees": not failed}))
    else:
        for row in report:
            print(f"{row['kind']:11} {row['step']:18} {row['images']:6} images  worst {row['worst']:3}  "
                  f"within 1: {100 * row['within_1']:.4f} %  {row['where']}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
