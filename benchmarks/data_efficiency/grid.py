"""The grid of pools, strategies, sizes and seeds: one cell a potential, kept as it is made."""

import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from benchmarks.data_efficiency import basis as ace
from benchmarks.data_efficiency import held_out, learner, pools
from benchmarks.data_efficiency.basis import Basis
from benchmarks.data_efficiency.learner import Example, train
from benchmarks.data_efficiency.scores import Scores
from benchmarks.data_efficiency.selection import STRATEGIES, Selector
from benchmarks.data_efficiency.settings import Case
from mlip_autopipec.files import write_text
from mlip_autopipec.seeds import child_rng

Cell = dict[str, Any]


class Examples:
    """Frames as the learner sees them, each made once."""

    def __init__(self, case: Case) -> None:
        """Build the basis."""
        self._elements = case.system.elements
        self.basis = Basis(self._elements, case.degree, case.work / "design")

    def of(self, frame: Atoms) -> Example:
        """Return a frame's rows and labels."""
        counts = np.array([frame.symbols.count(each) for each in self._elements], dtype=np.float64)
        energy_eV, forces_eV_A = frame.info["energy_mlip_eV"], frame.arrays["forces_mlip"]
        return Example(self.basis.rows(frame), counts, energy_eV, forces_eV_A)


@dataclass(slots=True)
class PoolCells:
    """Potentials of one pool.

    Attributes:
        case: The case.
        pool: Name of the pool.
        frames: All its frames.
        examples: The same for the learner, as far as they were needed.
        tests: Examples of each test set.
    """

    case: Case
    pool: str
    frames: list[Atoms]
    maker: Examples
    examples: dict[int, Example]
    tests: dict[str, list[Example]]

    def fill(self) -> None:
        """Make what is missing, and keep it strategy by strategy."""
        for seed in self.case.seeds:
            missing = {
                strategy: self._missing(strategy, seed)
                for strategy in STRATEGIES
                if self._missing(strategy, seed)
            }
            if not missing:
                continue
            drawn = pools.drawn_pool(self.case, self.pool, self.frames, seed)
            with tempfile.TemporaryDirectory(prefix="data-efficiency-") as scratch:
                selector = Selector(
                    self.case.system, [self.frames[place] for place in drawn], Path(scratch)
                )
                for strategy, sizes in missing.items():
                    for n in sizes:
                        self._make(strategy, n, seed, drawn[selector.select(strategy, n, seed)])

    def _missing(self, strategy: str, seed: int) -> list[int]:
        """Return the sizes that there is no potential of."""
        kept = read_cells(cells_path(self.case, self.pool, strategy))
        return [n for n in self.case.sizes if name_of(n, seed) not in kept]

    def _make(self, strategy: str, n: int, seed: int, chosen: np.ndarray) -> None:
        """Train and test one potential, and keep what came out."""
        for place in chosen:
            if place not in self.examples:
                self.examples[place] = self.maker.of(self.frames[place])
        begin = time.process_time()
        fit = train(
            [self.examples[place] for place in chosen],
            self.maker.basis.penalties,
            child_rng(seed, "folds", self.pool, strategy, n),
        )
        seconds = time.process_time() - begin
        cell: Cell = {
            "n": n,
            "seed": seed,
            "strength": fit.strength,
            "training_s": round(seconds, 2),
            "scores": {name: Scores.of(fit, tests).as_dict() for name, tests in self.tests.items()},
            "frames": [int(place) for place in chosen],
        }
        path = cells_path(self.case, self.pool, strategy)
        cells = {**read_cells(path), name_of(n, seed): cell}
        lines = [f"{json.dumps(name)}: {json.dumps(each)}" for name, each in cells.items()]
        write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")
        print(f"{self.pool} {strategy} {n} seed {seed}: strength {fit.strength:g}", flush=True)


def fill(case: Case, names: list[str]) -> None:
    """Train and test what is missing, for the named pools or for all."""
    keep_settings(case)
    maker = Examples(case)
    tests = {
        name: [maker.of(frame) for frame in held_out.set_of(case, name)]
        for name in case.system.tests
    }
    for pool in names or list(pools.POOLS):
        frames = pools.frames_of(case, pool)
        PoolCells(case, pool, frames, maker, {}, tests).fill()


def keep_settings(case: Case) -> None:
    """Write what the cells depend on, once.

    Raises:
        ValueError: Cells of other settings are there.
    """
    settings: Cell = {
        "system": case.system.name,
        "oracle": case.oracle,
        "n_trajectories": case.n_trajectories,
        "n_steps": case.n_steps,
        "save_every": case.save_every,
        "pool_size": case.pool_size,
        "seed": case.seed,
        "basis": {"order": ace.ORDER, "degree": case.degree, "cutoff_A": ace.CUTOFF_A},
        "energy_scale_eV": learner.ENERGY_SCALE_EV,
        "force_scale_eV_A": learner.FORCE_SCALE_EV_A,
        "n_folds": learner.N_FOLDS,
        "strategies": STRATEGIES,
    }
    path = case.results / "settings.json"
    if not path.exists():
        write_text(path, json.dumps(settings, indent=2) + "\n")
    elif json.loads(path.read_text(encoding="utf-8")) != settings:
        message = f"{path}: the results there are of other settings; move them away"
        raise ValueError(message)


def cells_path(case: Case, pool: str, strategy: str) -> Path:
    """Return the file of the cells of one pool and strategy."""
    return case.results / "cells" / f"{pool}-{strategy}.json"


def name_of(n: int, seed: int) -> str:
    """Return the name of a cell in its file."""
    return f"{n}/{seed}"


def read_cells(path: Path) -> dict[str, Cell]:
    """Return the cells of a file; none, if it is not there."""
    if not path.exists():
        return {}
    cells: dict[str, Cell] = json.loads(path.read_text(encoding="utf-8"))
    return cells


def all_cells(case: Case) -> Iterator[tuple[str, str, Cell]]:
    """Yield pool, strategy and cell of everything that is kept."""
    for pool in pools.POOLS:
        for strategy in STRATEGIES:
            for cell in read_cells(cells_path(case, pool, strategy)).values():
                if cell["n"] in case.sizes and cell["seed"] in case.seeds:
                    yield pool, strategy, cell
