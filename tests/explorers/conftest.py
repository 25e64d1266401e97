from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from mlip_autopipec.config.exploration import ExplorationConfig


@pytest.fixture
def copper_gold() -> Atoms:
    """L1_0-like Cu16Au16 near the lattice constant of EMT, 32 atoms."""
    atoms = bulk("Cu", cubic=True, a=3.85) * (2, 2, 2)
    atoms.numbers[::2] = 79
    atoms.info.update(structure_id="alloy-0003", generator="alloy", schedule_index=0)
    return atoms


@pytest.fixture
def config() -> Callable[..., ExplorationConfig]:
    """An exploration with EMT; keywords override the defaults."""

    def build(**overrides: object) -> ExplorationConfig:
        content: dict[str, Any] = {
            "calculator": {"kind": "emt"},
            "n_steps": 40,
            "save_every": 10,
            **overrides,
        }
        return ExplorationConfig.model_validate(content)

    return build


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_261_101)
