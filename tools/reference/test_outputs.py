"""Tests of read_outputs: a corpus and a checkpoint as unimo lays them out pass, and each kind of damage is named."""

import contextlib
import hashlib
import io
import json
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy
from safetensors.numpy import save_file

import read_outputs

SAMPLES = ["birds/a-1", "birds/b", "münze"]


def write_manifest(directory: Path) -> None:
    paths = sorted(p for p in directory.iterdir() if p.name != "manifest.sha256")
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in paths]
    (directory / "manifest.sha256").write_text("".join(lines))


class ReadOutputs(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        self.write_corpus()
        self.write_checkpoint()

    def write_corpus(self):
        source, self.corpus = self.root / "source.tmp", self.root / "corpus"
        self.corpus.mkdir()
        names = [f"{key}.{member}" for key in SAMPLES for member in ("png", "txt")]
        for name in names:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(name)
        archive = subprocess.run(["tar", "c", "-C", source, *names], capture_output=True, check=True).stdout
        shard = subprocess.run(["zstd", "-c"], input=archive, capture_output=True, check=True).stdout
        (self.corpus / "shard-000000.tar.zst").write_bytes(shard)
        self.index = {
            "samples": 3,
            "members": {"png": 3, "txt": 3},
            "shards": [{"name": "shard-000000.tar.zst"}],
        }
        self.table = {"keys": list(SAMPLES)}
        self.write_index()

    def write_index(self):
        (self.corpus / "index.json").write_text(json.dumps(self.index))
        (self.corpus / "table-000000.json").write_text(json.dumps(self.table))
        write_manifest(self.corpus)

    def write_checkpoint(self):
        self.checkpoint = self.root / "run/checkpoints/step-00000010"
        self.checkpoint.mkdir(parents=True)
        weights = {"a": numpy.ones((2, 3), numpy.float32), "b": numpy.ones(4, numpy.float32)}
        name = "model-00001-of-00001.safetensors"
        save_file(weights, self.checkpoint / name)
        index = {"metadata": {}, "weight_map": {key: name for key in weights}}
        (self.checkpoint / "model.safetensors.index.json").write_text(json.dumps(index))
        write_manifest(self.checkpoint)

    def read(self) -> tuple[int, str]:
        with contextlib.redirect_stdout(io.StringIO()) as output:
            _, wrong = read_outputs.read(self.root)
        return wrong, output.getvalue()

    def test_whole_outputs_are_read(self):
        wrong, output = self.read()
        self.assertEqual(wrong, 0, output)
        self.assertIn("2 tensors, 10 elements", output)
        self.assertIn("3 samples in 1 shards", output)
        self.assertEqual(len(output.splitlines()), 5)

    def test_a_sample_missing_from_the_archive_is_found(self):
        self.table["keys"].append("birds/c")
        self.write_index()
        self.assertIn("differ first at sample 3", self.read()[1])

    def test_samples_in_another_order_are_found(self):
        self.table["keys"].reverse()
        self.write_index()
        self.assertIn("differ first at sample 0", self.read()[1])

    def test_a_wrong_count_of_members_is_found(self):
        self.index["members"]["txt"] = 2
        self.write_index()
        self.assertIn("WRONG: counts", self.read()[1])

    def test_a_truncated_shard_is_found_by_zstd_and_by_its_checksum(self):
        path = self.corpus / "shard-000000.tar.zst"
        path.write_bytes(path.read_bytes()[:-9])
        wrong, output = self.read()
        self.assertEqual(wrong, 2, output)

    def test_a_truncated_weight_file_is_found_by_safetensors_and_by_its_checksum(self):
        path = self.checkpoint / "model-00001-of-00001.safetensors"
        path.write_bytes(path.read_bytes()[:-1])
        wrong, output = self.read()
        self.assertGreaterEqual(wrong, 2, output)
        self.assertIn("safetensors cannot read it", output)

    def test_an_index_that_names_another_tensor_is_found(self):
        path = self.checkpoint / "model.safetensors.index.json"
        path.write_text(path.read_text().replace('"b"', '"c"'))
        write_manifest(self.checkpoint)
        self.assertIn("its files hold something else: b, c", self.read()[1])

    def test_a_file_that_the_manifest_does_not_mention_is_found(self):
        (self.checkpoint / "state.json").write_text("{}")
        self.assertIn("does not mention state.json", self.read()[1])

    def test_directories_set_aside_are_left_alone(self):
        (self.checkpoint / "model-00001-of-00001.safetensors").write_bytes(b"")
        self.checkpoint.rename(self.checkpoint.with_name("step-00000010.damaged"))
        self.assertEqual(self.read()[0], 0)


if __name__ == "__main__":
    unittest.main()
