"""The list of checks: each has a sentence that says what is promised, and returns the figures it found."""

import functools
import pathlib
import tempfile
import time
import traceback

CHECKS = []


def check(promise):
    """Adds a function of a scratch folder to the list."""

    def add(function):
        CHECKS.append((promise, function))
        return function

    return add


def once(function):
    """What several checks need and takes long: made once, in a folder that lasts; its failure fails each of them."""
    outcome = {}

    @functools.wraps(function)
    def wrapped(folder, *key):
        if key not in outcome:
            try:
                outcome[key] = function(folder, *key), None
            except Exception as error:
                outcome[key] = None, error
        value, error = outcome[key]
        if error:
            raise error
        return value

    return wrapped


def run_all(pattern):
    """Runs the checks whose module or promise contains `pattern`, prints a line for each. Returns the exit code."""
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="unimo-ranks-") as folder:
        for number, (promise, function) in enumerate(CHECKS):
            if pattern not in promise and pattern not in function.__module__:
                continue
            scratch = pathlib.Path(folder) / f"check-{number:02}"
            scratch.mkdir()
            start = time.monotonic()
            try:
                figures = function(scratch)
                passed += 1
                line = f"ok    {promise}" + (f": {figures}" if figures else "")
            except Exception as error:  # any failure is this check's
                failed += 1
                place = traceback.extract_tb(error.__traceback__)[-1 if not isinstance(error, AssertionError) else -2]
                text = f"{type(error).__name__} at {pathlib.Path(place.filename).name}:{place.lineno}: {error}"
                line = f"FAIL  {promise}\n" + "\n".join(f"      {row}" for row in text.splitlines())
            print(f"{line} ({time.monotonic() - start:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0
