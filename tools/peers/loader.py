"""Times unimo's loader against WebDataset + Pillow, one core each, taking turns.

Two sets of JPEGs are made once and kept: the stamps of `tools/real-corpora` (quality 90, 4:2:0, over white), and
640 x 480 photographs that are synthesised (smooth noise, edges, grain). Both sides read the same bytes: unimo from a
corpus it packed, WebDataset from a plain tar. Both end with fp32 values between -1 and 1 of a 224 x 224 image, resized
bicubically with antialiasing. `ratio` is unimo's images/s over the peer's: the median over rounds. A second peer row
lets Pillow's JPEG decoder make a smaller image first (`Image.draft`), which changes the pixels; unimo never does that.
"""

import argparse
import io
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy
from PIL import Image

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PHOTOGRAPHS = 200


class Fault(Exception):
    """Why a side cannot be measured."""


def run(command: list[str], core: int | None = None) -> str:
    prefix = [] if core is None else ["taskset", "-c", str(core)]
    environment = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([*prefix, *command], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        tail = " / ".join(done.stderr.strip().splitlines()[-3:])
        raise Fault(f"{' '.join(command)} ended with {done.returncode}: {tail}")
    return done.stdout


def parsed(command: list[str], core: int) -> dict:
    text = run(command, core)
    try:
        return json.loads(text)
    except ValueError:
        raise Fault(f"{' '.join(command)}: expected one JSON object, found {text[:80]!r}") from None


# The images


def over_white(path: Path) -> Image.Image:
    image = Image.open(path).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)
    return white.convert("RGB")


def jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def stamps(sources: Path) -> list[bytes]:
    paths = sorted((sources / "stamps").rglob("*.png"))
    if not paths:
        raise Fault(f"{sources}/stamps has no pictures: make them with tools/real-corpora {sources}")
    return [jpeg(over_white(path)) for path in paths]


