#!/usr/bin/env python3
"""Writes the goldens of the Vision tests with Pillow and numpy.

    python3 tools/reference/images.py Tests/VisionTests/Goldens

Every encoded image goes to a file; what Pillow makes of it (upright, over white, 8-bit RGB) and of a set of resizes
goes to goldens.json, pixels in base64.
"""

import base64
import io
import json
import pathlib
import struct
import sys
import zlib

import numpy as np
from PIL import Image, ImageOps

WIDTH, HEIGHT = 17, 13


def picture(width, height, channels, seed):
    """Smooth gradients, hard edges and a little noise: what resizers get wrong shows in all three."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for channel in range(channels):
        plane = 127 + 120 * np.sin(x / (3 + channel) + y / 7 + channel)
        plane[(x // 5 + y // 4 + channel) % 3 == 0] = 255 * (channel % 2)
        planes.append(plane + generator.normal(0, 6, plane.shape))
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def encode(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(color_type, depth, rows, width, height, interlace=0, extra=b""):
    """A PNG from packed scan lines, for variants that Pillow does not write."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def interlaced(pixels):
    """Adam7 scan lines of (height, width, channels) bytes."""
    rows = b""
    for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
                           (0, 1, 1, 2)):
        part = pixels[y0::dy, x0::dx]
        if part.size:
            rows += b"".join(b"\0" + row.tobytes() for row in part)
    return rows


def encoded_images():
    rgb = Image.fromarray(picture(WIDTH, HEIGHT, 3, 1))
    rgba = picture(WIDTH, HEIGHT, 4, 2)
    rgba[:, :4, 3] = 0
    rgba[:, -4:, 3] = 255
    translucent = Image.fromarray(rgba)
    grey = rgb.convert("L")
    palette = rgb.quantize(16)
    grey_alpha = Image.merge("LA", (grey, translucent.getchannel("A")))
    wide = picture(WIDTH, HEIGHT, 3, 3).astype(">u2") * 257 - 90
    wide_rows = b"".join(b"\0" + row.tobytes() for row in wide)
    yield "rgb.png", encode(rgb, "PNG")
    yield "rgba.png", encode(translucent, "PNG")
    yield "grey.png", encode(grey, "PNG")
    yield "grey-alpha.png", encode(grey_alpha, "PNG")
    yield "bits.png", encode(grey.convert("1"), "PNG")
    yield "palette.png", encode(palette, "PNG")
    yield "palette-alpha.png", encode(palette, "PNG", transparency=bytes(range(0, 256, 16)))
    yield "wide.png", png(2, 16, wide_rows, WIDTH, HEIGHT)
    yield "interlaced.png", png(2, 8, interlaced(np.asarray(rgb)), WIDTH, HEIGHT, interlace=1)
    yield "interlaced-rgba.png", png(6, 8, interlaced(rgba), WIDTH, HEIGHT, interlace=1)
    yield "rgb.jpg", encode(rgb, "JPEG", quality=90)
    yield "progressive.jpg", encode(rgb, "JPEG", quality=85, progressive=True, subsampling=0)
    yield "grey.jpg", encode(grey, "JPEG", quality=90)
    yield "cmyk.jpg", encode(rgb.convert("CMYK"), "JPEG", quality=95)
    yield "lossy.webp", encode(rgb, "WEBP", quality=80)
    yield "lossless-alpha.webp", encode(translucent, "WEBP", lossless=True, exact=True)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"turned-{orientation}.jpg", encode(rgb, "JPEG", quality=90, subsampling=0, exif=exif)
    exif = Image.Exif()
    exif[0x0112] = 6
    yield "turned.png", encode(rgb, "PNG", exif=exif)
    yield "turned.webp", encode(rgb, "WEBP", lossless=True, exif=exif)


def reading(name, data):
    image = Image.open(io.BytesIO(data))
    if name.startswith("turned"):
        image = ImageOps.exif_transpose(image)
    if "alpha" in name or "rgba" in name:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        white.paste(image, (0, 0), image.getchannel("A"))
        image = white
    return image.convert("RGB")


def row(image, **values):
    pixels = base64.b64encode(image.tobytes()).decode()
    return {**values, "width": image.width, "height": image.height, "rgb": pixels}


def resizes(source):
    filters = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
    width, height = source.size
    whole = (0, 0, width, height)
    for name, kind in filters.items():
        for size, box in (((24, 24), whole), ((16, 9), whole), ((80, 60), (10, 5, 40, 30)), ((24, 24), (7, 3, 44, 41)),
                          ((20, 20), (3.25, 1.5, 50.75, 33.125)), ((width, 11), whole), ((13, height), whole),
                          ((1, 1), whole), ((3, 5), (5, 5, 6, 6)), ((5, 2), whole)):
            result = source.resize(size, kind, box=box)
            x0, y0, x1, y1 = box
            yield row(result, filter=name, box=[x0, y0, x1 - x0, y1 - y0])


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    images = []
    for name, data in encoded_images():
        (folder / name).write_bytes(data)
        images.append(row(reading(name, data), file=name))
    source = Image.fromarray(picture(61, 47, 3, 4))
    goldens = {"images": images, "source": row(source), "resizes": list(resizes(source))}
    (folder / "goldens.json").write_text(json.dumps(goldens, indent=1) + "\n")


main()
