"""Holds a run of unimo against the float64 reference.

    compare RUN [--steps 50] [--json]
    compare RUN --against OTHER [--steps 50] [--json]

RUN is a run directory with dumped tensors (recipe key `log.tensors: n`, any number of ranks, dropout off). The first
dumped step, and every later one that brings an objective not yet seen, is checked closely, from its own dumped weights:
each batch's loss to 1e-5 relative, each gradient tensor by ‖g − g64‖ ≤ 1e-4 · max(‖g64‖, 1e-6 · ‖all gradients‖), one
row per tensor; of codes that the run chose, none may score more than 1e-5 below one it left out. When more steps are dumped, the reference then trains on the dumped batches by itself, with its own
AdamW, and every batch's loss must stay within 1e-3 of the run's; learning rates and the first gradient norm are
compared too. With --against, two runs of one recipe (other ranks, chunks or transport; dropout may be on) are held
against each other instead: gradients of the first step to 1e-5 by the same rule, losses to 1e-4. Exit code 1 when
anything fails, 2 when there is nothing to compare.
"""

import argparse
import json
import math
import sys
from itertools import groupby
from pathlib import Path

import torch
import yaml
from torch import Tensor

from dumped import loss_of, read_batch, reference_of
from objectives import Batch, code_totals
from optimizer import AdamW, Schedule, global_norm
from single_stream import SingleStream
from single_stream_objectives import StreamBatch
from unimo_reference import Unimo, read_tensors

Model = Unimo | SingleStream
AnyBatch = Batch | StreamBatch

LOSS_TOLERANCE = 1e-5
GRADIENT_TOLERANCE = 1e-4
GRADIENT_FLOOR = 1e-6  # of the norm of all gradients: below it a tensor's gradient is rounding noise
TRAJECTORY_TOLERANCE = 1e-3
RATE_TOLERANCE = 1e-5  # of the peak
CHOICE_GAP = 1e-5  # of scores: closer ones may be told apart by rounding
BETWEEN_RUNS_GRADIENT_TOLERANCE = 1e-5
BETWEEN_RUNS_LOSS_TOLERANCE = 1e-4


class Fault(Exception):
    """Something about RUN that makes a comparison impossible."""


def row(check: str, name: str, run: float, reference: float, error: float, limit: float, **more) -> dict:
    return dict(
        check=check, name=name, run=run, reference=reference, error=error, limit=limit, ok=bool(error <= limit), **more
    )


def gradients_of(model: Model, batches: list[AnyBatch]) -> tuple[list[float], dict[str, Tensor]]:
    """The loss of each batch, and the summed gradient of every tensor in the groups they declare."""
    model.zero_grad(set_to_none=True)
    losses = []
    for batch in batches:
        loss = loss_of(model, batch)
        loss.backward()
        losses.append(float(loss.detach()))
    groups = set().union(*(batch.groups(model.has_dictionary) for batch in batches))
    gradients = {
        name: torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        for name, parameter in model.named_parameters()
        if name.split(".")[0] in groups
    }
    return losses, gradients


def compare_closely(run: Path, step: Path) -> list[dict]:
    """One step from its own weights: losses and gradients."""
    batches = batches_of(run, step)
    losses, gradients = gradients_of(model_of(run, step), batches)
    gradients = settings(run)[0].trained(gradients)
    rows = compare_losses(step, batches, losses)
    rows += compare_choices(model_of(run, step), batches)
    rows += compare_gradients(read_tensors(step / "gradients.safetensors"), gradients)
    return [row | {"name": f"{step.name} {row['name']}"} for row in rows]


def steps_with_news(run: Path, steps: list[Path]) -> list[Path]:
    """The steps that bring an objective, with or without images, for the first time."""
    seen, found = set(), []
    for step in steps:
        kinds = {(batch.objective, batch.has_images) for batch in batches_of(run, step)}
        if kinds - seen:
            found.append(step)
        seen |= kinds
    return found


def compare_losses(step: Path, batches: list[AnyBatch], losses: list[float]) -> list[dict]:
    rows = []
    for index, (batch, loss) in enumerate(zip(batches, losses)):
        if batch.loss is None:
            raise Fault(f"{step}/batch-{index:02d}.safetensors: expected metadata 'loss', found none")
        error = abs(batch.loss - loss) / abs(loss) if loss else abs(batch.loss)
        rows.append(row("loss", f"batch-{index:02d} {batch.objective}", batch.loss, loss, error, LOSS_TOLERANCE))
    return rows


