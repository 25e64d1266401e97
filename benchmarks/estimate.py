"""What `validate --estimate` foretells beside what a run then takes: time, memory and disk.

    uv run python benchmarks/estimate.py emt-short emt-large cu-au cu-au-large

Each case is foretold and then run by the program itself, in a temporary folder with a Prefect
server of its own that runs already. Memory is the sum of the resident pages of the run's processes
(without the server's), looked at every 0.2 s; that of a worker counts its simulation in.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

PROGRAM = Path(sys.executable).with_name("mlip-autopipe")
EXAMPLE = Path(__file__).parents[1] / "examples" / "cu-au.yaml"
LOOK_S = 0.2
EMT = "exploration.calculator={kind: emt}"
CASES = {
    "nothing": [EMT, "exploration.n_steps=5", "generation.0.n_structures=2"],
    "emt-short": [EMT, "exploration.n_steps=2000", "exploration.save_every=20"],
    "emt-large": [
        EMT,
        "exploration.n_steps=600",
        "exploration.save_every=4",
        "generation.0.supercell=[4, 4, 4]",
        "generation.0.n_structures=6",
        "sampling.n_samples=200",
    ],
    "cu-au": [],
    "cu-au-large": [
        "exploration.n_steps=80",
        "generation.0.supercell=[3, 3, 2]",
        "generation.0.composition={Cu: 0.75, Au: 0.25}",
        "generation.0.n_structures=3",
    ],
}


@dataclass(frozen=True)
class Taken:
    """What a run took.

    Attributes:
        wall_s: From the start of the program to its end, in s.
        worker_bytes: Most memory of a worker and its simulation.
        memory_bytes: Most memory of all its processes together.
        disk_bytes: Size of the run directory.
    """

    wall_s: float
    worker_bytes: int
    memory_bytes: int
    disk_bytes: int


def call(folder: Path, *arguments: str) -> str:
    """Run the program to its end; return what it printed."""
    command = [str(PROGRAM), *arguments]
    done = subprocess.run(  # noqa: S603 - the program under measurement
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a user whose package home lies in a folder."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return plain | {"MLIP_AUTOPIPE_HOME": str(folder / "home")}


def run(folder: Path, settings: list[str]) -> Taken:
    """Run a case, looking at the memory of its processes."""
    worker_bytes = memory_bytes = 0
    begin = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - the program under measurement
        [str(PROGRAM), "run", str(EXAMPLE), "--run-dir", "run", *settings],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            worker, everything = look(process.pid)
            worker_bytes, memory_bytes = max(worker_bytes, worker), max(memory_bytes, everything)
            time.sleep(LOOK_S)
    wall_s = time.perf_counter() - begin
    if process.returncode:
        message = f"exit code {process.returncode}"
        raise SystemExit(message)
    files = [path for path in (folder / "run").rglob("*") if path.is_file()]
    return Taken(wall_s, worker_bytes, memory_bytes, sum(path.stat().st_size for path in files))


def look(pid: int) -> tuple[int, int]:
    """Return the memory of the largest worker with its simulation, and of all processes."""
    total, workers = 0, [0]
    try:
        root = psutil.Process(pid)
        total += root.memory_info().rss
        for child in root.children():
            try:
                family = [child, *child.children(recursive=True)]
                workers.append(sum(each.memory_info().rss for each in family))
            except psutil.NoSuchProcess:
                continue
    except psutil.NoSuchProcess:
        return 0, 0
    return max(workers), total + sum(workers)


def main() -> None:
    """Print one line a case and quantity."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="+", choices=CASES)
    print(f"{'case':12} {'':16} {'foretold':>9} {'real':>9} {'ratio':>6}")
    for case in parser.parse_args().cases:
        settings = [part for setting in CASES[case] for part in ("--set", setting)]
        with tempfile.TemporaryDirectory(prefix="estimate-") as name:
            folder = Path(name)
            call(folder, "server", "start")
            try:
                said = call(folder, "validate", str(EXAMPLE), "--estimate", "--json", *settings)
                taken = run(folder, settings)
            finally:
                call(folder, "server", "stop")
        report(case, json.loads(said)["estimate"], taken)


def report(case: str, foretold: dict[str, float], taken: Taken) -> None:
    """Print the lines of a case."""
    units = {"wall_s": (1.0, "s"), "worker_bytes": (1e6, "MB"), "memory_bytes": (1e6, "MB")}
    for name, (unit, symbol) in (units | {"disk_bytes": (1e6, "MB")}).items():
        real = getattr(taken, name)
        print(
            f"{case:12} {name:16} {foretold[name] / unit:8.1f}{symbol:>2} {real / unit:8.1f}"
            f"{symbol:>2} {foretold[name] / real:6.2f}",
            flush=True,
        )
    parts = ("start_s", "generate_s", "scan_s", "explore_s", "describe_s", "select_s")
    print("  " + ", ".join(f"{name} {foretold[name]:.1f}" for name in parts), flush=True)


if __name__ == "__main__":
    main()
