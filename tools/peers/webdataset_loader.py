"""Times WebDataset + Pillow on a tar of images, in one process: the peer of `unimo bench loader`.

    python webdataset_loader.py TAR --size 224 --seconds 2 --rounds 3 [--draft]

The pipeline is what WebDataset's documentation shows: the tar's samples in order, Pillow's decoder, RGB, bicubic resize
to a square, then a float32 array (3, size, size) between -1 and 1. Prints one JSON object.
"""

import argparse
import io
import json
import statistics
import time

import numpy
import PIL
import webdataset
from PIL import Image, features


def to_array(data: bytes, size: int, draft: bool) -> numpy.ndarray:
    image = Image.open(io.BytesIO(data))
    if draft:
        image.draft("RGB", (size, size))
    image = image.convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
    array = numpy.asarray(image, dtype=numpy.float32)
    array *= numpy.float32(2 / 255)
    array -= numpy.float32(1)
    return numpy.ascontiguousarray(array.transpose(2, 0, 1))


def samples(path: str, size: int, draft: bool):
    """Images without end, one pass over the tar after another."""
    while True:
        dataset = webdataset.WebDataset(path, shardshuffle=False, empty_check=False)
        yield from dataset.map_dict(jpg=lambda data: to_array(data, size, draft)).to_tuple("jpg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tar")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--draft", action="store_true", help="let the JPEG decoder make a smaller image")
    arguments = parser.parse_args()
    stream = samples(arguments.tar, arguments.size, arguments.draft)
    for _ in range(32):
        next(stream)
    speeds = []
    for _ in range(arguments.rounds):
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < arguments.seconds:
            next(stream)
            count += 1
        speeds.append(count / (time.perf_counter() - start))
    print(json.dumps({
        "images_per_second": statistics.median(speeds), "webdataset": webdataset.__version__,
        "pillow": PIL.__version__, "libjpeg": features.version("libjpeg_turbo") or features.version("jpg"),
    }))


if __name__ == "__main__":
    main()
