"""Any number of ranks computes the same: samples, gradients, losses."""

import acceptance.safetensors as safetensors
from acceptance.checks import check, once
from acceptance.jobs import EVERY_OBJECTIVE, Run, expect, unimo

STEPS = 50
ENTRIES = 7  # lines of the mixture
KINDS = 6  # of them with another objective or corpus
RANKS = (1, 2, 3, 4)
# First-step gradients of any number of ranks against one rank, losses over 50 steps, ring against window, chunk sizes.
GRADIENTS = 1e-5
LOSSES = 1e-4
CHUNKS = 1e-6


@once
def run_on(scratch, ranks):
    """Fifty steps on so many ranks, the first step's gradients written out."""
    run = Run(scratch, f"ranks-{ranks}", sets=["log.tensors=1"], ranks=ranks)
    run.train()
    return run


@once
def first_step(scratch, ranks, *sets):
    """One step, its gradients written out."""
    name = "-".join(["first", str(ranks), *sets]).replace("/", "-")
    run = Run(scratch, name, sets=["steps=1", "schedule.total_steps=50", "log.tensors=1", *sets], ranks=ranks)
    run.train()
    return run


def planned(scratch, ranks, batches):
    """What the sampler says that each rank computes, sorted."""
    arguments = ["--world-size", ranks, "--batches", f"{batches.start}..<{batches.stop}"]
    return sorted(unimo("sampler", "dump", EVERY_OBJECTIVE, *arguments, cwd=scratch).splitlines())


def expect_planned(scratch, run, ranks):
    """Fails unless the samples that the ranks computed are the planned ones. Returns figures."""
    batches = range(0, 5 * len(run.rows))
    found, wanted = run.sample_lines, planned(scratch, ranks, batches)
    for one, other in zip(found, wanted):
        expect(one == other, f"a rank computed\n  {one}\nand the plan is\n  {other}")
    expect(len(found) == len(wanted) == ranks * len(batches), f"{len(found)} lines computed, {len(wanted)} planned")
    return f"{len(found)} lines equal"


def relative_differences(rows, reference):
    for row, other in zip(rows, reference, strict=True):
        for one, two in zip(row["batches"], other["batches"], strict=True):
            expect(
                (one["objective"], one["corpus"], one["samples"]) == (two["objective"], two["corpus"], two["samples"]),
                f"step {row['step']}: {one} and {two} are different batches")
            yield abs(one["loss"] - two["loss"]) / max(abs(two["loss"]), 1e-12), row["step"], one["objective"]


def expect_close(run, reference, limit):
    """Fails unless the first step's gradients agree by the norm rule. Returns figures."""
    difference, name = safetensors.worst_difference(run.gradients, reference.gradients)
    expect(difference <= limit, f"the gradients of {name} differ by {difference:.2e}, at most {limit:.0e} is promised")
    return f"gradients within {difference:.1e} ({name})"


for ranks in RANKS:

    @check(f"the samples that {ranks} rank{'s' * (ranks > 1)} computed are those of `sampler dump`")
    def samples(scratch, ranks=ranks):
        return expect_planned(scratch, run_on(scratch, ranks), ranks)


@check("the first step holds every objective and every tensor has a gradient")
def coverage(scratch):
    run = run_on(scratch, 1)
    batches = {(row["objective"], row["corpus"]) for row in run.rows[0]["batches"]}
    expect(len(batches) == KINDS, f"the first step holds {sorted(batches)}")
    tensors = safetensors.read(run.gradients)
    weights = safetensors.read(run.gradients.parent / "weights.safetensors")
    expect(tensors.keys() == weights.keys(), f"no gradient for {sorted(weights.keys() - tensors.keys())}")
    still = [name for name, values in tensors.items() if not any(values)]
    expect(not still, f"all zero: {still}")
    return f"{len(batches)} kinds of batch, {len(tensors)} tensors"


for ranks in RANKS[1:]:

    @check(f"{ranks} ranks give the gradients of 1 rank in the first step, and its losses over {STEPS} steps")
    def agreement(scratch, ranks=ranks):
        reference, run = run_on(scratch, 1), run_on(scratch, ranks)
        figures = expect_close(run, reference, GRADIENTS)
        difference, step, objective = max(relative_differences(run.rows, reference.rows))
        expect(len(run.rows) == STEPS, f"{len(run.rows)} rows of metrics")
        expect(difference <= LOSSES, f"the loss of {objective} in step {step} differs by {difference:.2e}")
        return f"{figures}, losses within {difference:.1e}"


for size in (2, 3):

    @check(f"gradients summed over {size} batches per step are the same on 1, 2, 3 and 4 ranks")
    def batches_per_step(scratch, size=size):
        sets = (f"batches_per_step={size}",)
        reference = first_step(scratch, 1, *sets)
        close = [expect_close(first_step(scratch, ranks, *sets), reference, GRADIENTS) for ranks in RANKS[1:]]
        return "; ".join(close)


for ranks in RANKS[1:]:

    @check(f"ring and window give the same gradients on {ranks} ranks")
    def reductions(scratch, ranks=ranks):
        ring = first_step(scratch, ranks, "ranks.reduction=ring")
        window = first_step(scratch, ranks, "ranks.reduction=window")
        return expect_close(ring, window, GRADIENTS)


@check("chunks of 1, of 3 and of all samples give the same gradients and losses, pooled losses included")
def chunk_sizes(scratch):
    def run(size):
        return first_step(scratch, 0, *(f"mixture.{entry}.chunk={size}" for entry in range(ENTRIES)))

    figures = []
    for size in (1, 3):
        close = expect_close(run(size), run(0), CHUNKS)
        difference = max(relative_differences(run(size).rows, run(0).rows))
        expect(difference[0] <= CHUNKS, f"chunks of {size}: losses differ by {difference}")
        figures.append(f"{size}: {close}, losses {difference[0]:.1e}")
    return "; ".join(figures)


@check("chunks of 1 on 3 ranks give the gradients of 1 rank")
def chunks_on_ranks(scratch):
    chunks = (f"mixture.{entry}.chunk=1" for entry in range(ENTRIES))
    return expect_close(first_step(scratch, 3, *chunks), first_step(scratch, 0), GRADIENTS)
