"""What exploration costs beside a bare ASE loop on the same calculator, in one run.

    uv run python benchmarks/exploration_overhead.py

Blocks of bare `LangevinBAOAB` steps on the model alone alternate with blocks of `explore` on the
model mixed with ZBL, with guards, checkpoints, frames and Monte Carlo bookkeeping. A block is timed
from the set-up of the dynamics to the finished trajectory file. Monte Carlo adds evaluations of its
own, so times are given per evaluation of the model.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

THREADS = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv else "1"
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = THREADS  # read when NumPy and torch are imported

import numpy as np  # noqa: E402
from ase import Atoms, units  # noqa: E402
from ase.build import bulk  # noqa: E402
from ase.calculators.calculator import Calculator  # noqa: E402
from ase.md.langevinbaoab import LangevinBAOAB  # noqa: E402

from mlip_autopipec.calculators.factory import build_calculator  # noqa: E402
from mlip_autopipec.config.exploration import ExplorationConfig  # noqa: E402
from mlip_autopipec.explorers.md_engine import explore  # noqa: E402
from mlip_autopipec.explorers.momenta import thermal_momenta  # noqa: E402


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes:
        name: What is compared.
        calculator: The config's calculator section.
        repeat: Cubic fcc cells along each axis.
        n_steps: MD steps of a block.
        ensemble: ``nvt`` or ``npt``.
        moves: The config's Monte Carlo section, or None.
        limit: Ratio that should not be exceeded; None where it is only reported.
    """

    name: str
    calculator: dict[str, str]
    repeat: int
    n_steps: int
    ensemble: str
    moves: dict[str, Any] | None
    limit: float | None

    @property
    def n_evaluations(self) -> int:
        """Evaluations of the model in a block of `explore`."""
        moves = self.moves
        tried = 0 if moves is None else self.n_steps // moves["every"] * moves["attempts"]
        return 1 + self.n_steps + tried


SEVENNET, EMT = {"kind": "sevennet", "model": "7net-0"}, {"kind": "emt"}
MOVES = {"kind": "swap", "every": 20, "attempts": 4}
CASES = (
    Case("EMT, 108 atoms, NVT", EMT, 3, 300, "nvt", None, 1.10),
    Case("EMT, 108 atoms, NPT", EMT, 3, 150, "npt", None, 1.10),
    Case("SevenNet-0, 32 atoms, NVT", SEVENNET, 2, 100, "nvt", None, 1.03),
    Case("SevenNet-0, 32 atoms, NPT", SEVENNET, 2, 100, "npt", None, 1.03),
    Case("SevenNet-0, 32 atoms, NVT, moves", SEVENNET, 2, 100, "nvt", MOVES, 1.03),
)


def alloy(repeat: int) -> Atoms:
    """Return a Cu-Au crystal of 4 repeat³ atoms, rattled."""
    atoms = bulk("Cu", cubic=True, a=3.85) * (repeat, repeat, repeat)
    atoms.numbers[::2] = 79
    atoms.rattle(0.05, seed=1)
    return atoms


def bare_block(case: Case, model: Calculator, seed: int) -> tuple[float, float]:
    """Return wall and CPU time in seconds per evaluation of a bare loop."""
    atoms = alloy(case.repeat)
    atoms.set_momenta(thermal_momenta(atoms, 600.0, np.random.default_rng(seed)))
    model.reset()
    atoms.calc = model
    pressure = {"externalstress": 0.0, "hydrostatic": True, "P_mass": 1e4, "P_tau": 1000 * units.fs}
    begin, begin_cpu = time.perf_counter(), time.process_time()
    LangevinBAOAB(
        atoms,
        2.0 * units.fs,
        temperature_K=600.0,
        T_tau=100.0 * units.fs,
        rng=np.random.default_rng(seed),
        **(pressure if case.ensemble == "npt" else {}),
    ).run(case.n_steps)
    wall, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    return wall / (case.n_steps + 1), cpu / (case.n_steps + 1)


def explore_block(
    case: Case, config: ExplorationConfig, calculator: Calculator, seed: int
) -> tuple[float, float]:
    """Return wall and CPU time in seconds per evaluation of an exploration."""
    with tempfile.TemporaryDirectory() as directory:
        begin, begin_cpu = time.perf_counter(), time.process_time()
        result = explore(
            alloy(case.repeat),
            config,
            seed=seed,
            directory=Path(directory),
            calculator=calculator,
            on_progress=lambda _progress: None,
        )
        wall, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    if result.status != "ok":
        raise SystemExit(result.reason)
    return wall / case.n_evaluations, cpu / case.n_evaluations


def compare(case: Case, n_blocks: int) -> str:
    """Return a row of the table."""
    config = ExplorationConfig.model_validate(
        {
            "calculator": case.calculator,
            "ensemble": case.ensemble,
            "temperature_K": 600.0,
            "n_steps": case.n_steps,
            "monte_carlo": case.moves,
        }
    )
    calculator = build_calculator(config)
    bare, mine = [], []
    for block in range(n_blocks + 1):
        bare.append(bare_block(case, calculator.mlip, block))
        mine.append(explore_block(case, config, calculator, block))
    del bare[0], mine[0]  # compilation and first touches
    walls = [m[0] / b[0] for m, b in zip(mine, bare, strict=True)]
    cpus = [m[1] / b[1] for m, b in zip(mine, bare, strict=True)]
    limit = "" if case.limit is None else f"{case.limit:.2f}"
    return (
        f"{case.name:34} {1e3 * statistics.median(b[0] for b in bare):9.2f}"
        f" {1e3 * statistics.median(m[0] for m in mine):9.2f}"
        f" {statistics.median(walls):7.3f} {statistics.median(cpus):7.3f} {limit:>6}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=5, help="blocks of each kind")
    parser.add_argument("--threads", default="1", help="threads of the model")
    parser.add_argument("--only", default="", help="cases whose name holds this text")
    options = parser.parse_args()
    print(
        f"{'per evaluation':34} {'bare, ms':>9} {'mine, ms':>9}"
        f" {'ratio':>7} {'CPU':>7} {'limit':>6}"
    )
    for case in CASES:
        if options.only in case.name:
            print(compare(case, options.blocks), flush=True)


if __name__ == "__main__":
    main()
