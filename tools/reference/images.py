#!/usr/bin/env python3
"""Writes the goldens of the Vision tests with Pillow 13 and numpy.

    python3 tools/reference/images.py Tests/VisionTests/Goldens

Every encoded image goes to a file; what Pillow makes of it (upright, over white, 8-bit RGB) and of a set of resizes
goes to goldens.json, pixels in base64.
"""

import base64
import colorsys
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


def packed_rows(levels, bits):
    """Scan lines of numbers of 1, 2 or 4 bits."""
    rows = b""
    for row in levels:
        digits = "".join(format(int(value), f"0{bits}b") for value in row)
        digits += "0" * (-len(digits) % 8)
        rows += b"\0" + bytes(int(digits[i:i + 8], 2) for i in range(0, len(digits), 8))
    return rows


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def rare_pngs(grey, rgba, wide):
    """Variants that Pillow reads and does not write."""
    levels = np.asarray(grey)
    rgb = rgba[..., :3]

    def lines(pixels):
        return b"".join(b"\0" + row.tobytes() for row in pixels)

    for bits in (2, 4):
        yield f"grey-{bits}.png", png(0, bits, packed_rows(levels >> (8 - bits), bits), WIDTH, HEIGHT)
        colours = chunk(b"PLTE", bytes(range(7, 7 + 3 * 2**bits)))
        yield f"palette-{bits}.png", png(3, bits, packed_rows(levels >> (8 - bits), bits), WIDTH, HEIGHT, extra=colours)
    wide_rgba = np.concatenate([wide, (rgba[..., 3:].astype(">u2") * 257)], -1)
    yield "wide-rgba.png", png(6, 16, lines(wide_rgba), WIDTH, HEIGHT)
    yield "wide-grey-alpha.png", png(4, 16, lines(wide_rgba[..., 2:]), WIDTH, HEIGHT)
    clear = int(levels[3, 3])
    yield "grey-clear-alpha.png", png(0, 8, lines(levels), WIDTH, HEIGHT, extra=chunk(b"tRNS", struct.pack(">H", clear)))
    clear = struct.pack(">HHH", *(int(value) for value in rgb[2, 2]))
    yield "rgb-clear-alpha.png", png(2, 8, lines(rgb), WIDTH, HEIGHT, extra=chunk(b"tRNS", clear))
    yield "gamma.png", png(2, 8, lines(rgb), WIDTH, HEIGHT, extra=chunk(b"gAMA", struct.pack(">I", 100000)))


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
    yield from rare_pngs(grey, rgba, wide)
    yield "interlaced.png", png(2, 8, interlaced(np.asarray(rgb)), WIDTH, HEIGHT, interlace=1)
    yield "interlaced-rgba.png", png(6, 8, interlaced(rgba), WIDTH, HEIGHT, interlace=1)
    yield "rgb.jpg", encode(rgb, "JPEG", quality=90)
    yield "progressive.jpg", encode(rgb, "JPEG", quality=85, progressive=True, subsampling=0)
    yield "grey.jpg", encode(grey, "JPEG", quality=90)
    inks = encode(rgb.convert("CMYK"), "JPEG", quality=95)
    yield "cmyk.jpg", inks
    # Adobe's marker says how the four channels are meant: 0 inks, 2 luma, chroma and black.
    marker = inks.index(b"\xff\xee")
    yield "ycck.jpg", inks[:marker + 15] + b"\x02" + inks[marker + 16:]
    yield "cmyk-unmarked.jpg", inks[:marker] + inks[marker + 16:]
    yield "half.jpg", encode(rgb, "JPEG", quality=90, subsampling=1)
    yield "restarts.jpg", encode(rgb, "JPEG", quality=90, restart_marker_blocks=1)
    yield "progressive-quarter.jpg", encode(rgb, "JPEG", quality=80, progressive=True, subsampling=2)
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
                          ((1, 1), whole), ((3, 5), (5, 5, 6, 6)), ((5, 2), whole), ((57, 20), whole),
                          ((60, 12), (4, 6, 30, 40)), ((4, 44), (50, 0, 61, 47)), ((70, 30), (1.5, 2, 20, 46.5))):
            result = source.resize(size, kind, box=box)
            x0, y0, x1, y1 = box
            yield row(result, filter=name, box=[x0, y0, x1 - x0, y1 - y0])


LUMA = np.array([0.2989, 0.587, 0.114])


def jitter(pixels, operations):
    """torchvision's colour operations on fractions of full light, clamped after each; hue by colorsys."""
    colours = pixels / 255.0
    for name, amount in operations:
        if name == "brightness":
            colours = amount * colours
        elif name == "contrast":
            colours = amount * colours + (1 - amount) * (colours @ LUMA).mean()
        elif name == "saturation":
            colours = amount * colours + (1 - amount) * (colours @ LUMA)[..., None]
        else:
            turned = [colorsys.rgb_to_hsv(*pixel) for pixel in colours.reshape(-1, 3)]
            turned = [colorsys.hsv_to_rgb((h + amount) % 1.0, s, v) for h, s, v in turned]
            colours = np.array(turned).reshape(colours.shape)
        colours = np.clip(colours, 0, 1)
    return np.rint(colours * 255).astype(np.uint8)


def jitters(source):
    pixels = np.asarray(source)
    whole = [("brightness", 1.3), ("contrast", 0.6), ("saturation", 1.4), ("hue", -0.1)]
    for operations in ([("brightness", 0.6)], [("brightness", 1.4)], [("contrast", 0.5)], [("contrast", 1.5)],
                       [("saturation", 0)], [("saturation", 1.6)], [("hue", 0.1)], [("hue", -0.5)], [("hue", 0.31)],
                       whole, whole[::-1], [whole[i] for i in (2, 0, 3, 1)]):
        result = Image.fromarray(jitter(pixels, operations))
        yield row(result, operations=[name for name, _ in operations], amounts=[amount for _, amount in operations])


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    images = []
    for name, data in encoded_images():
        (folder / name).write_bytes(data)
        images.append(row(reading(name, data), file=name))
    source = Image.fromarray(picture(61, 47, 3, 4))
    goldens = {"images": images, "source": row(source), "resizes": list(resizes(source)),
               "jitters": list(jitters(source))}
    (folder / "goldens.json").write_text(json.dumps(goldens, indent=1) + "\n")


if __name__ == "__main__":
    main()
