"""A recipe for each seed, and what is done with it."""

import dataclasses

from fuzzing import models, silly, sources
from fuzzing.data import Data, world_of
from fuzzing.draw import Draw, yaml

STEPS = 3
# With a signal the run is stopped somewhere: there have to be steps left when it comes.
STEPS_TO_SIGNAL = 30
SILLY = 0.12
# A checkpoint to begin from, which is a tokenizer too.
ENCODER = "encoder/checkpoints/step-00000001"


@dataclasses.dataclass
class Drawn:
    """A recipe and its life."""

    seed: int
    kind: str
    recipe: dict
    # Steps after which the disturbed run is stopped; 0: by a signal.
    stop: int
    # What was made silly; None in most seeds.
    silly: str | None
    # Arguments of `evaluate` and `embed`, without the checkpoint.
    evaluations: list

    @property
    def text(self):
        return f"# Seed {self.seed}" + (f": {self.silly}" if self.silly else "") + "\n" + yaml(self.recipe)


def folder(seed):
    """Where a seed's recipe and runs lie, below the folder that everything lies in."""
    return f"seed-{seed:06}"


def draw_recipe(seed):
    """The recipe of a seed: always the same."""
    draw = Draw(seed)
    kind = draw.pick("unimo2", "unimo2", "unimo")
    world, regions = world_of(draw, kind)
    tokenizer = tokenizer_of(draw)
    # Weights are taken where shapes are equal: the encoder's width.
    width = sources.ENCODED["width"] if tokenizer.get("directory") == ENCODER else None
    if kind == "unimo2":
        model = models.unimo2(draw, width)
    else:
        model = models.unimo(draw, width, regions["width"], regions["classes"])
    data = Data(draw, model, world)
    mixture = [data.entry() for _ in range(draw.pick(1, 1, 2, 3, 4))]
    validation = data.validation() if draw.chance(0.65) else None
    stop = draw.pick(0, 1, 2)
    steps = STEPS if stop else STEPS_TO_SIGNAL
    recipe = {"seed": draw.often(seed, 0, 2**63 - 1), "steps": steps}
    if draw.chance(0.6):
        recipe["batches_per_step"] = draw.often(draw.pick(1, 2, 3), 7)
    recipe["model"] = model
    recipe["tokenizer"] = tokenizer
    if tokenizer.get("directory") == ENCODER:
        recipe["init"] = ENCODER
    recipe["corpora"] = data.corpora
    recipe["mixture"] = mixture
    recipe |= training(draw, kind, steps)
    if draw.chance(0.05):
        recipe.setdefault("loader", {})["stage"] = f"{folder(seed)}/staged"
    if validation:
        recipe["validation"] = validation
    recipe["checkpoints"] = {"every": draw.pick(1, 2, 3, 1000), "keep": draw.pick(1, 1, 2, 3)}
    if draw.chance(0.3):
        recipe["log"] = {"samples": draw.chance(0.7), "tensors": draw.pick(0, 0, 1, 2)}
    drawn = Drawn(seed, kind, recipe, stop, None, evaluations(draw, kind, world))
    if draw.chance(SILLY):
        drawn.silly = silly.spoil(draw, recipe)
    return drawn


def tokenizer_of(draw):
    if draw.chance(0.3):
        return {"directory": draw.pick("tokenizers/plain", "tokenizers/lower", ENCODER)}
    made = {"vocabulary": draw.often(draw.pick(270, 300, 350), 261, 1000)}
    if draw.chance(0.7):
        made["samples"] = draw.pick(1, 20, 200)
    if draw.chance(0.3):
        made["lowercase"] = draw.chance(0.7)
    return made


def training(draw, kind, steps):
    """Optimizer, schedule, loader and ranks."""
    optimizer = {"learning_rate": draw.pick(1e-5, 1e-3, 1e-2)}
    for key, values in (
        ("beta1", (0, 0.5, 0.9)), ("beta2", (0, 0.98, 0.999999)), ("epsilon", (1e-12, 1e-6, 1)),
        ("weight_decay", (0, 0.05, 1)), ("clip_norm", (0, 0.1, 1, 1000)),
    ):
        if draw.chance(0.3):
            optimizer[key] = draw.pick(*values)
    if optimizer.get("beta2") == 0:
        # Otherwise an update m / |g| has no bound where g is small, and weights soon have no gradient that is a number.
        optimizer["beta1"] = 0
    if draw.chance(0.35):
        optimizer["groups"] = {
            name: draw.pick({"frozen": True}, {"frozen": True}, {"learning_rate": 1e-4}, {"frozen": False})
            for name in draw.some(models.GROUPS[kind], 3)
        }
    made = {"optimizer": optimizer}
    # Stopping by a lower number of steps must not change where the decay ends.
    made["schedule"] = {"total_steps": draw.often(steps, 1, 1000)}
    if draw.chance(0.7):
        made["schedule"] |= {"kind": draw.pick("cosine", "linear", "constant"), "warmup_steps": draw.pick(0, 1, 2, 50)}
    if draw.chance(0.3):
        made["schedule"]["final_ratio"] = draw.pick(0, 0.1, 1)
    if draw.chance(0.4):
        made["loader"] = {"workers": draw.pick(1, 2, 3), "prefetch": draw.pick(1, 2, 4)}
    made["ranks"] = {"reduction": draw.pick("auto", "ring", "window"), "deadline": "60s"}
    if draw.chance(0.5):
        made["ranks"]["threads"] = draw.pick(1, 2, 3)
    return made


def evaluations(draw, kind, world):
    """Arguments of what measures the trained model: two of four, and `embed`."""
    limit = ["--limit", draw.pick(1, 3, 70)]
    if kind == "unimo2":
        pairs = draw.pick("scenes:5:3", "scenes:1", "corpora/world/held-out", "corpora/odd/pairs", "corpora/classes")
        images, texts, classes = "corpora/odd/images", "corpora/odd/texts", "corpora/classes"
    elif world == "scenes":
        pairs = images = draw.pick("scenes:5:3", "scenes:1:1:1", "scenes:66:2:3:train")
        texts = classes = "corpora/odd/texts"
    elif world == "encoded":
        pairs, images = draw.pick("corpora/regions/pairs", "corpora/regions/held-out"), "corpora/regions/images"
        texts = classes = "corpora/world/texts"
    else:
        pairs = images = "corpora/detector"
        texts = classes = "corpora/world/texts"
    rerank = ["--rerank", draw.pick(1, 2, 500)] if draw.chance(0.4) else []
    beams = ["--beams", draw.pick(2, 3)] if draw.chance(0.4) else []
    measured = [
        ["evaluate", "retrieval", "--corpus", pairs, *rerank],
        ["evaluate", "language", "--corpus", draw.pick(pairs, texts), *limit],
        ["evaluate", "captions", "--corpus", pairs, *beams, "--limit", draw.pick(1, 3)],
        ["evaluate", "probe", "--corpus", classes],
    ]
    hidden = ["--hidden"] if draw.chance(0.5) else []
    threads = [["--threads", draw.pick(1, 2, 5)] if draw.chance(0.3) else [] for _ in range(3)]
    chosen = draw.random.sample(measured, 2) + [["embed", "--corpus", draw.pick(pairs, images, texts), *hidden]]
    return [one + more for one, more in zip(chosen, threads)]
