"""Images changed while they are packed."""

import json

from commands import pictures
from commands.running import check, expect, folder, pack, peek, run, shell

SIZES = {"large": (300, 200), "small": (40, 30), "turned": (160, 120)}


def sources(scratch):
    """Two PNG and a JPEG that lies on its side, as cameras write them: EXIF says to turn it by 90°."""
    png = {name: pictures.scenery(*size) for name, size in SIZES.items()}
    folder(scratch, "lying", {"turned.png": png["turned"]})
    pack("images", scratch / "lying", scratch / "lying-jpeg", "--reencode", "jpeg:95")
    jpeg = pictures.with_orientation(peek(scratch / "lying-jpeg", "turned", "--member", "jpg"), 6)
    return folder(scratch, "in", {"large.png": png["large"], "small.png": png["small"], "turned.jpg": jpeg})


def decoded(corpus):
    return {name: pictures.pixels(peek(corpus, name, "--pixels", "original")) for name in SIZES}


def member_bytes(corpus):
    members = {}
    for name in SIZES:
        sample = json.loads(run("corpus", "peek", corpus, name, "--json")[0])
        members[name] = sample["members"][0]["name"], peek(corpus, name, "--member", sample["members"][0]["name"])
    return members


@check
def reencoding_keeps_the_picture(scratch):
    """--reencode: pixels within JPEG's tolerance, smaller files, EXIF's turn once, the same bytes from any workers"""
    source = sources(scratch)
    pack("images", source, scratch / "kept")
    kept, files = decoded(scratch / "kept"), member_bytes(scratch / "kept")
    expect(files["turned"][1] == (source / "turned.jpg").read_bytes(), "what is kept is the source's, EXIF too")
    upright = pictures.turned_right(pictures.pixels(peek(scratch / "lying-jpeg", "turned", "--pixels", "original")))
    expect(kept["turned"] == upright, "EXIF's turn is 90° to the right")

    for workers in (1, 3):
        pack("images", source, scratch / f"jpeg-{workers}", "--reencode", "jpeg:90", "--workers", workers)
    shell("diff -r jpeg-1 jpeg-3", scratch)
    run("corpus", "verify", scratch / "jpeg-1", "--strict")
    jpeg = member_bytes(scratch / "jpeg-1")
    expect(all(name == "jpg" and b"Exif" not in data for name, data in jpeg.values()), "JPEG without EXIF")
    small, large = len(jpeg["large"][1]), len(files["large"][1])
    expect(small < large / 2, f"{small} of {large} bytes")
    for name, picture in decoded(scratch / "jpeg-1").items():
        mean, largest = pictures.difference(picture, kept[name])
        most = 1.5 if name == "large" else 4
        expect(mean < most and largest < 100, f"{name}: {mean:.2f} levels off on average, {largest} at most")

    pack("images", source, scratch / "png", "--reencode", "png")
    expect(decoded(scratch / "png") == kept, "PNG keeps every pixel, upright")
    expect(all(name == "png" for name, _ in member_bytes(scratch / "png").values()), "all are PNG")


@check
def shrinking_is_resizing(scratch):
    """--shorter-side: larger images become what resizing makes of them, upright; others keep their bytes"""
    source = sources(scratch)
    pack("images", source, scratch / "kept")
    for workers in (1, 3):
        pack("images", source, scratch / f"small-{workers}", "--shorter-side", 60, "--workers", workers)
    shell("diff -r small-1 small-3", scratch)
    small = decoded(scratch / "small-1")
    sizes = {name: picture[:2] for name, picture in small.items()}
    expect(sizes == {"large": (90, 60), "small": (40, 30), "turned": (60, 80)}, str(sizes))
    for name, size in (("large", "90x60"), ("turned", "60x80")):
        wanted = pictures.pixels(peek(scratch / "kept", name, "--pixels", size))
        expect(small[name] == wanted, f"{name} is not what resizing makes of it")
    files, whole = member_bytes(scratch / "small-1"), member_bytes(scratch / "kept")
    expect(files["small"] == whole["small"], "an image that is small enough keeps its bytes")
    expect(len(files["large"][1]) < len(whole["large"][1]), "a shrunk image takes less room")
    pack("images", source, scratch / "both", "--shorter-side", 60, "--reencode", "jpeg")
    both = decoded(scratch / "both")
    differences = {name: pictures.difference(both[name], small[name])[0] for name in SIZES}
    expect(all(mean < 4 for mean in differences.values()), f"shrunk first, then encoded: {differences}")
