"""Regions that an encoder makes of images, and UNIMO's weights on their way out and back in."""

import json

from commands.exchange import trained
from commands.running import check, expect, expect_words, run


def made(scratch, model, images, out, *arguments):
    """What `corpus regions --json` says."""
    return json.loads(run("corpus", "regions", images, "--encoder", model, "--out", scratch / out, *arguments, "--json")[0])


@check
def regions_are_made_of_images(scratch):
    """images and pairs become regions with captions and classes, the same for any number of workers; others get their classes"""
    model = trained(scratch)
    run("corpus", "scenes", "--out", scratch / "scenes", "--count", 60, "--seed", 3, "--side", 48, "--objects", "2")
    pairs, held_out = scratch / "scenes/pairs", scratch / "scenes/held-out"
    one = made(scratch, model, pairs, "one", "--grid", 2, "--classes", 6, "--workers", 1)
    two = made(scratch, model, pairs, "two", "--grid", 2, "--classes", 6, "--workers", 3)
    expect(one["fingerprint"] == two["fingerprint"], f"{one} and {two}")
    expect((one["samples"], one["regions"], one["features"], one["classes"]) == (60, 240, 64, 6), str(one))
    expect(1 < one["classes_used"] <= 6 and 1 < one["perplexity"] <= 6 and one["samples_per_second"] > 0, str(one))
    found = json.loads(run("corpus", "verify", scratch / "one", "--json")[0])
    expect(found["sound"] and found["samples"] == 60, str(found))
    members = json.loads(run("corpus", "inspect", scratch / "one", "--json")[0])["members"]
    expect({"regions.json", "features.npy", "boxes.npy", "classes.npy", "txt"} == members.keys(), str(members))
    other = made(scratch, model, held_out, "other", "--grid", 2, "--classes-from", one["classes_file"], "--half-features", "--keep-images")
    expect(other["classes"] == 6 and other["classes_file"] == one["classes_file"], str(other))
    scenes = made(scratch, model, "scenes:30:3:2:train", "scenes-of", "--grid", 4, "--classes", 0)
    expect((scenes["regions"], scenes["classes"], scenes["perplexity"]) == (480, 0, None), str(scenes))


@check
def unsuitable_encoders_are_refused(scratch):
    """a grid that cuts patches, classes of another encoder, other kinds and a place that is taken are refused by name"""
    model = trained(scratch)
    run("corpus", "scenes", "--out", scratch / "scenes", "--count", 8, "--seed", 3, "--side", 32)

    def refused(images, *arguments, code=2):
        command = ("corpus", "regions", images, "--encoder", model, "--out", scratch / "out", *arguments)
        return run(*command, code=code)[1]

    expect_words(refused("scenes:9", "--grid", 3), "grid 3", "4 × 4 patches; possible are 1, 2, 4")
    expect_words(refused("scenes:2", "--classes", 40), "40 classes: expected as many regions at least, found 32")
    expect_words(refused(scratch / "scenes/texts"), "holds texts; regions are made of images or pairs")
    expect_words(refused("scenes:9", "--classes", 4, "--classes-from", "x"), "name one of them")
    expect_words(refused("scenes:9", "--classes-from", scratch / "nothing", code=3), "nothing")
    expect_words(refused("scenes:9:1:2:test"), "scenes:COUNT:SEED:OBJECTS", ":train or :held-out")
    made(scratch, model, "scenes:9", "out", "--classes", 4)
    expect_words(refused("scenes:9", "--classes", 4), "exists already")
    (scratch / "out").rename(scratch / "moved")
    expect_words(refused("scenes:8", "--classes", 4, code=3), "out.classes.safetensors", "--classes-from takes its classes")