def compare_choices(model: Model, batches: list[AnyBatch]) -> list[dict]:
    """The codes that the run chose against the scores of the reference: by how much one left out beats one chosen."""
    rows = []
    for index, batch in enumerate(batches):
        if batch.codes is None:
            continue
        worst, different = 0.0, 0
        for totals, chosen in zip(code_totals(model, batch), batch.chosen(model).long()):
            left_out = torch.ones(len(totals), dtype=torch.bool)
            left_out[chosen] = False
            if left_out.any():
                gap = float((totals[left_out].max() - totals[chosen].min()).detach())
                worst, different = max(worst, gap), different + (gap > 0)
        note = f"{different} of {len(batch.chosen(model))} samples decided within it"
        rows.append(row("choice", f"batch-{index:02d} {batch.objective}", worst, 0, worst, CHOICE_GAP, note=note))
    return rows


def compare_gradients(
    run: dict[str, Tensor], reference: dict[str, Tensor], tolerance: float = GRADIENT_TOLERANCE
) -> list[dict]:
    everything, rows = global_norm(reference), []
    for name in sorted(run.keys() | reference.keys()):
        if name not in run or name not in reference:
            absent = "run" if name not in run else "reference (its group is not declared)"
            rows.append(row("gradient", name, 0, 0, float("inf"), tolerance, note=f"absent in the {absent}"))
        elif run[name].shape != reference[name].shape:
            note = f"shape {tuple(run[name].shape)} in the run, {tuple(reference[name].shape)} in the reference"
            rows.append(row("gradient", name, 0, 0, float("inf"), tolerance, note=note))
        else:
            expected, found = reference[name].double(), run[name].double()
            scale = max(float(expected.norm()), GRADIENT_FLOOR * everything) or 1.0
            error = float((found - expected).norm()) / scale
            rows.append(row("gradient", name, float(found.norm()), float(expected.norm()), error, tolerance))
    return rows


def compare_runs(run: Path, other: Path, limit: int) -> list[dict]:
    """Two runs of one recipe, for example on other numbers of ranks: the first step's gradients, then the losses."""
    first = [read_tensors(dumped_steps(r)[0] / "gradients.safetensors") for r in (run, other)]
    rows = compare_gradients(*first, BETWEEN_RUNS_GRADIENT_TOLERANCE)
    ours, theirs = metrics_of(run), metrics_of(other)
    if list(ours)[:limit] != list(theirs)[:limit]:
        raise Fault(f"{run} and {other}: metrics.jsonl hold different steps")
    for step in list(ours)[:limit]:
        pairs = zip(ours[step]["batches"], theirs[step]["batches"], strict=True)
        for index, (one, two) in enumerate(pairs):
            name, error = f"step {step} batch-{index:02d} {one['objective']}", abs(one["loss"] - two["loss"])
            rows.append(row("loss", name, one["loss"], two["loss"], error, BETWEEN_RUNS_LOSS_TOLERANCE))
    return rows


def settings(run: Path) -> tuple[AdamW, Schedule]:
    path = run / "recipe.resolved.yaml"
    recipe = yaml.safe_load(path.read_text())

    def number(section: str, name: str) -> float:
        if name not in recipe.get(section, {}):
            raise Fault(f"{path}: expected {section}.{name}, found none; a resolved recipe names every setting")
        return float(recipe[section][name])  # YAML reads 1e-6 as a text

    optimizer = ("learning_rate", "beta1", "beta2", "epsilon", "weight_decay", "clip_norm")
    adamw = AdamW(**{name: number("optimizer", name) for name in optimizer})
    for name, group in (recipe["optimizer"].get("groups") or {}).items():
        adamw.rates[name] = 0.0 if group["frozen"] else float(group["learning_rate"]) / adamw.learning_rate
    schedule = Schedule(
        recipe["schedule"]["kind"],
        int(number("schedule", "warmup_steps")),
        int(number("schedule", "total_steps")),
        number("schedule", "final_ratio"),
    )
    return adamw, schedule


def metrics_of(run: Path) -> dict[int, dict]:
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines() if line.strip()]
    if not rows:
        raise Fault(f"{run}/metrics.jsonl: expected one row per step, found none")
    return {row["step"]: row for row in rows}


