"""One value that the schema accepts and no machine, or no corpus, is made for."""

from fuzzing.models import GROUPS


def spoil(draw, recipe):
    """Makes one value of a recipe silly, in its place. Returns what was done.

    Such a recipe takes one step: it is refused before it, or runs."""
    recipe["steps"] = 1
    name = draw.pick(*(name for name, fits, _ in SILLY if fits(recipe)))
    change = next(change for known, _, change in SILLY if known == name)
    change(recipe)
    return name


def stacks(recipe):
    return [value for value in recipe["model"].values() if isinstance(value, dict) and "layers" in value]


def put(*path):
    """A change that puts the last of its arguments at the path of the others."""
    *keys, last, value = path

    def change(recipe):
        place = recipe
        for key in keys:
            place = place.setdefault(key, {}) if isinstance(place, dict) else place[key]
        place[last] = value

    return change


def batch(size):
    def change(recipe):
        entry = recipe["mixture"][0]
        for key in ("batch_tokens", "pool", "chunk"):
            entry.pop(key, None)
        entry["batch_size"] = size

    return change


def by_tokens(tokens, pool):
    def change(recipe):
        entry = recipe["mixture"][0]
        for key in ("batch_size", "chunk", "together"):
            entry.pop(key, None)
        entry["batch_tokens"], entry["pool"] = tokens, pool

    return change


def stack(key, value):
    def change(recipe):
        stacks(recipe)[-1][key] = value

    return change


def huge_images(recipe):
    recipe["model"] |= {"image_size": 4096, "patch_size": 1}


def held_out(samples, size):
    """Validation of more batches than any list has places for."""

    def change(recipe):
        validation = recipe["validation"]
        validation |= {"every": 1, "samples": samples, "batch_size": size}
        for entry in validation["on"]:
            source = recipe["corpora"][entry["corpus"]]
            if "scenes" in source:
                settings = dict(source["scenes"])
                for other in recipe["corpora"].values():
                    if other.get("scenes") == settings:
                        other["scenes"] = settings | {"count": samples}

    return change


def one_large_chunk(recipe):
    recipe["model"]["max_tokens"] = 64
    stack("feed_forward", 100_000)(recipe)
    recipe["validation"] |= {"every": 1, "samples": 300, "batch_size": 300}
    for entry in recipe["validation"]["on"]:
        entry.pop("chunk", None)


def weights(recipe):
    for number, entry in enumerate(recipe["mixture"]):
        entry.pop("weights", None)
        entry["weight"] = 1_000_000 - number


def every(recipe):
    return True


def has(*keys):
    return lambda recipe: all(key in recipe for key in keys)


def of(kind):
    return lambda recipe: recipe["model"]["kind"] == kind


def procedural(recipe):
    return any("scenes" in recipe["corpora"][entry["corpus"]] for entry in recipe.get("validation", {}).get("on", []))


def scenery(recipe):
    return "scenes" in recipe["corpora"][recipe["mixture"][0]["corpus"]]


def in_scenes(key, value):
    def change(recipe):
        settings = dict(recipe["corpora"][recipe["mixture"][0]["corpus"]]["scenes"])
        for source in recipe["corpora"].values():
            if source.get("scenes") == settings:
                source["scenes"] = settings | {key: value}

    return change


SILLY = [
    ("a batch of 200,000", every, batch(200_000)),
    ("a batch of 5,000", every, batch(5_000)),
    ("a batch of 1,000,000", every, batch(1_000_000)),
    ("a batch of a billion tokens", every, by_tokens(1_000_000_000, 10_000_000)),
    ("batches of tokens from a pool of ten million", every, by_tokens(1000, 10_000_000)),
    ("12,000 held-out samples in pairs", procedural, held_out(12_000, 2)),
    ("9,000 held-out samples one by one", procedural, held_out(9_000, 1)),
    ("a million held-out samples in a batch", has("validation"), held_out(2_000, 1_000_000)),
    ("a held-out chunk larger than any of training", has("validation"), one_large_chunk),
    ("a chunk of a million", every, put("mixture", 0, "chunk", 1_000_000)),
    ("images of 4096 pixels and patches of 1", of("unimo2"), huge_images),
    ("texts of 65,536 tokens", every, put("model", "max_tokens", 65_536)),
    ("a width of 65,536", every, put("model", "width", 65_536)),
    ("a million feed-forward units", every, stack("feed_forward", 1_000_000)),
    ("1000 layers", every, stack("layers", 1000)),
    ("a projection of 65,536", every, put("model", "projection", 65_536)),
    ("a million codes", of("unimo2"), put("model", "dictionary", {"codes": 1_000_000, "chosen": 10_000})),
    ("65,536 regions of an image", of("unimo"), put("model", "max_regions", 65_536)),
    ("features of 65,536", of("unimo"), put("model", "region_width", 65_536)),
    ("65,536 classes of regions", of("unimo"), put("model", "region_classes", 65_536)),
    ("a billion scenes", scenery, in_scenes("count", 1_000_000_000)),
    ("scenes of 1024 pixels", scenery, in_scenes("side", 1024)),
    ("a million alike", scenery, in_scenes("alike", 1_000_000)),
    ("a million together", every, put("mixture", 0, "together", 1_000_000)),
    ("1024 batches to a step", every, put("batches_per_step", 1024)),
    ("1024 threads", every, put("ranks", "threads", 1024)),
    ("1024 loading threads", every, put("loader", "workers", 1024)),
    ("1024 batches ahead", every, put("loader", "prefetch", 1024)),
    ("a million tokens to learn", every, put("tokenizer", {"vocabulary": 1_000_000})),
    ("weights without a common divisor", every, weights),
    ("tensors of 100,000 steps", every, put("log", "tensors", 100_000)),
    ("a billion steps of warm-up", every, put("schedule", "warmup_steps", 1_000_000_000)),
    ("everything frozen", every, lambda recipe: recipe["optimizer"].update(groups={
        name: {"frozen": True} for name in GROUPS[recipe["model"]["kind"]]})),
    ("a window of a million MiB", every, lambda recipe: [
        source.update(shuffle_window_mib=1_000_000) for source in recipe["corpora"].values()]),
    ("a loss weight of 1e30", every, put("mixture", 0, "loss_weight", 1e30)),
    ("epsilon of 1e-300", every, put("optimizer", "epsilon", 1e-300)),
    ("a learning rate of 1e-300", every, put("optimizer", "learning_rate", 1e-300)),
    ("a billion epochs", every, lambda recipe: recipe["mixture"][0].update(when_done="stop", epochs=1_000_000_000)),
]
