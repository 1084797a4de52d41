"""Tests of the measuring around the step: what is run, how failures are told, and how rounds become rows."""

import os
import stat
import tempfile
import unittest
from pathlib import Path

import step

CORE = max(os.sched_getaffinity(0))


class Unimo(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.binary = Path(temporary.name) / "unimo"

    def script(self, text: str) -> Path:
        self.binary.write_text("#!/bin/sh\n" + text)
        self.binary.chmod(self.binary.stat().st_mode | stat.S_IXUSR)
        return self.binary

    def test_the_row_in_tokens_per_second_is_taken_with_the_memory(self):
        row = '{"name":"step","value":100,"unit":"tokens/s","peak":0.7}'
        found = step.unimo_step(self.script(f"""[ "$*" = "bench step --json" ] && echo '{{"rows":[{row}]}}'\n"""), CORE)
        self.assertEqual((found["value"], found["peak"]), (100, 0.7))
        self.assertGreater(found["peak_bytes"], 1e5)

    def test_it_runs_on_one_core_with_the_librarys_own_kernels(self):
        os.environ["OPENBLAS_CORETYPE"] = "Haswell"
        self.addCleanup(os.environ.pop, "OPENBLAS_CORETYPE", None)
        script = 'printf \'{"rows":[{"value":%s,"unit":"tokens/s","kernel":"%s"}]}\' "$(nproc)" "$OPENBLAS_CORETYPE"\n'
        found = step.unimo_step(self.script(script), CORE)
        self.assertEqual((found["value"], found["kernel"]), (1, ""))

    def test_a_failing_binary_is_told_with_its_last_words(self):
        with self.assertRaisesRegex(step.Fault, "ended with 6: no numbers"):
            step.unimo_step(self.script("echo no numbers >&2; exit 6\n"), CORE)

    def test_output_that_is_not_json_is_told(self):
        with self.assertRaisesRegex(step.Fault, "expected one JSON object"):
            step.unimo_step(self.script("echo hello\n"), CORE)


class Peer:
    name, label = "stock", "PyTorch, stock"

    def __init__(self, speeds: list[float]):
        self.speeds = iter(speeds)

    def measure(self, warmup: int, steps: int) -> dict:
        speed = next(self.speeds)
        return {"tokens_per_second": speed, "gflops": speed / 2, "product_gflops": speed, "peak_bytes": 3e9}


class Rows(unittest.TestCase):
    def test_the_ratio_is_the_median_of_the_rounds_ratios(self):
        """A round in which the machine was slow for both changes nothing."""
        peer = Peer([50, 10, 60])
        own = [{"value": v, "unit": "tokens/s", "peak_bytes": 1e9} for v in (100, 20, 110)]
        results = {"stock": [peer.measure(1, 1) for _ in range(3)]}
        mine, theirs = step.rows_of(own, [peer], results)
        self.assertEqual((mine["name"], mine["value"]), ("step", 100))
        self.assertEqual((theirs["value"], theirs["ratio"], theirs["peer"]), (50, 2.0, "PyTorch, stock"))

    def test_without_unimo_there_is_no_ratio(self):
        peer = Peer([50])
        rows = step.rows_of([], [peer], {"stock": [peer.measure(1, 1)]})
        self.assertEqual([("ratio" in row) for row in rows], [False])


class Choice(unittest.TestCase):
    def test_the_fastest_way_that_works_is_kept(self):
        torch, said = step.Torch("stock", CORE, None), []

        def measure(warmup, steps):
            if torch.choice[0] == "compiled":
                raise step.Fault("no compiler")
            return {"tokens_per_second": {"fused": 5, "foreach": 9}[torch.choice[1]]}

        torch.measure = measure
        torch.choose(step.CANDIDATES, said.append)
        self.assertEqual(torch.choice, ("eager", "foreach"))
        self.assertIn("compiled, fused AdamW does not work here: no compiler", said[2])


if __name__ == "__main__":
    unittest.main()
