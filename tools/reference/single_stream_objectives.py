"""The pre-training losses of UNIMO, and its batches. Shapes as in `single_stream.py`."""

from dataclasses import dataclass

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor

from single_stream import Sequence, SingleStream

PARAPHRASE, REWRITTEN, IMAGE, TEXT = range(4)  # what a related sample is to its pair


@dataclass
class Regions:
    """The regions of images, [IMG] first; hidden ones are zeros in `features`."""

    features: Tensor  # (N, F)
    locations: Tensor  # (N, 5)
    offsets: list[int]  # (B + 1)
    hidden_rows: Tensor | None = None  # (M), rows among N
    hidden_features: Tensor | None = None  # (M, F)
    hidden_classes: Tensor | None = None  # (M, K)

    def embedded(self, model: SingleStream) -> list[Tensor]:
        """(1 + P, C) of each image."""
        rows = model.regions(self.features, self.locations)
        return [rows[a:b] for a, b in zip(self.offsets, self.offsets[1:])]


@dataclass
class Texts:
    tokens: Tensor  # (N)
    offsets: list[int]  # (B + 1)
    masked_rows: Tensor | None = None  # (M), rows among N
    labels: Tensor | None = None  # (M), the ids that were there, or that come next

    def embedded(self, model: SingleStream) -> list[Tensor]:
        """(T, C) of each text."""
        rows = model.text(self.tokens, self.offsets)
        return [rows[a:b] for a, b in zip(self.offsets, self.offsets[1:])]


@dataclass
class StreamBatch:
    """One global batch of one objective."""

    objective: str
    texts: Texts | None = None
    regions: Regions | None = None
    targets: Texts | None = None
    related_texts: Texts | None = None
    related_regions: Regions | None = None
    related_roles: Tensor | None = None  # of each related sample
    related_owners: Tensor | None = None  # the pair it belongs to
    weights: dict[str, float] | None = None  # of the terms of the loss; 1 where none is given
    loss: float | None = None  # as the run computed it

    codes = None  # nothing is chosen

    @property
    def has_images(self) -> bool:
        return self.regions is not None

    def weight(self, term: str) -> float:
        return (self.weights or {}).get(term, 1.0)

    def groups(self, has_dictionary: bool = False) -> set[str]:
        """The parameter groups (first component of the names) that this batch trains."""
        sides = (set() if self.texts is None else {"text"}) | (set() if self.regions is None else {"regions"})
        heads = {"masked_region": "mrm", "cross_modal_contrastive": "cmcl"}
        return sides | {"transformer", heads.get(self.objective, "mlm")}

    def sequences(self, model: SingleStream) -> list[Sequence]:
        """One of each sample."""
        parts = [None if part is None else part.embedded(model) for part in (self.regions, self.texts, self.targets)]
        count = len(next(part for part in parts if part is not None))
        return [Sequence(*(None if part is None else part[b] for part in parts)) for b in range(count)]


Terms = dict[str, Tensor]  # the summands of a loss, without their weights


def masked_language(model: SingleStream, batch: StreamBatch) -> Terms:
    rows = torch.cat([model(sequence)[1] for sequence in batch.sequences(model)])
    return {batch.objective: token_loss(model, rows, batch.texts)}


def sequence_to_sequence(model: SingleStream, batch: StreamBatch) -> Terms:
    """Every token of a target but the last tells the next."""
    rows = torch.cat([model(sequence)[2] for sequence in batch.sequences(model)])
    return {batch.objective: token_loss(model, rows, batch.targets)}


def token_loss(model: SingleStream, rows: Tensor, texts: Texts) -> Tensor:
    logits = model.mlm(rows[texts.masked_rows.long()], model.text.word)
    return F.cross_entropy(logits, texts.labels.long())


