"""Times `unimo` encoding texts against Hugging Face's `tokenizers`, one core and one thread each, taking turns.

Two texts: WordNet's glosses, and made-up lines in many scripts. Each is timed as it is and with every word new, where
remembering words does not help; the first half of the lines warms a new tokenizer, the second is timed. Before, the ids
of all lines are compared: a difference ends the run. The other side gets the fastest of encode, encode_batch and
encode_batch_fast. `ratio` is unimo's MB/s over the peer's: the median over rounds.

With --compare N, nothing is timed: N seeded random texts from all of Unicode are encoded by both, with three tokenizers,
and decoded again. With --train, vocabularies trained by both on the same text are compared.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import hf_tokenizer
import step
from step import HERE, ROOT, Fault

sys.path.insert(0, str(ROOT / "tools/reference"))
import unicode_texts  # noqa: E402

WORKER = [sys.executable, str(HERE / "hf_tokenizer.py")]
VARIANTS = [("", []), (", every word new", ["--new"])]
EXTRA = ["<s>", "<mask>", " </s> ", "FOO", "xFOO", "BAR  ", "the cat", "東"]


def environment() -> dict[str, str]:
    return step.clean_environment() | {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1"}


def unimo(binary: Path, *arguments, data: bytes | None = None) -> bytes:
    command = [str(binary), *map(str, arguments)]
    done = subprocess.run(command, input=data, capture_output=True, env=environment())
    if done.returncode != 0:
        raise Fault(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def find_glosses(directory: Path) -> Path:
    """Those of the demo, or else from Debian's package."""
    found = ROOT / "runs/demo/sources/glosses.txt"
    if found.is_file():
        return found
    try:
        subprocess.run(["apt-get", "download", "wordnet-base"], cwd=directory, check=True, capture_output=True)
        package = next(directory.glob("wordnet-base*.deb"))
        subprocess.run(["dpkg-deb", "-x", str(package), str(directory)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError, StopIteration) as error:
        raise Fault(f"the package wordnet-base can't be had ({error}); name a text with --glosses") from None
    glosses = directory / "glosses.txt"
    with glosses.open("w") as output:
        for name in ("noun", "verb", "adj", "adv"):
            for line in (directory / f"usr/share/wordnet/data.{name}").read_text().splitlines():
                if not line.startswith("  ") and "|" in line:
                    print(line.split("|", 1)[1].strip(), file=output)
    return glosses


def ids_differ(binary: Path, directory: Path, lines: list[str], flag: list[str] | None = None) -> int:
    """Lines that get other ids, or do not come back when they are decoded."""
    text = "".join(line + "\n" for line in lines).encode()
    printed = unimo(binary, "tokenizer", "encode", directory, *(flag or []), data=text)
    rows = printed.decode().split("\n")
    if len(rows) != len(lines) + 1:
        raise Fault(f"tokenizer encode: {len(lines)} lines became {len(rows) - 1}")
    tokenizer = hf_tokenizer.load(directory)
    tokenizer.encode_special_tokens = not flag
    # Added tokens that take blanks along, and a blank before the text, do not come back as they went.
    lossy = (directory / "tokenizer.json").exists()
    back = unimo(binary, "tokenizer", "decode", directory, "--specials", data=printed).split(b"\n")
    differ = 0
    for line, row, again in zip(lines, rows, back):
        wanted = tokenizer.encode(line, add_special_tokens=False).ids
        differ += list(map(int, row.split())) != wanted or (not lossy and again != line.encode())
    return differ


def write_document(source: Path, directory: Path, prefix: bool) -> Path:
    """A tokenizer.json with added tokens, and with a blank before every text if `prefix`."""
    tokenizer = hf_tokenizer.load(source)
    tokenizer.pre_tokenizer = hf_tokenizer.pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    from tokenizers import AddedToken

    tokenizer.add_special_tokens(
        [AddedToken(name, special=True, lstrip=name == "<mask>") for name in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")])
    tokenizer.add_tokens([AddedToken("FOO", single_word=True), AddedToken("BAR", rstrip=True), "the cat",
                          AddedToken("東", lstrip=True, single_word=True)])
    directory.mkdir()
    tokenizer.save(str(directory / "tokenizer.json"))
    return directory


def compare(arguments, directory: Path, trained: Path, say) -> int:
    texts = list(unicode_texts.texts(arguments.seed, arguments.compare, extra=EXTRA))
    # A line is a text.
    texts = [text.replace("\n", "\r") for text in texts]
    say(f"{len(texts)} texts, {sum(map(len, texts))} scalars, {len(set().union(*texts))} different ones")
    bad = 0
    for name, tokenizer in (
        ("vocab.json and merges.txt", trained),
        ("tokenizer.json", write_document(trained, directory / "document", False)),
        ("tokenizer.json with a blank before", write_document(trained, directory / "prefixed", True)),
    ):
        for flag in [None] if tokenizer == trained else [None, ["--specials"]]:
            differ = ids_differ(arguments.unimo, tokenizer, texts, flag)
            say(f"{name}{', names of special tokens recognised' if flag else ''}: {differ} texts differ")
            bad += differ
    return 1 if bad else 0


def compare_training(arguments, directory: Path, texts: list[Path], say) -> int:
    """The merges of both trainers, in order."""
    bad = 0
    for text in texts:
        ours, theirs = directory / f"{text.stem}-ours", directory / f"{text.stem}-theirs"
        theirs.mkdir()
        unimo(arguments.unimo, "tokenizer", "train", ours, "--from", text, "--vocabulary", arguments.vocabulary)
        subprocess.run([*WORKER, "train", str(text), str(arguments.vocabulary), str(theirs)], check=True, env=environment())
        merges = [(path / "merges.txt").read_text().splitlines()[1:] for path in (ours, theirs)]
        same = next((n for n, (a, b) in enumerate(zip(*merges)) if a != b), min(map(len, merges)))
        say(f"{text.name}: {len(merges[0])} merges of ours, {len(merges[1])} of theirs, the first {same} are the same")
        bad += merges[0] != merges[1]
    return 1 if bad else 0


class Peer:
    """Hugging Face's tokenizer on one text, encoding in the fastest of its ways."""

    def __init__(self, directory: Path, text: Path, options: list[str], core: int):
        self.directory, self.text, self.options, self.core = directory, text, options, core
        self.way = max(hf_tokenizer.WAYS, key=self.speed)

    def speed(self, way: str | None = None) -> float:
        command = [*WORKER, "time", str(self.directory), way or self.way, str(self.text), *self.options]
        result = step.run(command, self.core, environment())
        return result["bytes"] / result["seconds"] / 1e6


def own_speeds(arguments, directory: Path, text: Path) -> list[float]:
    """As it is, and with every word new."""
    command = [str(arguments.unimo), "bench", "tokenizer", str(directory), "--from", str(text), "--repetitions", "1"]
    rows = step.run([*command, "--json"], arguments.core, environment())["rows"]
    return [row["value"] for row in rows]


def measure(arguments, directory: Path, texts: list[tuple[str, Path]], say) -> list[dict]:
    rows = []
    for name, text in texts:
        lines = hf_tokenizer.read_lines(text)
        if differ := ids_differ(arguments.unimo, directory, lines):
            raise Fault(f"{name}: {differ} of {len(lines)} lines get other ids")
        say(f"{name}: {len(lines)} lines get the same ids")
        peers = [Peer(directory, text, options, arguments.core) for _, options in VARIANTS]
        own, theirs = [], []
        for number in range(arguments.rounds):
            def ours():
                own.append(own_speeds(arguments, directory, text))

            def others():
                theirs.append([peer.speed() for peer in peers])

            for turn in (ours, others) if number % 2 == 0 else (others, ours):
                turn()
            say(f"{name}, round {number + 1}: unimo {own[-1][0]:.1f} MB/s, tokenizers {theirs[-1][0]:.2f} MB/s")
        rows += rows_of(name, own, theirs, [peer.way for peer in peers])
    return rows


def rows_of(name: str, own: list[list[float]], theirs: list[list[float]], ways: list[str]) -> list[dict]:
    rows = []
    for index, (suffix, _) in enumerate(VARIANTS):
        mine, others = [r[index] for r in own], [r[index] for r in theirs]
        rows.append({
            "name": name + suffix, "value": statistics.median(mine), "unit": "MB/s", "peak": None,
            "peer": f"tokenizers {version('tokenizers')}, {ways[index]}", "peer_value": statistics.median(others),
            "ratio": statistics.median(a / b for a, b in zip(mine, others)),
        })
    return rows


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], epilog=__doc__.split("\n\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter, prog="tokenizer",
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns for both (default 5)")
    parser.add_argument("--unimo", type=Path, default=ROOT / ".build/release/unimo", help="the binary to measure")
    parser.add_argument("--core", type=int, default=max(step.os.sched_getaffinity(0)), help="the core to pin both to")
    parser.add_argument("--glosses", type=Path, help="another English text (default: WordNet's glosses)")
    parser.add_argument("--tokenizer", type=Path, help="a tokenizer directory (default: one trained on both texts)")
    parser.add_argument("--vocabulary", type=int, default=30_000, help="tokens of trained vocabularies (default 30000)")
    parser.add_argument("--seed", type=int, default=1, help="of made-up texts")
    parser.add_argument("--compare", type=int, metavar="N", help="compare ids of N random texts instead")
    parser.add_argument("--train", action="store_true", help="compare trained vocabularies instead")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds: expected 1 or more")
    if not arguments.unimo.is_file():
        parser.error(f"{arguments.unimo} is missing: build it with swift build -c release, or name it with --unimo")
    return arguments


def main() -> int:
    arguments = parse()

    def say(sentence: str) -> None:
        print(sentence, file=sys.stderr, flush=True)

    try:
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            glosses = arguments.glosses or find_glosses(directory)
            for seed, target in ((arguments.seed, "timed"), (arguments.seed + 1, "trained")):
                unimo(arguments.unimo, "bench", "tokenizer", "--seed", seed, "--repetitions", 1, "--vocabulary", 300,
                      "--save-texts", directory / target)
            trained = arguments.tokenizer
            if arguments.train:
                return compare_training(arguments, directory, [glosses, directory / "trained/mixed.txt"], say)
            if not trained:
                trained = directory / "tokenizer"
                unimo(arguments.unimo, "tokenizer", "train", trained, "--from", glosses,
                      directory / "trained/mixed.txt", "--vocabulary", arguments.vocabulary)
            if arguments.compare:
                return compare(arguments, directory, trained, say)
            texts = [("glosses", glosses), ("mixed scripts", directory / "timed/mixed.txt")]
            rows = measure(arguments, trained, texts, say)
    except Fault as fault:
        print(f"tokenizer: {fault}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps({"machine": step.machine(arguments.core), "rows": rows}))
    else:
        print(f"{'':32} {'MB/s':>7} {'theirs':>7} {'ratio':>6}")
        for row in rows:
            print(f"{row['name']:32} {row['value']:7.1f} {row['peer_value']:7.2f} {row['ratio']:6.1f}  {row['peer']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
