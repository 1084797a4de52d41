"""Times unimo's base-sized masked-language step against PyTorch's, one core each, taking turns.

PyTorch runs twice: stock, and on an AMD processor with AVX-512 also with its matrix library (MKL) told that the
processor is Intel's, because MKL keeps its AVX-512 kernels to those. For each, the fastest of eager and torch.compile
and of the fused and foreach AdamW is found first. `ratio` is unimo's tokens/s over the peer's: the median over rounds.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CANDIDATES = [("eager", "fused"), ("eager", "foreach"), ("compiled", "fused")]
# MKL asks this function before it takes a kernel; PyTorch exports it, so that a preloaded answer comes first.
SHIM = "int mkl_serv_intel_cpu_true(void) { return 1; }\n"


class Fault(Exception):
    """Why a side cannot be measured."""


def clean_environment(preload: Path | None = None) -> dict[str, str]:
    """One thread, and the matrix library's own choice of kernels."""
    environment = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    environment |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    if preload:
        environment["LD_PRELOAD"] = str(preload)
    return environment


def run(command: list[str], core: int, environment: dict[str, str]) -> dict:
    """Runs a command pinned to a core; its JSON with the peak memory the kernel counted."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *command], stdout=output, stderr=errors, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0), errors.seek(0)
        if process.returncode != 0:
            tail = errors.read().decode(errors="replace").strip().splitlines()[-3:]
            raise Fault(f"{' '.join(command)} ended with {process.returncode}: {' / '.join(tail)}")
        text = output.read().decode()
    try:
        return json.loads(text) | {"peak_bytes": usage.ru_maxrss * 1024}
    except ValueError:
        raise Fault(f"{' '.join(command)}: expected one JSON object, found {text[:80]!r}") from None


def unimo_step(binary: Path, core: int) -> dict:
    report = run([str(binary), "bench", "step", "--json"], core, clean_environment())
    rows = [row for row in report.get("rows", []) if row.get("unit") == "tokens/s"]
    if len(rows) != 1:
        raise Fault(f"{binary} bench step --json: expected one row in tokens/s, found {len(rows)}")
    return rows[0] | {"peak_bytes": report["peak_bytes"]}


class Torch:
    """PyTorch in one variant: stock, or with MKL's AVX-512 path."""

    def __init__(self, name: str, core: int, preload: Path | None):
        self.name, self.core, self.environment = name, core, clean_environment(preload)
        self.choice = CANDIDATES[0]
        self.label = ""

    def measure(self, warmup: int, steps: int) -> dict:
        mode, optimizer = self.choice
        options = ["--mode", mode, "--optimizer", optimizer, "--warmup", str(warmup), "--steps", str(steps)]
        result = run([sys.executable, str(HERE / "torch_step.py"), *options], self.core, self.environment)
        self.label = f"PyTorch {result['torch']} {self.name}, {mode}, {optimizer} AdamW"
        return result

    def choose(self, candidates: list[tuple[str, str]], say) -> None:
        """Keeps the fastest way to run the step; a way that does not work here is named and left out."""
        speeds = {}
        for choice in candidates:
            self.choice = choice
            try:
                speeds[choice] = self.measure(warmup=1, steps=2)["tokens_per_second"]
                say(f"{self.name}: {choice[0]}, {choice[1]} AdamW: {speeds[choice]:.0f} tokens/s")
            except Fault as fault:
                say(f"{self.name}: {choice[0]}, {choice[1]} AdamW does not work here: {fault}")
        if not speeds:
            raise Fault(f"PyTorch {self.name} does not run the step in any mode")
        self.choice = max(speeds, key=speeds.get)


def wants_shim() -> bool:
    """AMD, with AVX-512."""
    information = Path("/proc/cpuinfo").read_text()
    return "AuthenticAMD" in information and "avx512f" in information


