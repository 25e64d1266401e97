"""Steps that the test sets of every system share."""

from collections.abc import Iterator

import numpy as np
from ase import Atoms

from mlip_autopipec.config.generation.transforms import ClosePairConfig, RattleConfig
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
