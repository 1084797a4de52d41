"""Pictures for the checks, made and read without a library: PNG of 8-bit RGB, and the EXIF turn of a JPEG."""

import struct
import zlib


def png(width, height, colour):
    """A picture whose pixels `colour(x, y)` gives as (red, green, blue)."""
    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in colour(x, y)) for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def scenery(width, height):
    """Soft colours with a few edges: a picture that JPEG keeps well."""

    def colour(x, y):
        if width // 4 <= x < width // 2 and height // 3 <= y < height // 2:
            return 200, 40, 40
        return 40 + 160 * x // width, 60 + 150 * y // height, 120 + 60 * (x + y) // (width + height)

    return png(width, height, colour)


def pixels(data):
    """(width, height, RGB bytes) of a PNG as this program writes it."""
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    assert (depth, kind, interlaced) == (8, 2, 0), f"depth {depth}, colour type {kind}, interlaced {interlaced}"
    packed, at = b"", 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + size]
        at += 12 + size
    raw, stride, rows = zlib.decompress(packed), 3 * width, [bytes(3 * width)]
    for y in range(height):
        start = y * (stride + 1)
        rows.append(unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), rows[-1]))
    return width, height, b"".join(rows[1:])


def unfiltered(kind, row, above):
    """One row without its filter, as the PNG standard has the five of them."""
    for i in range(len(row)):
        left, up, corner = (row[i - 3] if i >= 3 else 0), above[i], (above[i - 3] if i >= 3 else 0)
        row[i] = (row[i] + (0, left, up, (left + up) // 2, nearest(left, up, corner))[kind]) & 255
    return bytes(row)


def nearest(left, up, corner):
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def difference(a, b):
    """(mean, largest) difference of two pictures' channel values."""
    assert a[:2] == b[:2], f"{a[0]} × {a[1]} and {b[0]} × {b[1]} pixels"
    differences = [abs(x - y) for x, y in zip(a[2], b[2])]
    return sum(differences) / len(differences), max(differences)


def turned_right(picture):
    """A picture turned by 90° clockwise."""
    width, height, rgb = picture
    rows = (rgb[3 * (y * width + x) : 3 * (y * width + x) + 3] for x in range(width) for y in reversed(range(height)))
    return height, width, b"".join(rows)


def with_orientation(jpeg, number):
    """A JPEG with EXIF that says how it is to be turned."""
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, number, 0, 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", 8 + len(tiff)) + b"Exif\0\0" + tiff + jpeg[2:]
