"""Runs the built binary for the checks of the command line, and holds what it says against what was promised."""

import os
import pathlib
import subprocess

BINARY = None
CHECKS = []
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def check(function):
    """Adds a function of a scratch folder to the checks; its docstring is the promise."""
    CHECKS.append(function)
    return function


def set_binary(path):
    global BINARY
    BINARY = str(pathlib.Path(path).resolve())


def environment(**more):
    """The environment without settings of the matrix library or fault points of the caller's, and a width of 100."""
    foreign = ("OPENBLAS_", "UNIMO_FAULT")
    own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return own | {"COLUMNS": "100"} | more


def run(*arguments, stdin=b"", code=0, cwd=None, more={}):
    """Runs unimo; returns (standard output, standard error) as text once the exit code is as expected.

    `more` is added to the environment."""
    done = subprocess.run(
        [BINARY, *map(str, arguments)], input=stdin, capture_output=True, cwd=cwd, env=environment(**more), timeout=120
    )
    out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    expect(done.returncode == code, f"unimo {' '.join(map(str, arguments))}: exit {done.returncode}, not {code}\n{err}")
    return out, err


def measured(*arguments, code=0):
    """Runs unimo; returns standard error and the most memory it had, in MB."""
    process = subprocess.Popen(
        [BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=environment())
    err = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    expect(process.returncode == code, f"{arguments}: exit {process.returncode}, not {code}\n{err}")
    return err, usage.ru_maxrss / 1e3


def peek(corpus, key, *arguments):
    """What `corpus peek` writes to standard output, as bytes."""
    return subprocess.run(
        [BINARY, "corpus", "peek", corpus, key, *arguments], capture_output=True, check=True, env=environment()).stdout


def pack(kind, sources, out, *arguments, **options):
    """Packs; returns (standard output, standard error)."""
    sources = sources if isinstance(sources, list) else [sources]
    return run("corpus", "pack", "--kind", kind, "--from", *sources, "--out", out, *arguments, **options)


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def expect_text(found, wanted):
    expect(found == wanted, f"expected\n  {wanted!r}\nfound\n  {found!r}")


def expect_words(text, *words):
    for word in words:
        expect(word in text, f"the message lacks {word!r}:\n{text[-3000:]}")


def shell(command, cwd):
    return subprocess.run(
        ["bash", "-o", "pipefail", "-ec", command], cwd=cwd, check=True, capture_output=True, text=True
    ).stdout


def folder(parent, name, files):
    """A folder of files, by path."""
    for path, contents in files.items():
        target = parent / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    return parent / name