def compile_shim(directory: Path) -> Path:
    library = directory / "intel_cpu.so"
    command = ["cc", "-O2", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library)]
    try:
        subprocess.run(command, input=SHIM, text=True, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Fault(f"cc is needed to enable MKL's AVX-512 path on this processor: {error}") from None
    return library


def variants(core: int, directory: Path, say) -> list[Torch]:
    found = [Torch("stock", core, None)]
    if wants_shim():
        found.append(Torch("with MKL's AVX-512 path", core, compile_shim(directory)))
    else:
        say("not an AMD processor with AVX-512: MKL already takes the best path it has here, so stock is all")
    return found


def measure_rounds(arguments, peers: list[Torch], say) -> tuple[list[dict], dict[str, list[dict]]]:
    """Everybody once per round, in an order that turns round from one to the next."""
    own, results = [], {peer.name: [] for peer in peers}
    for number in range(arguments.rounds):
        turns = ([] if arguments.torch_only else [None]) + peers
        for peer in turns if number % 2 == 0 else reversed(turns):
            if peer is None:
                own.append(unimo_step(arguments.unimo, arguments.core))
                say(f"round {number + 1}: unimo: {own[-1]['value']:.0f} tokens/s")
            else:
                result = peer.measure(warmup=1, steps=arguments.steps)
                results[peer.name].append(result)
                say(
                    f"round {number + 1}: {peer.label}: {result['tokens_per_second']:.0f} tokens/s, "
                    f"{result['gflops']:.0f} GFLOP/s; its products alone {result['product_gflops']:.0f} GFLOP/s"
                )
    return own, results


def rows_of(own: list[dict], peers: list[Torch], results: dict[str, list[dict]]) -> list[dict]:
    rows = []
    if own:
        middle = sorted(own, key=lambda row: row["value"])[len(own) // 2]
        rows.append({**middle, "name": "step"})
    for peer in peers:
        rounds = results[peer.name]
        row = {
            "name": f"step, {peer.name}",
            "value": statistics.median(r["tokens_per_second"] for r in rounds),
            "unit": "tokens/s",
            "peer": peer.label,
            "gflops": statistics.median(r["gflops"] for r in rounds),
            "product_gflops": max(r["product_gflops"] for r in rounds),
            "peak_bytes": max(r["peak_bytes"] for r in rounds),
        }
        if own:
            row["ratio"] = statistics.median(
                mine["value"] / theirs["tokens_per_second"] for mine, theirs in zip(own, rounds)
            )
        rows.append(row)
    return rows


def report(rows: list[dict]) -> None:
    print(f"{'':32} {'tokens/s':>9} {'ratio':>6} {'peak memory':>12}")
    for row in rows:
        ratio = f"{row['ratio']:6.2f}" if "ratio" in row else " " * 6
        memory = f"{row['peak_bytes'] / 1e9:.2f} GB"
        print(f"{row['name']:32} {row['value']:9.0f} {ratio} {memory:>12}  {row.get('peer', 'unimo')}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], epilog=__doc__.split("\n\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter, prog="step",
    )
    parser.add_argument("--rounds", type=int, default=3, help="turns for everybody (default 3)")
    parser.add_argument("--steps", type=int, default=5, help="timed PyTorch steps per turn, the median counts")
    parser.add_argument("--unimo", type=Path, default=ROOT / ".build/release/unimo", help="the binary to measure")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="the core to pin everybody to")
    parser.add_argument("--eager-only", action="store_true", help="leave torch.compile out")
    parser.add_argument("--torch-only", action="store_true", help="measure PyTorch alone")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.steps < 1:
        parser.error("--rounds and --steps: expected 1 or more")
    if not arguments.torch_only and not arguments.unimo.is_file():
        parser.error(f"{arguments.unimo} is missing: build it with swift build -c release, or name it with --unimo")
    return arguments


def machine(core: int) -> dict:
    names = [l.split(":", 1)[1].strip() for l in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in l]
    return {"cpu": names[0] if names else platform.machine(), "core": core, "load": os.getloadavg()[0]}


def main() -> int:
    arguments = parse()

    def say(sentence: str) -> None:
        print(sentence, file=sys.stderr, flush=True)

    about = machine(arguments.core)
    if about["load"] > 0.5:
        say(f"the machine is busy (load {about['load']:.1f}): figures will be low and uneven")
    candidates = [c for c in CANDIDATES if c[0] == "eager" or not arguments.eager_only]
    try:
        with tempfile.TemporaryDirectory() as directory:
            peers = variants(arguments.core, Path(directory), say)
            for peer in peers:
                peer.choose(candidates, say)
            own, results = measure_rounds(arguments, peers, say)
    except Fault as fault:
        print(f"step: {fault}", file=sys.stderr)
        return 1
    rows = rows_of(own, peers, results)
    if arguments.json:
        print(json.dumps({"machine": about, "rows": rows}))
    else:
        report(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
