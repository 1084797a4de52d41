"""What a seed draws from, and how a recipe is written."""

import json
import random
import re

PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9._/-]*|\d+s")
WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


class Draw:
    """Choices that are a pure function of a seed."""

    def __init__(self, seed):
        self.random = random.Random(f"recipe {seed}")

    def chance(self, share):
        return self.random.random() < share

    def pick(self, *values):
        return self.random.choice(values)

    def some(self, values, most):
        """Up to `most` of the values, in their order."""
        values = list(values)
        kept = self.random.sample(range(len(values)), min(most, len(values), self.random.randint(0, most)))
        return [values[place] for place in sorted(kept)]

    def often(self, usual, *edges, share=0.12):
        """The usual value, or one of the edges of what the schema accepts."""
        return self.pick(*edges) if self.chance(share) else usual


def flow(value):
    """A value of YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def yaml(recipe):
    """The text of a recipe: a line for each value of a section, corpus and entry."""
    lines = []
    for key, value in recipe.items():
        if isinstance(value, dict) and value:
            lines += [f"{key}:", *(f"  {flow(name)}: {flow(one)}" for name, one in value.items())]
        elif isinstance(value, list):
            lines += [f"{key}:", *(f"  - {flow(one)}" for one in value)]
        else:
            lines.append(f"{key}: {flow(value)}")
    return "\n".join(lines) + "\n"
