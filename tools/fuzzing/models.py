"""Model sections: what the schema takes, small enough for a step of milliseconds."""

GROUPS = {
    "unimo2": ["vision", "text", "dictionary", "grounded", "mlm", "codes", "itm", "itc", "simclr"],
    "unimo": ["regions", "text", "transformer", "mlm", "mrm", "cmcl"],
}


def stack(draw, width, least=0):
    """One Transformer: any number of heads that divides the width, one number wide too."""
    layers = max(least, draw.pick(0, 1, 1, 2, 2, 3))
    made = {
        "layers": layers,
        "heads": draw.pick(*(heads for heads in (1, 2, 4, 8, width) if width % heads == 0)),
        "feed_forward": draw.often(draw.pick(8, 24, 64, 100), 1, 4000),
    }
    # Where dropout may leave nothing of a row, a norm with less than 1e-5 multiplies what it learns by millions.
    if draw.chance(0.15):
        made["epsilon"] = draw.pick(1e-5, 1e-3, 0.5)
    return made


def common(draw, kind, width):
    """Keys that both models have; any width where none is given."""
    made = {
        "kind": kind,
        "width": width or draw.often(draw.pick(16, 24, 32, 48), 8, 9, 10, 64),
        "max_tokens": draw.often(draw.pick(8, 12, 24, 32), 4, 5, 6, 64, 200),
    }
    if draw.chance(0.8):
        made["dropout"] = draw.pick(0, 0.1, 0.1, 0.5, 0.8)
    if draw.chance(0.5):
        made["initializer_range"] = draw.pick(0.02, 0.05, 0.1, 1e-6)
    made["projection"] = draw.often(draw.pick(8, 16, 32), 1, 3, 256)
    return made


def unimo2(draw, width):
    """A model section of UNIMO-2."""
    made = common(draw, "unimo2", width)
    patch = draw.often(draw.pick(4, 8, 8), 1, 2, 3, 16)
    made["image_size"] = patch * draw.often(draw.pick(2, 3, 4), 1, 5, 8)
    made["patch_size"] = patch
    has_dictionary = draw.chance(0.5)
    made["vision"] = stack(draw, made["width"])
    made["text"] = stack(draw, made["width"])
    made["grounded"] = stack(draw, made["width"], least=1 if has_dictionary else 0)
    if has_dictionary:
        codes = draw.often(draw.pick(8, 32, 100), 1, 2, 1000)
        made["dictionary"] = {"codes": codes, "chosen": min(codes, draw.often(draw.pick(2, 4, 7), 1, codes))}
        if draw.chance(0.5):
            made["dictionary"]["scores"] = draw.pick("balanced", "summed")
        if draw.chance(0.5):
            made["dictionary"]["hidden"] = draw.pick(0, 0.15, 0.5, 0.99)
    if draw.chance(0.2):
        made["vision_position_range"] = draw.pick(1, 0.2, 1e-6)
    return made


def unimo(draw, width, region_width, classes):
    """A model section of UNIMO.

    `region_width` and `classes` are what the corpora of regions have; the model may leave the classes out."""
    made = common(draw, "unimo", width)
    made["max_regions"] = draw.often(draw.pick(2, 4, 6), 1, 3, 100)
    made["region_width"] = region_width
    made["region_classes"] = draw.pick(classes, classes, 0)
    made["transformer"] = stack(draw, made["width"])
    return made
