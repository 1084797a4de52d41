"""The pre-training losses of UNIMO-2, and the batches that a run dumps. Shapes as in `unimo_reference.py`."""

import math
from dataclasses import dataclass

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor

from unimo_reference import Unimo, dictionary_distances, normalize

CONTRASTIVE_TEMPERATURE = 0.1  # NT-Xent over two views


@dataclass
class Batch:
    """One global batch of one objective."""

    objective: str
    tokens: Tensor | None = None  # (N)
    offsets: list[int] | None = None  # (B + 1)
    masked_rows: Tensor | None = None  # (M), rows among N
    labels: Tensor | None = None  # (M), the ids that were there
    view0: Tensor | None = None  # (B, S, S, 3) bytes
    view1: Tensor | None = None  # (B, S, S, 3) bytes
    codes: Tensor | None = None  # (B · G), the rows of the dictionary that the run chose
    hidden_sequences: Tensor | None = None  # (H), the samples of hidden grounded tokens
    hidden_places: Tensor | None = None  # (H), their places among a sample's G
    donors: Tensor | None = None  # (B), whose caption stands beside each image
    weights: dict[str, float] | None = None  # of the terms of the loss; 1 where none is given
    loss: float | None = None  # as the run computed it

    @property
    def has_images(self) -> bool:
        return self.view0 is not None

    def groups(self, has_dictionary: bool) -> set[str]:
        """The parameter groups (first component of the names) that this batch trains."""
        groups = {
            "masked_language": {"text", "grounded", "mlm"} | (set() if self.view0 is None else {"vision"}),
            "captioning": {"vision", "text", "grounded", "mlm"},
            "image_text_matching": {"vision", "text", "grounded", "itm"},
            "image_text_contrastive": {"vision", "text", "itc"},
            "image_contrastive": {"vision", "simclr"},
        }
        if self.objective not in groups:
            raise ValueError(f"no objective is called {self.objective!r}")
        if self.hidden_places is not None:
            groups["masked_language"] |= {"codes"}
        grounding = has_dictionary and self.objective != "image_text_contrastive"
        return groups[self.objective] | ({"dictionary"} if grounding else set())

    def weight(self, term: str) -> float:
        default = {"reconstruction": 1.0, "commitment": 0.25}.get(term, 1.0)
        return (self.weights or {}).get(term, default)

    def hidden(self, model: Unimo) -> Tensor | None:
        """(H), hidden grounded tokens counted over all samples."""
        if self.hidden_places is None:
            return None
        return self.hidden_sequences * model.dictionary.chosen + self.hidden_places

    def chosen(self, model: Unimo) -> Tensor | None:
        """(B, G)"""
        return self.codes.view(-1, model.dictionary.chosen) if self.codes is not None and model.has_dictionary else None


Terms = dict[str, Tensor]  # the summands of a loss, without their weights


def masked_language(model: Unimo, batch: Batch) -> Terms:
    """Mean cross entropy of the masked tokens, given text and, in pairs, the image."""
    return token_prediction(model, batch, causal=False)


def captioning(model: Unimo, batch: Batch) -> Terms:
    """Mean cross entropy of every next token, given the image and the tokens before."""
    return token_prediction(model, batch, causal=True)


def token_prediction(model: Unimo, batch: Batch, causal: bool) -> Terms:
    hidden = batch.hidden(model)
    seen = model.understand(batch.view0, batch.tokens, batch.offsets, causal, batch.chosen(model), hidden)
    own = zero(model)
    if batch.masked_rows.numel() > 0:
        logits = model.mlm(seen.text[batch.masked_rows.long()], model.text.word)
        own = F.cross_entropy(logits, batch.labels.long())
    terms = {batch.objective: own} | dictionary_terms(model, seen.inputs, seen.codes)
    if hidden is not None:
        logits = model.codes(seen.grounded[hidden.long()], model.dictionary.codes)
        terms["hidden_codes"] = F.cross_entropy(logits, torch.cat(seen.chosen)[hidden.long()])
    return terms


def dictionary_terms(model: Unimo, inputs: list[Tensor] | None, codes: list[Tensor] | None) -> Terms:
    """Means over all elements of the batch."""
    if not inputs:
        return {}
    pairs = [dictionary_distances(x, e, model.dictionary.sharpness) for x, e in zip(inputs, codes)]
    return {
        "reconstruction": sum(pair[0] for pair in pairs) / sum(x.numel() for x in inputs),
        "commitment": sum(pair[1] for pair in pairs) / sum(e.numel() for e in codes),
    }