def photograph(seed: int) -> Image.Image:
    """Smooth noise of many sizes, a few hard edges and a little grain, 640 x 480."""
    generator = numpy.random.default_rng(seed)
    width, height = 640, 480
    levels = numpy.zeros((height, width, 3), numpy.float32)
    for octave in range(2, 8):
        coarse = generator.normal(0, 1, (2**octave * 3 // 4, 2**octave, 3)).astype(numpy.float32)
        planes = [
            numpy.asarray(Image.fromarray(coarse[..., channel]).resize((width, height), Image.Resampling.BICUBIC))
            for channel in range(3)
        ]
        shared = numpy.mean(planes, axis=0)
        levels += numpy.stack([0.3 * plane + 0.7 * shared for plane in planes], -1) * 60 / 2 ** (octave / 2)
    y, x = numpy.mgrid[0:height, 0:width]
    for _ in range(12):
        a, b, c = generator.normal(0, 1), generator.normal(0, 1), generator.uniform(-300, 300)
        levels[a * (x - width / 2) + b * (y - height / 2) > c] += generator.normal(0, 12, 3)
    levels += generator.normal(0, 2, levels.shape)
    return Image.fromarray(numpy.clip(levels + 120, 0, 255).astype(numpy.uint8))


def prepare(name: str, images, folder: Path, unimo: Path) -> None:
    """The tar for the peer and the corpus for unimo, from the same bytes; kept once they are complete."""
    work = folder / name
    if (work / "complete").exists():
        return
    shutil.rmtree(work, ignore_errors=True)
    (work / "files").mkdir(parents=True)
    with tarfile.open(work / "images.tar", "w") as archive:
        for number, data in enumerate(images()):
            file = work / "files" / f"{number:06}.jpg"
            file.write_bytes(data)
            archive.add(file, file.name)
    run([str(unimo), "corpus", "pack", "--kind", "images", "--from", str(work / "files"), "--out",
         str(work / "corpus")])
    (work / "complete").touch()


# The measuring


def ours(unimo: Path, corpus: Path, arguments) -> dict:
    report = parsed([str(unimo), "bench", "loader", "--corpus", str(corpus), "--size", str(arguments.size),
                     "--workers", "1", "--json"], arguments.core)
    rows = [row for row in report.get("rows", []) if row.get("unit") == "images/s"]
    if len(rows) != 1:
        raise Fault(f"{unimo} bench loader --json: expected one row in images/s, found {len(rows)}")
    if rows[0].get("skipped"):
        raise Fault(f"{unimo} bench loader: {rows[0]['skipped']} images could not be used")
    return rows[0]


def theirs(tar: Path, arguments, draft: bool) -> dict:
    command = [sys.executable, str(HERE / "webdataset_loader.py"), str(tar), "--size", str(arguments.size)]
    return parsed(command + (["--draft"] if draft else []), arguments.core)


def measure(name: str, work: Path, arguments, say) -> list[dict]:
    """Everybody once per round, in an order that turns round from one to the next."""
    own: list[dict] = []
    peers: dict[bool, list[dict]] = {False: [], True: []}
    for number in range(arguments.rounds):
        turns = [None, False, True]
        for draft in turns if number % 2 == 0 else reversed(turns):
            if draft is None:
                own.append(ours(arguments.unimo, work / "corpus", arguments))
                say(f"{name}, round {number + 1}: unimo: {own[-1]['value']:.0f} images/s")
            else:
                peers[draft].append(theirs(work / "images.tar", arguments, draft))
                label = "WebDataset + Pillow" + (" (draft)" if draft else "")
                say(f"{name}, round {number + 1}: {label}: {peers[draft][-1]['images_per_second']:.0f} images/s")
    return rows_of(name, own, peers)


def rows_of(name: str, own: list[dict], peers: dict[bool, list[dict]]) -> list[dict]:
    rows = [{"name": name, "value": statistics.median(row["value"] for row in own), "unit": "images/s"}]
    for draft, rounds in peers.items():
        first = rounds[0]
        label = f"WebDataset {first['webdataset']} + Pillow {first['pillow']} (libjpeg-turbo {first['libjpeg']})"
        rows.append({
            "name": f"{name}, {'draft' if draft else 'plain'}",
            "value": statistics.median(row["images_per_second"] for row in rounds),
            "unit": "images/s",
            "peer": label + (", draft mode" if draft else ""),
            "ratio": statistics.median(
                mine["value"] / other["images_per_second"] for mine, other in zip(own, rounds)),
        })
    return rows


def report(rows: list[dict]) -> None:
    print(f"{'':24} {'images/s':>9} {'ratio':>6}")
    for row in rows:
        ratio = f"{row['ratio']:6.2f}" if "ratio" in row else " " * 6
        print(f"{row['name']:24} {row['value']:9.0f} {ratio}  {row.get('peer', 'unimo')}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], epilog=__doc__.split("\n\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter, prog="loader",
    )
    parser.add_argument("--sources", type=Path, default=ROOT / "runs/demo/sources",
                        help="what tools/real-corpora made (default runs/demo/sources)")
    parser.add_argument("--work", type=Path, default=ROOT / "runs/peers/loader", help="where the JPEGs are kept")
    parser.add_argument("--rounds", type=int, default=3, help="turns for everybody (default 3)")
    parser.add_argument("--size", type=int, default=224, help="side of the images (default 224)")
    parser.add_argument("--unimo", type=Path, default=ROOT / ".build/release/unimo", help="the binary to measure")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="the core to pin everybody to")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds: expected 1 or more")
    if not arguments.unimo.is_file():
        parser.error(f"{arguments.unimo} is missing: build it with swift build -c release, or name it with --unimo")
    return arguments


def machine(core: int) -> dict:
    names = [l.split(":", 1)[1].strip() for l in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in l]
    return {"cpu": names[0] if names else platform.machine(), "core": core, "load": os.getloadavg()[0]}


def main() -> int:
    arguments = parse()

    def say(sentence: str) -> None:
        print(sentence, file=sys.stderr, flush=True)

    about = machine(arguments.core)
    if about["load"] > 0.5:
        say(f"the machine is busy (load {about['load']:.1f}): figures will be low and uneven")
    sets = {
        "stamps": lambda: stamps(arguments.sources),
        "photographs 640 x 480": lambda: (jpeg(photograph(seed)) for seed in range(PHOTOGRAPHS)),
    }
    rows = []
    try:
        for name, images in sets.items():
            folder = name.split()[0]
            prepare(folder, images, arguments.work, arguments.unimo)
            rows += measure(name, arguments.work / folder, arguments, say)
    except Fault as fault:
        print(f"loader: {fault}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps({"machine": about, "rows": rows}))
    else:
        report(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
