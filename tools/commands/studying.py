"""Studies: their recipes, their numbers, and that they go on where they were."""

import json
import math
import pathlib
import subprocess
import sys
import xml.dom.minidom

from commands import running
from commands.running import check, expect, run

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def study(scratch, *arguments):
    command = [ROOT / "tools/study", "unimo2", "--unimo", running.BINARY, "--out", scratch / "study", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout


@check
def studies_resume_and_report(scratch):
    """a study trains what is missing, does nothing twice, and writes its table and a picture"""
    trial = ("--data", "scenes", "--cells", "P,P+I,baseline", "--seeds", 2, "--steps", 2, "--candidates", 20)
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
    page = (scratch / "study/unimo2.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| images (P+I − P)"))
    expect(row.count("±") == 8, row)
    expect("| dictionary (grounded − baseline) | – |" in page, "a cell that was not trained has no number")
    xml.dom.minidom.parse(str(scratch / "study/unimo2.svg"))


@check
def study_recipes_are_recipes(scratch):
    """every cell of every study is a recipe whose steps have the same pairs"""
    sys.path.insert(0, str(ROOT / "tools"))
    from studies import unimo2

    scenes = unimo2.STUDY.data[0]
    drawn = set()
    for cell in unimo2.STUDY.cells:
        recipe = scratch / "recipe.yaml"
        recipe.write_text(unimo2.STUDY.recipe(scenes, cell, 1, 10, scratch))
        count = 12 * len(cell.learns_from)
        lines = run("sampler", "dump", recipe, "--batches", f"0..<{count}")[0].splitlines()
        pairs = [line.split()[2:] for line in lines if " pairs/" in line]
        drawn.add(json.dumps(sorted(pairs)))
        expect(len(lines) == count and len(pairs) == 12, f"{cell.name}: {len(lines)} batches, {len(pairs)} of pairs")
    expect(len(drawn) == 1, f"{len(drawn)} different selections of pairs")


@check
def standard_errors_are_those_of_the_mean(_):
    """a study's standard errors are those of the mean, and of paired differences"""
    sys.path.insert(0, str(ROOT / "tools"))
    from studies.report import Estimate

    found = Estimate.of([1.0, 2.0, 6.0])
    expect(found.mean == 3 and math.isclose(found.standard_error, math.sqrt(7 / 3)), str(found))
    expect(not found.is_beyond_two_errors and Estimate.of([1.0, 1.1, 0.9]).is_beyond_two_errors, "two errors")
    expect(math.isnan(Estimate.of([1.0]).standard_error), "one seed has no error")