def image_text_matching(model: Unimo, batch: Batch) -> Terms:
    """Cross entropy of match against mismatch."""
    tokens, offsets = exchanged_texts(batch)
    seen = model.understand(batch.view0, tokens, offsets, codes=batch.chosen(model))
    logits = model.itm(seen.image[:, 0], seen.text[offsets[:-1]])
    labels = torch.tensor([int(donor == own) for own, donor in enumerate(batch.donors.tolist())])
    return {batch.objective: F.cross_entropy(logits, labels)}


def exchanged_texts(batch: Batch) -> tuple[Tensor, list[int]]:
    """Tokens and offsets of the captions that stand beside the images."""
    texts = [batch.tokens[a:b] for a, b in zip(batch.offsets, batch.offsets[1:])]
    lent = [texts[donor] for donor in batch.donors.tolist()]
    offsets = [0]
    for text in lent:
        offsets.append(offsets[-1] + len(text))
    return torch.cat(lent), offsets


def image_text_contrastive(model: Unimo, batch: Batch) -> Terms:
    """Both directions of the contrast between images and texts; the pool is the batch."""
    u, v = model.image_embedding(batch.view0), model.text_embedding(batch.tokens, batch.offsets)
    return {batch.objective: image_text_loss(u, v, model.itc.temperature)}


def image_contrastive(model: Unimo, batch: Batch) -> Terms:
    """Contrast between two views of each image among all views of the batch; the dictionary sees the first."""
    views = [model.vision(batch.view0), model.vision(batch.view1)]
    own = two_view_loss(normalize(model.simclr(torch.cat([view[:, 0] for view in views]))))
    if not model.has_dictionary:
        return {batch.objective: own}
    return {batch.objective: own} | dictionary_terms(
        model, *model.ground(views[0], None, None, batch.chosen(model))[:2]
    )


def image_text_loss(u: Tensor, v: Tensor, temperature: Tensor) -> Tensor:
    """u, v (B, C) of length one, temperature (1) → mean over B of half the row and half the column loss."""
    logits = u @ v.T / temperature
    target = torch.arange(u.shape[0])
    return 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target))


def two_view_loss(z: Tensor) -> Tensor:
    """z (2B, D) of length one, all first views and then all second views → NT-Xent, mean over 2B."""
    count = z.shape[0]
    logits = (z @ z.T / CONTRASTIVE_TEMPERATURE).masked_fill(torch.eye(count, dtype=torch.bool), -math.inf)
    return F.cross_entropy(logits, (torch.arange(count) + count // 2) % count)


def zero(model: Unimo) -> Tensor:
    """The loss of nothing."""
    return 0 * model.text.word.sum()


def code_totals(model: Unimo, batch: Batch) -> list[Tensor]:
    """The score (K) of each code for each sample of a batch that goes through the dictionary."""
    tokens, offsets = batch.tokens, batch.offsets
    if batch.objective == "image_text_matching":
        tokens, offsets = exchanged_texts(batch)
    image = None if batch.view0 is None else model.vision(batch.view0)
    text = None if tokens is None or batch.objective == "captioning" else model.text(tokens, offsets)
    none, samples = model.dictionary.codes[:0], len(image) if image is not None else len(offsets) - 1
    return [
        model.dictionary.totals(
            none if image is None else image[b, 1:], none if text is None else text[offsets[b] + 1 : offsets[b + 1]]
        )
        for b in range(samples)
    ]


OBJECTIVES = {
    "masked_language": masked_language,
    "captioning": captioning,
    "image_text_matching": image_text_matching,
    "image_text_contrastive": image_text_contrastive,
    "image_contrastive": image_contrastive,
}


def terms_of(model: Unimo, batch: Batch) -> Terms:
    return OBJECTIVES[batch.objective](model, batch)


def loss_of(model: Unimo, batch: Batch) -> Tensor:
    return sum(batch.weight(name) * term for name, term in terms_of(model, batch).items())


def batch_of(
    objective: str, tensors: dict[str, numpy.ndarray], loss: str | float | None = None,
    weights: dict[str, float] | None = None,
) -> Batch:
    arrays = {name: torch.from_numpy(numpy.ascontiguousarray(value)) for name, value in tensors.items()}
    if "offsets" in arrays:
        arrays["offsets"] = arrays["offsets"].tolist()
    return Batch(objective, weights=weights, loss=None if loss is None else float(loss), **arrays)