def masked_region(model: SingleStream, batch: StreamBatch) -> Terms:
    """Squared distance of the features, summed over F, and KL divergence of the classes; means over hidden regions."""
    regions = batch.regions
    rows = torch.cat([model(sequence)[0] for sequence in batch.sequences(model)])[regions.hidden_rows.long()]
    distance = (model.mrm.features(rows) - regions.hidden_features).square().sum()
    terms = {batch.objective: distance / len(rows)}
    if regions.hidden_classes is not None:
        classes = model.mrm.classes(rows).log_softmax(1)
        terms["region_classes"] = F.kl_div(classes, regions.hidden_classes, reduction="sum") / len(rows)
    return terms


def cross_modal_contrastive(model: SingleStream, batch: StreamBatch) -> Terms:
    """Positives are summed inside the logarithm; a pair has candidates of its own."""
    own = batch.sequences(model)
    vectors = [compared(model, sequence) for sequence in own]
    scores = [[(image @ text, True)] for image, text in vectors]
    texts = [] if batch.related_texts is None else batch.related_texts.embedded(model)
    images = [] if batch.related_regions is None else batch.related_regions.embedded(model)
    roles = [] if batch.related_roles is None else batch.related_roles.tolist()
    for role, owner in zip(roles, [] if batch.related_owners is None else batch.related_owners.tolist()):
        if role == IMAGE:
            image = model.cmcl.image_vector(model(Sequence(regions=images.pop(0)))[0][0])
            score = image @ vectors[owner][1]
        elif role == TEXT:
            text = model.cmcl.text_vector(model(Sequence(text=texts.pop(0)))[1][0])
            score = vectors[owner][0] @ text
        else:
            image, text = compared(model, Sequence(own[owner].regions, texts.pop(0)))
            score = image @ text
        scores[owner].append((score, role != REWRITTEN))
    losses = [
        torch.stack([s for s, _ in group]).div(model.cmcl.temperature).logsumexp(0)
        - torch.stack([s for s, positive in group if positive]).div(model.cmcl.temperature).logsumexp(0)
        for group in scores
    ]
    return {batch.objective: torch.stack(losses).mean()}


def compared(model: SingleStream, sequence: Sequence) -> tuple[Tensor, Tensor]:
    """The vectors of a sequence's [IMG] and <s>."""
    image, text, _ = model(sequence)
    return model.cmcl.image_vector(image[0]), model.cmcl.text_vector(text[0])


OBJECTIVES = {
    "masked_language": masked_language,
    "sequence_to_sequence": sequence_to_sequence,
    "captioning": sequence_to_sequence,
    "masked_region": masked_region,
    "cross_modal_contrastive": cross_modal_contrastive,
}


def terms_of(model: SingleStream, batch: StreamBatch) -> Terms:
    return OBJECTIVES[batch.objective](model, batch)


def loss_of(model: SingleStream, batch: StreamBatch) -> Tensor:
    return sum(batch.weight(name) * term for name, term in terms_of(model, batch).items())


def batch_of(
    objective: str, tensors: dict[str, numpy.ndarray], loss: str | float | None = None,
    weights: dict[str, float] | None = None,
) -> StreamBatch:
    """From the tensors of a dump: texts without a prefix, the others with theirs."""
    groups: dict[str, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        prefix, _, short = name.rpartition("/")
        groups.setdefault(prefix, {})[short] = torch.from_numpy(numpy.ascontiguousarray(value))

    def rows(kind: type, prefix: str):
        if prefix not in groups:
            return None
        arrays = {key: tensor.double() if tensor.is_floating_point() else tensor for key, tensor in groups[prefix].items()}
        return kind(**arrays | {"offsets": groups[prefix]["offsets"].tolist()})

    related = groups.get("related", {})
    return StreamBatch(
        objective, texts=rows(Texts, ""), regions=rows(Regions, "regions"), targets=rows(Texts, "target"),
        related_texts=rows(Texts, "related_text"), related_regions=rows(Regions, "related_regions"),
        related_roles=related.get("roles"), related_owners=related.get("owners"), weights=weights,
        loss=None if loss is None else float(loss))
