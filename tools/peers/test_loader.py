"""Tests of the measuring around the loader: what is measured, how rounds become rows, and the images made for it."""

import io
import stat
import tempfile
import types
import unittest
from pathlib import Path

import numpy
from PIL import Image

import loader
import webdataset_loader


class Loader(unittest.TestCase):
    def test_a_round_in_which_the_machine_was_slow_for_both_changes_nothing(self):
        def peer(speed):
            return {"images_per_second": speed, "webdataset": "1", "pillow": "13", "libjpeg": "3"}

        rows = loader.rows_of(
            "stamps", [{"value": v} for v in (300, 30, 320)],
            {False: [peer(v) for v in (100, 10, 100)], True: [peer(v) for v in (150, 15, 160)]})
        self.assertEqual([row["value"] for row in rows], [300, 100, 150])
        self.assertEqual([row.get("ratio") for row in rows], [None, 3, 2])

    def test_unusable_images_are_not_counted_as_fast_ones(self):
        with tempfile.TemporaryDirectory() as folder:
            binary = Path(folder) / "unimo"
            binary.write_text("""#!/bin/sh
echo '{"rows":[{"value":5,"unit":"images/s","skipped":1}]}'
""")
            binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
            arguments = types.SimpleNamespace(size=224, core=0)
            with self.assertRaisesRegex(loader.Fault, "1 images could not be used"):
                loader.ours(binary, Path("corpus"), arguments)

    def test_photographs_are_the_same_every_time_and_differ(self):
        first = numpy.asarray(loader.photograph(1))
        self.assertEqual(first.shape, (480, 640, 3))
        self.assertTrue((first == numpy.asarray(loader.photograph(1))).all())
        self.assertGreater(numpy.std(first), 10)
        self.assertFalse((first == numpy.asarray(loader.photograph(2))).all())

    def test_the_peer_ends_with_planes_between_minus_one_and_one(self):
        buffer = io.BytesIO()
        Image.new("RGB", (40, 30), (255, 0, 0)).save(buffer, "PNG")
        array = webdataset_loader.to_array(buffer.getvalue(), 16, False)
        self.assertEqual((array.shape, array.dtype), ((3, 16, 16), numpy.float32))
        self.assertTrue((array[0] == 1).all() and (array[1:] == -1).all())


if __name__ == "__main__":
    unittest.main()
