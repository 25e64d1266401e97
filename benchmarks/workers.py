"""Explorations side by side: the steps of several workers against those of one, and their memory.

    uv run python benchmarks/workers.py                       # SevenNet-0, 32 atoms, 1 and 2
    uv run python benchmarks/workers.py --calculator emt
    uv run python benchmarks/workers.py --memory              # one worker over 10,000 steps

Every worker is a process with one thread that keeps its model, as in a run. They start each round
together, and rounds of one and of several alternate, so that what else the machine does reaches
both. A round's speed is that of all its steps in the time of its slowest worker.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
for variable in THREAD_VARIABLES:
    os.environ[variable] = "1"  # read when NumPy and torch are imported

import psutil  # noqa: E402
from ase import Atoms  # noqa: E402
from ase.build import bulk  # noqa: E402

from mlip_autopipec.calculators.factory import build_calculator  # noqa: E402
from mlip_autopipec.config.exploration import ExplorationConfig  # noqa: E402
from mlip_autopipec.explorers.md_engine import explore  # noqa: E402
from mlip_autopipec.explorers.result import Progress  # noqa: E402

CALCULATORS: dict[str, dict[str, Any]] = {
    "sevennet": {"kind": "sevennet", "model": "7net-0"},
    "emt": {"kind": "emt"},
}
REPEATS = {"sevennet": 2, "emt": 3}  # 32 and 108 atoms
STEPS = {"sevennet": 200, "emt": 1500}
MIB = 2**20


def settings(kind: str, n_steps: int) -> ExplorationConfig:
    """Return an exploration as the quick start has it, with its Monte Carlo."""
    return ExplorationConfig.model_validate(
        {
            "calculator": CALCULATORS[kind],
            "temperature_K": {"start": 300, "end": 1200},
            "n_steps": n_steps,
            "monte_carlo": {"kind": "swap", "every": 20, "attempts": 4},
        }
    )


def alloy(kind: str, number: int) -> Atoms:
    """Return a rattled Cu-Au crystal."""
    n = REPEATS[kind]
    atoms = bulk("Cu", cubic=True, a=3.85) * (n, n, n)
    atoms.numbers[::2] = 79
    atoms.rattle(0.05, seed=1)
    atoms.info["structure_id"] = f"alloy-{number:04d}"
    return atoms


def work(orders: Connection, kind: str, number: int) -> None:
    """Explore as often as told: an order is the number of steps and when to begin; 0 ends."""
    calculator = build_calculator(settings(kind, 1))
    while True:
        n_steps, start = orders.recv()
        if not n_steps:
            return
        time.sleep(max(0.0, start - time.time()))
        with tempfile.TemporaryDirectory() as folder:
            result = explore(
                alloy(kind, number),
                settings(kind, n_steps),
                seed=number,
                directory=Path(folder),
                calculator=calculator,
            )
        orders.send((result.status, time.time() - start))


def round_of(pipes: list[Connection], n_steps: int) -> float:
    """Let some workers explore at once; return their steps a second together."""
    start = time.time() + 0.5
    for pipe in pipes:
        pipe.send((n_steps, start))
    answers = [pipe.recv() for pipe in pipes]
    failed = [status for status, _ in answers if status != "ok"]
    if failed:
        raise SystemExit(failed[0])
    return len(pipes) * n_steps / max(seconds for _, seconds in answers)


def scaling(kind: str, n_workers: int, n_rounds: int) -> None:
    """Print the speed of one and of several workers."""
    context = multiprocessing.get_context("spawn")
    ends = [context.Pipe() for _ in range(n_workers)]
    workers = [
        context.Process(target=work, args=(theirs, kind, number), daemon=True)
        for number, (_, theirs) in enumerate(ends)
    ]
    for worker in workers:
        worker.start()
    pipes = [ours for ours, _ in ends]
    round_of(pipes, 20)  # models are loaded and kernels touched
    singles, together = [], []
    for _ in range(n_rounds):
        singles.append(round_of(pipes[:1], STEPS[kind]))
        together.append(round_of(pipes, STEPS[kind]))
    for pipe in pipes:
        pipe.send((0, 0.0))
    ratios = sorted(many / one for one, many in zip(singles, together, strict=True))
    print(
        f"{kind}, {len(alloy(kind, 0))} atoms: {statistics.median(singles):.1f} steps/s with one "
        f"worker, {statistics.median(together):.1f} with {n_workers}: "
        f"{statistics.median(ratios):.2f} times ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


def memory(kind: str, n_steps: int) -> None:
    """Print the resident memory of a worker as the steps go by."""
    process = psutil.Process()
    marks: dict[int, float] = {}
    every = n_steps // 10

    def on_progress(progress: Progress) -> None:
        mark = progress.step // every * every
        if mark and mark not in marks:
            marks[mark] = process.memory_info().rss / MIB
            print(f"step {progress.step:6d}: {marks[mark]:8.1f} MiB", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        config = settings(kind, n_steps)
        explore(alloy(kind, 0), config, seed=0, directory=Path(folder), on_progress=on_progress)
    growth = marks[max(marks)] - marks[min(marks)]
    print(f"from step {min(marks)} to {max(marks)}: {growth:+.1f} MiB")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calculator", choices=sorted(CALCULATORS), default="sevennet")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--steps", type=int, default=10_000, help="of the memory's measurement")
    options = parser.parse_args()
    if options.memory:
        memory(options.calculator, options.steps)
    else:
        scaling(options.calculator, options.workers, options.rounds)


if __name__ == "__main__":
    main()
