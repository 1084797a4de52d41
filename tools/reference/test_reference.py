"""Tests of the reference itself: run with `tools/reference/test`."""

import contextlib
import io
import json
import math
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
import yaml
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

import compare
import goldens
from dropout import Dropout, philox
from objectives import batch_of, loss_of, two_view_loss
from operation_cases import planned_attention
from optimizer import AdamW, Schedule, global_norm
from unimo_reference import Attention, Layer, Unimo, patch_embedding

torch.set_num_threads(1)  # tiny tensors: more threads only wait for each other

OPTIMIZER = dict(learning_rate=1e-3, beta1=0.9, beta2=0.98, epsilon=1e-6, weight_decay=0.1, clip_norm=1.0)
SCHEDULE = dict(kind="cosine", warmup_steps=3, total_steps=20, final_ratio=0.1)


class Masks(unittest.TestCase):
    def test_the_generator_gives_the_published_numbers(self):
        """Known answers of Random123, `kat_vectors`, philox4x32 with 10 rounds."""
        self.assertEqual(philox((0, 0, 0, 0), (0, 0)), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8))
        ones = 0xFFFFFFFF
        self.assertEqual(philox((ones,) * 4, (ones,) * 2), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD))

    def test_rows_are_independent_of_each_other(self):
        mask = Dropout(rate=0.5, site=0, seed=1, batch=0).rows([[0, 400, 0, 0]], 40) - 1
        for shift in range(8):
            together = (mask[:-1, : 40 - shift] * mask[1:, shift:]).mean().item()
            self.assertLess(abs(together), 5 / math.sqrt(399 * (40 - shift)))