def compare_trajectory(run: Path, model: Model, steps: list[Path], metrics: dict[int, dict]) -> list[dict]:
    """Trains on the dumped batches from the first step's weights on."""
    adamw, schedule = settings(run)
    weights, rows = dict(model.named_parameters()), []
    for path in steps:
        number = int(path.name.removeprefix("step-"))
        if number not in metrics:
            raise Fault(f"{run}/metrics.jsonl: expected a row with step {number}, found steps {sorted(metrics)[:5]}…")
        metric, batches = metrics[number], batches_of(run, path)
        losses, gradients = gradients_of(model, batches)
        for index, (batch, loss) in enumerate(zip(batches, losses)):
            found = metric["batches"][index]["loss"]
            name = f"step {number} batch-{index:02d} {batch.objective}"
            rows.append(row("trajectory", name, found, loss, abs(found - loss), TRAJECTORY_TOLERANCE))
        expected = adamw.learning_rate * schedule.factor(number)
        error = abs(metric["lr"] - expected) / adamw.learning_rate
        rows.append(row("learning rate", f"step {number}", metric["lr"], expected, error, RATE_TOLERANCE))
        norm = adamw.step(weights, gradients, metric["lr"])
        error = abs(metric["grad_norm"] - norm) / max(norm, 1e-30)
        limit = GRADIENT_TOLERANCE if path == steps[0] else float("inf")
        rows.append(row("gradient norm", f"step {number}", metric["grad_norm"], norm, error, limit))
    return rows


def dumped_steps(run: Path) -> list[Path]:
    steps = sorted((run / "tensors").glob("step-*"))
    if not steps:
        raise Fault(f"{run}/tensors: expected dumped steps, found none; run with --set log.tensors=50")
    for index, path in enumerate(steps):
        if int(path.name.removeprefix("step-")) != index:
            raise Fault(f"{path}: expected step {index} here; steps must be whole from the run's first on")
    return steps


def batches_of(run: Path, step: Path) -> list[AnyBatch]:
    """Ranks write `batch-00-rank-0000.safetensors` and so on, one rank alone `batch-00.safetensors`."""
    paths = sorted(step.glob("batch-*.safetensors"))
    if not paths:
        raise Fault(f"{step}: expected batch-00.safetensors and so on, found no batch")
    reference, slices = reference_of(run), groupby(paths, key=lambda path: path.name[: len("batch-00")])
    return [read_batch(reference, *files) for _, files in slices]


def model_of(run: Path, step: Path) -> Model:
    config = json.loads((run / "config.json").read_text())
    if config.get("dropout"):
        raise Fault(f"{run}/config.json: expected dropout 0, found {config['dropout']}; run with dropout off")
    model = reference_of(run).model(config).double()
    weights = read_tensors(step / "weights.safetensors")
    model.load_state_dict({name: tensor.double() for name, tensor in weights.items()})
    return model


def compare(run: Path, limit: int) -> list[dict]:
    steps = dumped_steps(run)[:limit]
    rows = [row for step in steps_with_news(run, steps) for row in compare_closely(run, step)]
    if len(steps) > 1:
        rows += compare_trajectory(run, model_of(run, steps[0]), steps, metrics_of(run))
    return rows


def report(rows: list[dict]) -> None:
    width = max(len(row["name"]) for row in rows)
    print(f"{'check':14} {'name':{width}} {'run':>16} {'reference':>16} {'error':>9} {'limit':>9}")
    for row in rows:
        verdict = "" if row["ok"] else "  FAILED"
        note = f"  {row['note']}" if "note" in row else ""
        print(
            f"{row['check']:14} {row['name']:{width}} {row['run']:16.9g} {row['reference']:16.9g} "
            f"{row['error']:9.2e} {row['limit']:9.2e}{verdict}{note}"
        )
    for check in dict.fromkeys(row["check"] for row in rows):
        part = [row for row in rows if row["check"] == check]
        worst = max(part, key=lambda row: row["error"])
        failed = sum(not row["ok"] for row in part)
        print(f"{check}: {len(part)} compared, {failed} failed, worst {worst['error']:.2e} ({worst['name']})")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], epilog=__doc__.split("\n\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter, prog="compare",
    )
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--steps", type=int, default=50, help="at most so many of the dumped steps (default 50)")
    parser.add_argument("--against", type=Path, metavar="OTHER", help="another run of the same recipe")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    arguments = parser.parse_args()
    if arguments.steps < 1:
        parser.error(f"--steps: expected 1 or more, found {arguments.steps}")
    try:
        if arguments.against:
            rows = compare_runs(arguments.run, arguments.against, arguments.steps)
        else:
            rows = compare(arguments.run, arguments.steps)
    except (Fault, OSError, KeyError, ValueError, RuntimeError) as fault:
        print(f"compare: {type(fault).__name__}: {fault}", file=sys.stderr)
        return 2
    ok = all(row["ok"] for row in rows)
    if arguments.json:
        finite = [{k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in r.items()} for r in rows]
        print(json.dumps({"ok": ok, "rows": finite}))
    else:
        report(rows)
        print("agrees" if ok else "DOES NOT AGREE")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
