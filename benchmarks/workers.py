"""Explorations side by side: the steps of several workers against those of one, and their memory.

    uv run python -m benchmarks.workers                     # SevenNet-0, 32 atoms, 1 and 2
    uv run python -m benchmarks.workers --calculator emt
    uv run python -m benchmarks.workers --memory            # one worker over 10,000 steps

Every worker is a process with one thread that keeps its model, as in a run.
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
for variable in THREAD_VARIABLES:
    os.environ[variable] = "1"  # read when NumPy and torch are imported

import psutil  # noqa: E402
from ase import Atoms  # noqa: E402
from ase.build import bulk  # noqa: E402

from benchmarks import side_by_side  # noqa: E402
from benchmarks.side_by_side import Task  # noqa: E402
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


def alloy(kind: str) -> Atoms:
    """Return a rattled Cu-Au crystal."""
    n = REPEATS[kind]
    atoms = bulk("Cu", cubic=True, a=3.85) * (n, n, n)
    atoms.numbers[::2] = 79
    atoms.rattle(0.05, seed=1)
    atoms.info["structure_id"] = "alloy-0000"
    return atoms


def prepare(kind: str, _number: int) -> Task:
    """Load the model in a process of its own; return a task that explores once, all the same."""
    calculator = build_calculator(settings(kind, 1))

    def task() -> float:
        with tempfile.TemporaryDirectory() as folder:
            result = explore(
                alloy(kind),
                settings(kind, STEPS[kind]),
                seed=0,
                directory=Path(folder),
                calculator=calculator,
            )
        if result.status != "ok":
            raise SystemExit(result.status)
        return STEPS[kind]

    return task


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
        explore(alloy(kind), config, seed=0, directory=Path(folder), on_progress=on_progress)
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
        arguments = (options.calculator,)
        rates = side_by_side.compare(prepare, arguments, options.workers, options.rounds)
        print(f"{options.calculator}, {len(alloy(options.calculator))} atoms, steps: {rates}")


if __name__ == "__main__":
    main()
