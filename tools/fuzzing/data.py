"""Corpora, mixtures and validation: every objective with every kind of corpus that the schema lets it learn from."""

from fuzzing import sources

# Objective → kinds of corpus, by model; as `ObjectiveKind` in Sources/Recipes has them.
OBJECTIVES = {
    "unimo2": {
        "masked_language": ("texts", "pairs"),
        "image_text_contrastive": ("pairs",),
        "image_contrastive": ("images", "pairs"),
        "image_text_matching": ("pairs",),
        "captioning": ("pairs",),
    },
    "unimo": {
        "masked_language": ("texts", "pairs"),
        "sequence_to_sequence": ("texts", "pairs"),
        "masked_region": ("images", "pairs"),
        "cross_modal_contrastive": ("pairs",),
        "captioning": ("pairs",),
    },
}
# Those whose loss has the dictionary's among its terms.
GROUNDING = ("masked_language", "captioning", "image_contrastive")
# Packed corpora by world and kind.
TEXTS = ("world/texts", "world/texts", "one/texts", "odd/texts")
PACKED = {
    "pixels": {
        "pairs": ("world/pairs", "world/held-out", "one/pairs", "odd/pairs"),
        "images": ("world/images", "world/images", "one/images", "odd/images"),
        "texts": TEXTS,
    },
    "encoded": {"pairs": ("regions/pairs",), "images": ("regions/pairs", "regions/images"), "texts": TEXTS},
    "detected": {"images": ("detector",), "texts": TEXTS},
}
SIZES = (1, 1, 2, 3, 5, 7, 8, 11, 13)


