"""What the recipes of a run covered: whoever generates nothing but refusals should see it."""

import collections
import re

from fuzzing import silly

# Share of the recipes without a silly value that may be refused.
MOST_REFUSED = 0.2


class Tally:
    def __init__(self):
        self.ran = collections.Counter()
        self.refused = collections.Counter()
        self.silly = collections.Counter()
        self.entries = collections.Counter()
        self.traits = collections.Counter()
        self.events = collections.Counter()
        self.plain = self.plain_refused = 0
        # Share of the announced memory, and the seed that took it.
        self.memory = 0, None

    def add(self, drawn, refusal, events, memory):
        """Counts a recipe that has passed, refused or not."""
        self.events.update(map(shape, events))
        self.memory = max(self.memory, (memory, drawn.seed), key=lambda pair: pair[0])
        if drawn.silly:
            self.silly[f"{drawn.silly}: {'refused' if refusal else 'accepted'}"] += 1
        else:
            self.plain += 1
            self.plain_refused += refusal is not None
        if refusal:
            self.refused[shape(refusal)] += 1
            return
        self.ran[drawn.kind] += 1
        recipe = drawn.recipe
        for entry in recipe["mixture"]:
            source = recipe["corpora"][entry["corpus"]]
            place = "scenes" if "scenes" in source else source["directory"].removeprefix("corpora/")
            self.entries[f"{drawn.kind} {entry['objective']} on {source['kind']} ({place})"] += 1
        self.traits.update(traits(recipe))

    @property
    def is_mostly_refused(self):
        return self.plain >= 20 and self.plain_refused > MOST_REFUSED * self.plain

    def show(self):
        ran = ", ".join(f"{count} of {kind}" for kind, count in sorted(self.ran.items())) or "none"
        print(f"\nRecipes that ran: {ran}; refused: {self.refused.total()}")
        share, seed = self.memory
        if seed is not None:
            print(f"Memory: at most {100 * share:.0f} % of what was announced (seed {seed})")
        if self.is_mostly_refused:
            print(f"{self.plain_refused} of {self.plain} ordinary recipes were refused: too little is covered")
        for title, counter in (
            ("Refused", self.refused), ("Silly values", self.silly), ("Entries of mixtures", self.entries),
            ("With", self.traits), ("What was done", self.events),
        ):
            print(f"\n{title}")
            for name, count in sorted(counter.items(), key=lambda item: (-item[1], item[0])):
                print(f"  {count:5} {name}")
        print()


def shape(sentence):
    """A sentence without the values that differ from recipe to recipe."""
    sentence = re.sub(r"\S*seed-\d+/\S*?:\d*:? ", "", sentence)
    return re.sub(r"\d[\d.,_]*", "N", sentence)[:140]


def traits(recipe):
    """What a recipe has besides objectives and corpora."""
    model, validation = recipe["model"], recipe.get("validation")
    entries = recipe["mixture"]
    groups = recipe["optimizer"].get("groups", {}).values()
    return [name for name, has in (
        ("a dictionary", "dictionary" in model),
        ("hidden codes", model.get("dictionary", {}).get("hidden", 0) > 0),
        ("a stack without layers", any(stack["layers"] == 0 for stack in silly.stacks(recipe))),
        ("frozen groups", any(group.get("frozen") for group in groups)),
        ("rates by group", any("learning_rate" in group for group in groups)),
        ("several entries", len(entries) > 1),
        ("batches of tokens", any("batch_tokens" in entry for entry in entries)),
        ("batches smaller than the ranks", any(entry.get("batch_size") == 1 for entry in entries)),
        ("chunks", any(entry.get("chunk") for entry in entries)),
        ("samples together", any("together" in entry for entry in entries)),
        ("changing weights", any("weights" in entry for entry in entries)),
        ("sources that end", any("when_done" in entry for entry in entries)),
        ("neighbours", any("neighbours" in entry.get("candidates", {}) for entry in entries)),
        ("similar mismatches", any(entry.get("mismatch") == "similar" for entry in entries)),
        ("validation", bool(validation)),
        ("validation in chunks", any(entry.get("chunk") for entry in (validation or {}).get("on", []))),
        ("initial weights", "init" in recipe),
        ("a tokenizer from a directory", "directory" in recipe["tokenizer"]),
        ("texts in lower case", recipe["tokenizer"].get("lowercase", False)),
        ("staged corpora", "stage" in recipe.get("loader", {})),
        ("tensors written", recipe.get("log", {}).get("tensors", 0) > 0),
    ) if has] + [f"reduction {recipe['ranks']['reduction']}", f"threads {recipe['ranks'].get('threads', 'by mask')}"]
