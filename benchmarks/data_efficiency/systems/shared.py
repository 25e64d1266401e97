"""Steps that the test sets of every system share."""

from collections.abc import Iterator, Sequence

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from benchmarks.data_efficiency.labels import labelled
from benchmarks.data_efficiency.systems.base import CellMaker
from mlip_autopipec.config.generation.transforms import ClosePairConfig, RattleConfig
from mlip_autopipec.seeds import child_rng
from mlip_autopipec.structures.transforms import apply_transforms

VOLUMES = np.linspace(0.85, 1.20, 15)
N_CLOSE = 40
"""Cells of close pairs, in a test set as in what is trained on."""


def scaled_volumes(cell: Atoms) -> Iterator[Atoms]:
    """Scale a cell from -15 to +20 % of its volume, its atoms with it."""
    for ratio in VOLUMES:
        scaled = cell.copy()
        scaled.set_cell(cell.cell.array * ratio ** (1.0 / 3.0), scale_atoms=True)
        yield scaled


def pushed_together(atoms: Atoms, rng: np.random.Generator) -> Atoms:
    """Return the cell rattled, with one pair of its atoms pushed together."""
    return apply_transforms(atoms, (RattleConfig(stdev_A=0.05), ClosePairConfig()), rng)


def close_pairs(
    kinds: Sequence[str], make: CellMaker, seed: int, calculator: Calculator
) -> Iterator[Atoms]:
    """Push one pair of atoms together in cells of the kinds, which take turns."""
    for number in range(N_CLOSE):
        name = f"close-{number:04d}"
        rng = child_rng(seed, name)
        atoms = make(kinds[number % len(kinds)], rng)
        yield labelled(pushed_together(atoms, rng), calculator, name)