class ReferenceAgainstTorch(unittest.TestCase):
    """The reference against PyTorch's own modules, which share no code with it."""

    def layer(self, pre_norm: bool):
        torch.manual_seed(1)
        ours = Layer(16, 2, 32, pre_norm, 1e-5).double()
        theirs = nn.TransformerEncoderLayer(
            16, 2, 32, dropout=0, activation="gelu", batch_first=True, norm_first=pre_norm, dtype=torch.float64
        )
        names = {
            "self_attn.in_proj_": "attention.qkv.", "self_attn.out_proj.": "attention.output.", "linear1.": "ffn.up.",
            "linear2.": "ffn.down.", "norm1.": "norm1.", "norm2.": "norm2.",
        }
        state = ours.state_dict()
        theirs.load_state_dict({t + p: state[o + p] for t, o in names.items() for p in ("weight", "bias")})
        x = torch.randn(11, 16, dtype=torch.float64)
        expected = torch.cat([theirs(x[None, :4])[0], theirs(x[None, 4:])[0]])
        torch.testing.assert_close(ours(x, [0, 4, 11]), expected)

    def test_pre_norm_layer(self):
        self.layer(True)

    def test_post_norm_layer(self):
        self.layer(False)

    def test_planned_attention_of_whole_samples_is_the_models_attention(self):
        torch.manual_seed(1)
        module, x = Attention(16, 2).double(), torch.randn(9, 16, dtype=torch.float64)
        plan = [{"query": r, "keys": [r], "causal": False} for r in ([0, 4], [4, 9])]
        expected = module.output(planned_attention(module.qkv(x), plan, 2))
        torch.testing.assert_close(module(x, [0, 4, 9]), expected)

    def test_patch_embedding_is_a_strided_convolution(self):
        torch.manual_seed(1)
        pixels = torch.randint(0, 256, (2, 12, 12, 3), dtype=torch.uint8)
        weight, bias = torch.randn(5, 48, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
        zero = torch.zeros(5, dtype=torch.float64)
        found = patch_embedding(pixels, weight, bias, zero, torch.zeros(10, 5, dtype=torch.float64), 4)
        image = (pixels.double().permute(0, 3, 1, 2) / 255 - 0.5) / 0.5
        expected = F.conv2d(image, weight.view(5, 3, 4, 4), bias, stride=4).flatten(2).transpose(1, 2)
        torch.testing.assert_close(found[:, 1:], expected)

    def test_two_view_loss_term_by_term(self):
        torch.manual_seed(1)
        z = F.normalize(torch.randn(6, 4, dtype=torch.float64), dim=1)
        total = 0.0
        for i in range(6):
            others = [math.exp(float(z[i] @ z[j]) / 0.1) for j in range(6) if j != i]
            total -= math.log(math.exp(float(z[i] @ z[(i + 3) % 6]) / 0.1) / sum(others))
        self.assertAlmostEqual(float(two_view_loss(z)), total / 6, places=12)

    def test_optimizer_is_torchs_adamw_with_clipping(self):
        torch.manual_seed(1)
        parameter = nn.Parameter(torch.randn(4, 3, dtype=torch.float64))
        ours = {"text.word": parameter.detach().clone()}
        reference = torch.optim.AdamW([parameter], lr=0.01, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.1)
        optimizer = AdamW(0.01, 0.9, 0.98, 1e-6, 0.1, clip_norm=1.0)
        for _ in range(5):
            parameter.grad = torch.randn_like(parameter)
            optimizer.step(ours, {"text.word": parameter.grad.clone()}, 0.01)
            nn.utils.clip_grad_norm_([parameter], 1.0)
            reference.step()
        torch.testing.assert_close(ours["text.word"], parameter.detach(), rtol=1e-5, atol=1e-7)

    def test_an_inactive_group_stands_still(self):
        optimizer = AdamW(0.01, 0.9, 0.98, 1e-6, 0.1)
        weights = {"text.a": torch.ones(2, 2), "vision.a": torch.ones(2, 2)}
        optimizer.step(weights, {"text.a": torch.ones(2, 2)}, 0.01)
        self.assertTrue(torch.equal(weights["vision.a"], torch.ones(2, 2)))
        self.assertEqual(optimizer.steps, {"text": 1})

    def test_temperature_is_kept_in_range_and_not_decayed(self):
        weights = {"itc.temperature": torch.tensor([0.0011])}
        AdamW(0.1, 0.9, 0.98, 1e-6, 0.5).step(weights, {"itc.temperature": torch.ones(1)}, 0.1)
        self.assertAlmostEqual(float(weights["itc.temperature"]), 0.001)

    def test_schedule_rises_once_and_ends_at_its_ratio(self):
        for kind in ("cosine", "linear"):
            factors = [Schedule(kind, 4, 20, 0.1).factor(s) for s in range(25)]
            self.assertEqual(factors[:4], [0.25, 0.5, 0.75, 1.0])
            self.assertTrue(all(a >= b for a, b in zip(factors[3:], factors[4:])))
            self.assertAlmostEqual(factors[20], 0.1)
            self.assertAlmostEqual(factors[24], 0.1)


class Comparison(unittest.TestCase):
    """`compare` on a run that float32 PyTorch wrote: passes as it is, and fails for every kind of fault."""

    STEPS = 8

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.run_directory = Path(temporary.name)
        self.write_run()

    def write_run(self):
        random = numpy.random.default_rng(7)
        model, weights = goldens.model(random)
        model = model.float()
        parameters = dict(model.named_parameters())
        optimizer, schedule, rows = AdamW(**OPTIMIZER), Schedule(**SCHEDULE), []
        for step in range(self.STEPS):
            path = self.run_directory / f"tensors/step-{step:08d}"
            path.mkdir(parents=True)
            save_file({k: p.detach().clone() for k, p in parameters.items()}, path / "weights.safetensors")
            text, image = goldens.texts(random), goldens.images(random)
            pair = {key: text[key] for key in ("tokens", "offsets")} | {"view0": image}
            kinds = [("masked_language", text), ("image_text_contrastive", pair)]
            if step % 2:  # vision rests at some steps, and simclr until late
                kinds = [("masked_language", text)]
            if step == 6:
                kinds = [("image_contrastive", {"view0": image, "view1": goldens.images(random)})]
            batches = [batch_of(objective, tensors) for objective, tensors in kinds]
            losses, gradients = compare.gradients_of(model, batches)
            for index, ((objective, tensors), loss) in enumerate(zip(kinds, losses)):
                metadata = {"objective": objective, "loss": repr(loss), "entry": "0", "number": "0"}
                file = path / f"batch-{index:02d}.safetensors"
                save_file({k: torch.from_numpy(v) for k, v in tensors.items()}, file, metadata)
            save_file({k: g.clone() for k, g in gradients.items()}, path / "gradients.safetensors")
            rate = OPTIMIZER["learning_rate"] * schedule.factor(step)
            norm = optimizer.step(parameters, gradients, rate)
            reports = [{"objective": b.objective, "loss": l} for b, l in zip(batches, losses)]
            rows.append({"step": step, "batches": reports, "lr": rate, "grad_norm": norm})
        (self.run_directory / "config.json").write_text(json.dumps(goldens.CONFIG))
        (self.run_directory / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        recipe = {"optimizer": OPTIMIZER, "schedule": SCHEDULE}
        (self.run_directory / "recipe.resolved.yaml").write_text(yaml.safe_dump(recipe))

    def failures(self) -> set[str]:
        return {row["check"] for row in compare.compare(self.run_directory, 50) if not row["ok"]}

    def edit_gradients(self, change):
        path = self.run_directory / "tensors/step-00000000/gradients.safetensors"
        tensors = compare.read_tensors(path)
        change(tensors)
        save_file(tensors, path)

    def edit_metrics(self, step: int, change):
        path = self.run_directory / "metrics.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        change(rows[step])
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def test_a_float32_run_agrees(self):
        rows = compare.compare(self.run_directory, 50)
        self.assertEqual([row for row in rows if not row["ok"]], [])
        checked = {row["name"].split()[1] for row in rows if row["check"] == "gradient"}
        expected = {name for name, _ in Unimo(goldens.CONFIG).named_parameters() if not name.startswith("itm.")}
        self.assertEqual(checked, expected)
        self.assertEqual(sum(row["check"] == "loss" for row in rows), 3)  # steps 0 and 6
        self.assertEqual(sum(row["check"] == "learning rate" for row in rows), self.STEPS)

    def test_one_wrong_gradient_fails(self):
        self.edit_gradients(lambda g: g["text.layers.0.ffn.up.weight"].mul_(1.001))
        self.assertEqual(self.failures(), {"gradient"})

    def test_an_absent_gradient_fails(self):
        self.edit_gradients(lambda g: g.pop("mlm.bias"))
        self.assertEqual(self.failures(), {"gradient"})

    def test_a_gradient_that_is_not_finite_fails(self):
        self.edit_gradients(lambda g: g["text.norm.bias"].fill_(math.nan))
        self.assertEqual(self.failures(), {"gradient"})

    def test_a_gradient_of_an_undeclared_group_fails(self):
        self.edit_gradients(lambda g: g.update({"simclr.up.bias": torch.zeros(16)}))
        self.assertEqual(self.failures(), {"gradient"})

    def test_a_drifting_loss_fails(self):
        self.edit_metrics(5, lambda row: row["batches"][0].update(loss=row["batches"][0]["loss"] + 0.002))
        self.assertEqual(self.failures(), {"trajectory"})

    def test_another_learning_rate_fails(self):
        self.edit_metrics(4, lambda row: row.update(lr=row["lr"] * 1.01))
        self.assertIn("learning rate", self.failures())

    def test_slices_of_ranks_are_one_batch(self):
        """The same run written by three ranks, the last without samples."""
        for path in sorted(self.run_directory.glob("tensors/*/batch-*.safetensors")):
            whole = compare.read_tensors(path)
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata()
            for rank, samples in enumerate([slice(0, 2), slice(2, 5), None]):
                tensors = {} if samples is None else self.rank_slice(whole, samples)
                save_file(tensors, path.with_name(f"{path.stem}-rank-{rank:04d}.safetensors"), metadata)
            path.unlink()
        rows = compare.compare(self.run_directory, 50)
        self.assertEqual([row for row in rows if not row["ok"]], [])
        self.assertEqual(sum(row["check"] == "loss" for row in rows), 3)

    def rank_slice(self, whole: dict, samples: slice) -> dict:
        part = {name: whole[name][samples].clone() for name in ("view0", "view1") if name in whole}
        if "tokens" in whole:
            start, end = (int(whole["offsets"][b]) for b in (samples.start, samples.stop))
            part["tokens"] = whole["tokens"][start:end].clone()
            part["offsets"] = whole["offsets"][samples.start : samples.stop + 1] - start
            rows = whole.get("masked_rows", torch.zeros(0, dtype=torch.int32))
            mine = (rows >= start) & (rows < end)
            part["masked_rows"] = rows[mine] - start
            part["labels"] = whole.get("labels", rows)[mine]
        return part

    def test_a_run_agrees_with_itself_and_not_with_a_drifting_one(self):
        rows = compare.compare_runs(self.run_directory, self.run_directory, 50)
        self.assertTrue(all(row["ok"] for row in rows))
        with tempfile.TemporaryDirectory() as other:
            shutil.copytree(self.run_directory, other, dirs_exist_ok=True)
            self.edit_metrics(7, lambda row: row["batches"][0].update(loss=row["batches"][0]["loss"] + 2e-4))
            self.edit_gradients(lambda g: g["vision.cls"].mul_(1.0001))
            rows = compare.compare_runs(self.run_directory, Path(other), 50)
            self.assertEqual([r["name"] for r in rows if not r["ok"]][0], "vision.cls")
            self.assertEqual({r["check"] for r in rows if not r["ok"]}, {"gradient", "loss"})

    def test_a_missing_step_is_named(self):
        for file in (self.run_directory / "tensors/step-00000003").iterdir():
            file.unlink()
        (self.run_directory / "tensors/step-00000003").rmdir()
        with self.assertRaisesRegex(compare.Fault, "expected step 3"):
            compare.compare(self.run_directory, 50)

    def test_a_run_with_dropout_is_refused(self):
        (self.run_directory / "config.json").write_text(json.dumps(goldens.CONFIG | {"dropout": 0.1}))
        with self.assertRaisesRegex(compare.Fault, "expected dropout 0"):
            compare.compare(self.run_directory, 50)

    def test_a_recipe_that_lacks_a_setting_is_named(self):
        path = self.run_directory / "recipe.resolved.yaml"
        path.write_text(path.read_text().replace("beta2", "beta_2"))
        with self.assertRaisesRegex(compare.Fault, "expected optimizer.beta2"):
            compare.compare(self.run_directory, 50)

    def test_exit_code_and_json(self):
        arguments, sys.argv = sys.argv, ["compare", str(self.run_directory), "--json"]
        self.addCleanup(setattr, sys, "argv", arguments)
        self.edit_gradients(lambda g: g["text.norm.bias"].fill_(math.nan))
        with contextlib.redirect_stdout(io.StringIO()) as output:
            self.assertEqual(compare.main(), 1)
        self.assertFalse(json.loads(output.getvalue())["ok"])


class Goldens(unittest.TestCase):
    def test_the_committed_files_are_these(self):
        wrong = {p.name: goldens.difference(p, *content) for p, content in goldens.goldens().items()}
        self.assertEqual({name: fault for name, fault in wrong.items() if fault}, {})

    # The scores' sharpness learns from the dictionary's loss alone, which matching does not have.
    SILENT = ("image_text_matching", "gradient/dictionary.sharpness")

    def test_every_gradient_of_the_goldens_says_something(self):
        """Key biases have a true gradient of zero, and a table's unused rows too; no whole tensor has."""
        for name in goldens.OBJECTIVE_CASES:
            tensors, _ = goldens.objective_case(name)
            for key, tensor in tensors.items():
                if key.startswith("gradient/") and (name, key) != self.SILENT:
                    self.assertGreater(float(tensor.norm()), 1e-6, f"{name} {key}")

    def test_gradients_agree_with_finite_differences(self):
        random = numpy.random.default_rng(3)
        model, _ = goldens.model(random, goldens.BASELINE)  # a stopped gradient is no derivative
        text = goldens.texts(random) | {"view0": goldens.images(random)}
        batch = batch_of("masked_language", text)
        _, gradients = compare.gradients_of(model, [batch])
        self.assertGreater(global_norm(gradients), 0.1)
        for name, parameter in model.named_parameters():
            if name not in gradients:
                continue
            direction = torch.from_numpy(random.standard_normal(parameter.shape))
            with torch.no_grad():
                values = []
                for sign in (1, -1):
                    parameter.add_(sign * 1e-5 * direction)
                    values.append(float(loss_of(model, batch)))
                    parameter.sub_(sign * 1e-5 * direction)
            slope, expected = (values[0] - values[1]) / 2e-5, float((gradients[name] * direction).sum())
            self.assertAlmostEqual(slope, expected, delta=1e-6 * max(1, abs(expected)), msg=name)


if __name__ == "__main__":
    unittest.main()
