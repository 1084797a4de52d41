"""What a step does with gradients: clipping, AdamW by parameter group, and the learning-rate schedule."""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from unimo_reference import SCALAR_RANGES


@dataclass
class AdamW:
    """AdamW with decoupled decay. A group (first component of the names) that a step does not train stands still:
    no update, no decay, and its step counter, which the bias correction uses, does not advance."""

    learning_rate: float
    beta1: float
    beta2: float
    epsilon: float
    weight_decay: float
    clip_norm: float | None = None
    # Of groups whose learning rate is another: what it is multiplied by; 0 freezes them.
    rates: dict[str, float] = field(default_factory=dict)

    def __post_init__(self):
        self.steps: dict[str, int] = {}
        self.moments: dict[str, tuple[Tensor, Tensor]] = {}

    def step(self, weights: dict[str, Tensor], gradients: dict[str, Tensor], learning_rate: float) -> float:
        """Updates `weights` in place from the gradients of the groups that are active (all their tensors) and
        returns the global norm of those gradients before clipping."""
        gradients = self.trained(gradients)
        norm = global_norm(gradients)
        scale = min(1.0, self.clip_norm / norm) if self.clip_norm and norm > 0 else 1.0
        for group in {name.split(".")[0] for name in gradients}:
            self.steps[group] = self.steps.get(group, 0) + 1
        with torch.no_grad():
            for name, gradient in gradients.items():
                self.update(name, weights[name], gradient * scale, learning_rate)
            for name, bounds in SCALAR_RANGES.items():
                if name in gradients:
                    weights[name].clamp_(*bounds)
        return norm

    def trained(self, gradients: dict[str, Tensor]) -> dict[str, Tensor]:
        """Without those of frozen groups."""
        return {name: gradient for name, gradient in gradients.items() if self.rate(name) > 0}

    def rate(self, name: str) -> float:
        return self.rates.get(name.split(".")[0], 1.0)

    def update(self, name: str, weight: Tensor, gradient: Tensor, learning_rate: float) -> None:
        mean, square = self.moments.get(name) or (torch.zeros_like(weight), torch.zeros_like(weight))
        mean = self.beta1 * mean + (1 - self.beta1) * gradient
        square = self.beta2 * square + (1 - self.beta2) * gradient**2
        self.moments[name] = mean, square
        step = self.steps[name.split(".")[0]]
        learning_rate = learning_rate * self.rate(name)
        if weight.ndim >= 2:  # biases, norms, cls and temperature are not decayed
            weight.mul_(1 - learning_rate * self.weight_decay)
        unbiased_mean = mean / (1 - self.beta1**step)
        unbiased_square = square / (1 - self.beta2**step)
        weight.sub_(learning_rate * unbiased_mean / (unbiased_square.sqrt() + self.epsilon))


def global_norm(gradients: dict[str, Tensor]) -> float:
    return math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients.values()))


@dataclass
class Schedule:
    """The factor on the learning rate at step s, counted from 0: (s + 1) / warmup_steps while that is below one, then
    from 1 down to final_ratio, which is reached after total_steps."""

    kind: str
    warmup_steps: int
    total_steps: int
    final_ratio: float = 0.0

    def factor(self, step: int) -> float:
        if step + 1 < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        progress = min(1.0, (step - self.warmup_steps) / max(1, self.total_steps - self.warmup_steps))
        progress = max(0.0, progress)
        if self.kind == "constant":
            return 1.0
        if self.kind == "linear":
            return self.final_ratio + (1 - self.final_ratio) * (1 - progress)
        if self.kind == "cosine":
            return self.final_ratio + (1 - self.final_ratio) * 0.5 * (1 + math.cos(math.pi * progress))
        raise ValueError(f"schedule kind: expected cosine, linear or constant, found {self.kind!r}")
