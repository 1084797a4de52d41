"""Studies: their recipes, their numbers, and that they go on where they were."""

import json
import math
import pathlib
import re
import subprocess
import sys
import xml.dom.minidom
from collections import Counter

from commands import running
from commands.running import check, expect, run

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def study(scratch, *arguments):
    command = [ROOT / "tools/study", *arguments, "--unimo", running.BINARY, "--out", scratch / "study"]
    return subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout


@check
def studies_resume_and_report(scratch):
    """a study trains what is missing, does nothing twice, and writes its table and a picture"""
    trial = ("unimo2", "--data", "scenes", "--cells", "P,P+I,baseline", "--seeds", 2, "--steps", 2, "--candidates", 20)
    trial = tuple(str(argument) for argument in trial)
    said = study(scratch, *trial)
    expect("6 runs, 0 done before" in said and "[6/6] scenes, baseline, seed 2 …" in said, said)
    results = sorted((scratch / "study").rglob("result.json"))
    expect(len(results) == 6, f"{len(results)} results")
    before = results[0].read_bytes()
    results[-1].unlink()
    said = study(scratch, *trial)
    expect("6 runs, 5 done before" in said and "[1/1]" in said and results[0].read_bytes() == before, said)
    numbers = json.loads(before)
    expect(0 <= numbers["retrieval"]["r1"] <= 1 and numbers["language"]["beside_image"] > 1, str(numbers))
    page = (scratch / "study/unimo2-study.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| images (P+I − P)"))
    expect(row.count("±") == 8, row)
    expect("| dictionary (grounded − baseline) | – |" in page, "a cell that was not trained has no number")
    xml.dom.minidom.parse(str(scratch / "study/unimo2-study.svg"))


@check
def joint_studies_run(scratch):
    """the UNIMO study trains, evaluates and reports; what its scenes lack has neither row nor column"""
    study(scratch, "unimo", "--data", "scenes", "--cells", "full,texts alone", "--seeds", "1", "--steps", "1",
          "--candidates", "8")
    page = (scratch / "study/unimo-study.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| pairs and images (full − texts alone)"))
    expect(row.count("|") == 8 and "–" not in row and "retrieval" not in page.split("Differences, seed by seed")[1], page)


def batches_of(scratch, study, cell, steps):
    """The batches of a cell's first steps on the scenes: (corpus, objective, keys) each."""
    recipe = scratch / "recipe.yaml"
    recipe.write_text(study.recipe(study.data[0], cell, 1, 10, scratch))
    a_step = next(int(line.split()[1]) for line in recipe.read_text().splitlines() if line.startswith("batches_per_step"))
    lines = run("sampler", "dump", recipe, "--batches", f"0..<{steps * a_step}")[0].splitlines()
    return [(*line.split()[2].split("/"), line.split()[3:]) for line in lines]


@check
def grounded_study_recipes_differ_in_one_thing(scratch):
    """every cell of the UNIMO-2 study is a recipe whose steps have the same pairs"""
    sys.path.insert(0, str(ROOT / "tools"))
    from studies import unimo2

    drawn = set()
    for cell in unimo2.STUDY.cells:
        batches = batches_of(scratch, unimo2.STUDY, cell, 12)
        pairs = [batch for batch in batches if batch[0] == "pairs"]
        drawn.add(json.dumps(sorted(pairs)))
        expect(len(pairs) == 12 and len(batches) == 12 * len(cell.way.learns_from), f"{cell.name}: {len(batches)} batches")
    expect(len(drawn) == 1, f"{len(drawn)} different selections of pairs")


@check
def joint_study_recipes_leave_out_what_they_say(scratch):
    """every cell of the UNIMO study is a recipe that leaves out of its steps what it is without, and nothing else"""
    sys.path.insert(0, str(ROOT / "tools"))
    from studies import unimo

    whole = Counter({"texts": 6, "images": 6, "pairs": 18, "contrast": 12})
    left_out = {"no texts": ["texts"], "texts alone": ["images", "pairs", "contrast"], "no contrast": ["contrast"]}
    for cell in unimo.STUDY.cells_of(unimo.STUDY.data[0]):
        found = Counter(
            "contrast" if objective == "cross_modal_contrastive" else corpus
            for corpus, objective, _ in batches_of(scratch, unimo.STUDY, cell, 6))
        expected = {kind: count for kind, count in whole.items() if kind not in left_out.get(cell.name, ())}
        expect(found == expected, f"{cell.name}: {dict(found)}")
        candidates = [line for line in (scratch / "recipe.yaml").read_text().splitlines() if "candidates:" in line]
        drawn = sum(int(n) for n in re.findall(r"\b(?:words|phrases|sentences): (\d)", " ".join(candidates)))
        expect(drawn == (6 if "contrast" in expected else 0), f"{cell.name}: {drawn} rewritten captions")


@check
def standard_errors_are_those_of_the_mean(_):
    """a study's standard errors are those of the mean, and of paired differences"""
    sys.path.insert(0, str(ROOT / "tools"))
    from studies.report import Estimate, chance_beyond_two_errors

    for seeds, share in ((2, 0.2952), (3, 0.1835), (5, 0.1161)):
        expect(abs(chance_beyond_two_errors(seeds) - share) < 1e-4, f"{seeds} seeds: {chance_beyond_two_errors(seeds)}")
    found = Estimate.of([1.0, 2.0, 6.0])
    expect(found.mean == 3 and math.isclose(found.standard_error, math.sqrt(7 / 3)), str(found))
    expect(not found.is_beyond_two_errors and Estimate.of([1.0, 1.1, 0.9]).is_beyond_two_errors, "two errors")
    expect(math.isnan(Estimate.of([1.0]).standard_error), "one seed has no error")