class Data:
    """What a recipe says of its data.

    A `world` is what the model can read: `pixels` (procedural scenes and packed images), or regions: `scenes` as a
    perfect detector sees them, `encoded` or `detected` ones from packed corpora."""

    def __init__(self, draw, model, world):
        self.draw = draw
        self.model = model
        self.kind = model["kind"]
        self.world = world
        self.corpora = {}

    # Corpora

    def add(self, name, source):
        """The name under which a corpus is declared: that of an equal one where there is one."""
        for known, declared in self.corpora.items():
            if declared == source:
                return known
        while name in self.corpora:
            name += "-2"
        self.corpora[name] = source
        return name

    def scenes(self):
        draw = self.draw
        made = {"count": draw.pick(1, 2, 3, 5, 17, 40, 300), "seed": draw.pick(0, 1, 2, 2**40)}
        if draw.chance(0.3):
            made["part"] = "held-out"
        if draw.chance(0.4):
            made["objects"] = draw.pick([1, 1], [3, 3], [1, 2], [3, 1])
        made["side"] = draw.pick(8, 16, 24, 50)
        if draw.chance(0.25):
            made["alike"] = draw.pick(2, 3, 1000)
        return made

    def corpus(self, kind):
        """Declares a corpus of a kind, or takes one that is there. Returns its name."""
        draw = self.draw
        there = [name for name, source in self.corpora.items() if source["kind"] == kind]
        if there and draw.chance(0.35):
            return draw.pick(*there)
        packed = PACKED.get(self.world, {"texts": TEXTS}).get(kind)
        procedural = self.world in ("pixels", "scenes") or kind == "texts"
        if packed and (not procedural or draw.chance(0.45)):
            source = {"kind": kind, "directory": "corpora/" + draw.pick(*packed)}
            if draw.chance(0.15):
                source["shuffle_window_mib"] = draw.pick(1, 64)
            if draw.chance(0.1):
                source["bad_samples"] = draw.pick(0, 5)
        else:
            source = {"kind": kind, "scenes": self.scenes()}
        return self.add(draw.often(kind, f"{kind} of.all", f"é{kind}", "7", share=0.06), source)

    def kinds(self, objective):
        """Kinds of corpus that this world has for an objective."""
        there = PACKED.get(self.world, {"pairs": 1, "images": 1, "texts": 1})
        return [kind for kind in OBJECTIVES[self.kind][objective] if kind in there]

    # Entries

    def subject(self, objective=None):
        """A corpus with an objective, and what goes with them in mixtures and validation alike."""
        draw = self.draw
        possible = [name for name in OBJECTIVES[self.kind] if self.kinds(name)]
        objective = objective or draw.pick(*possible)
        made = {"corpus": self.corpus(draw.pick(*self.kinds(objective))), "objective": objective}
        if objective == "image_text_matching" and draw.chance(0.7):
            made["mismatch"] = draw.pick("uniform", "similar", "similar")
            if draw.chance(0.5):
                made["mismatch_share"] = draw.pick(0, 0.5, 1, 0.01)
        if objective == "cross_modal_contrastive":
            made["candidates"] = self.candidates(made["corpus"])
        return made

    def candidates(self, pairs):
        draw = self.draw
        source = self.corpora[pairs]
        if "scenes" in source:
            rewrites = self.add("rewrites", {"kind": "annotations", "scenes": dict(source["scenes"])})
        else:
            rewrites = self.add("rewrites", {"kind": "annotations", "directory": "corpora/regions/rewrites-of-pairs"})
        made = {"rewrites": rewrites}
        counts = {name: draw.often(draw.pick(0, 1, 2, 3), 40, share=0.04) for name in ("words", "phrases", "sentences")}
        if not any(counts.values()):
            counts["words"] = 1
        made |= {"paraphrases": draw.pick(0, 1, 2), **counts}
        if "directory" in source and draw.chance(0.6):
            found = {"kind": "annotations", "directory": "corpora/regions/neighbours"}
            made["neighbours"] = self.add("neighbours", found)
            self.add("neighbouring images", {"kind": "images", "directory": "corpora/regions/images"})
            self.add("neighbouring texts", {"kind": "texts", "directory": "corpora/world/texts"})
            made |= {"images": draw.pick(0, 1, 2), "texts": draw.pick(0, 1, 3)}
        return made

    def entry(self):
        """A line of the mixture."""
        draw = self.draw
        made = self.subject()
        self.weigh(made)
        if draw.chance(0.2):
            made["batch_tokens"] = draw.pick(1, 30, 64, 150, 400)
            if draw.chance(0.8):
                made["pool"] = draw.pick(1, 2, 7, 16, 40, 5000)
        else:
            made["batch_size"] = draw.pick(*SIZES)
            if draw.chance(0.15):
                made["together"] = draw.pick(2, 3, 50)
        if draw.chance(0.35):
            made["chunk"] = draw.pick(1, 2, 3, 4, 1_000_000)
        if draw.chance(0.3):
            made["augmentation"] = draw.pick("none", "mild", "moderate", "strong")
        if draw.chance(0.15):
            made["bytes_per_token"] = draw.pick(0.5, 1, 3.5, 20)
        can_pack = made["objective"] == "masked_language" and self.corpora[made["corpus"]]["kind"] == "texts"
        if can_pack and draw.chance(0.5):
            made["pack"] = draw.chance(0.3)
        if draw.chance(0.3):
            made["when_done"] = draw.pick("finish", "finish", "stop")
            if draw.chance(0.6):
                made["epochs"] = draw.pick(1, 2, 3, 1000)
        return made

    def weigh(self, made):
        draw = self.draw
        if draw.chance(0.2):
            first, last = (draw.often(draw.pick(1, 2, 5), 0, share=0.2) for _ in range(2))
            made["weights"] = {0: first, 1: draw.pick(1, 3), 2: last}
        elif draw.chance(0.6):
            made["weight"] = draw.often(draw.pick(1, 2, 3), 1000)
        if draw.chance(0.25):
            made["loss_weight"] = draw.pick(1e-8, 0.02, 3, 100)
        if "dictionary" in self.model and made["objective"] in GROUNDING and draw.chance(0.3):
            made["dictionary_weight"] = draw.pick(1e-8, 0.5, 10)
        if made["objective"] == "masked_region" and draw.chance(0.3):
            made["class_weight"] = draw.pick(1e-8, 0.5, 10)

    def validation(self):
        draw = self.draw
        entries = []
        for _ in range(draw.pick(1, 1, 2, 3)):
            made = self.subject()
            if draw.chance(0.4):
                made["chunk"] = draw.pick(0, 1, 2, 3, 1_000_000)
            entries.append(made)
        made = {"every": draw.pick(1, 1, 2, 1000)}
        if draw.chance(0.8):
            made["samples"] = draw.pick(1, 2, 5, 9, 17, 40)
        if draw.chance(0.8):
            made["batch_size"] = draw.pick(1, 2, 3, 5, 64)
        return made | {"on": entries}


def world_of(draw, kind):
    """A world for a model, with features and classes of its regions where it has any."""
    if kind == "unimo2":
        return "pixels", None
    world = draw.pick("scenes", "scenes", "encoded", "encoded", "detected")
    regions = {"scenes": sources.SCENES, "encoded": sources.ENCODED, "detected": sources.DETECTED}
    return world, regions[world]
