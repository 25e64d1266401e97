"""What a system has to say of itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

TestSet = Callable[[int, Calculator], Iterator[Atoms]]
"""Makes the labelled frames of a test set, from the case's seed and the oracle."""


class CellMaker(Protocol):
    """Makes a cell of one of the system's kinds, its atoms on lattice sites."""

    def __call__(self, kind: str, rng: np.random.Generator, *, expansion: float = ...) -> Atoms:
        """Return the cell; its lattice constant is multiplied by ``expansion``."""


@dataclass(frozen=True, slots=True)
class System:
    """One material: how its cells are made, how hot it gets, what potentials are tested on.

    Attributes:
        name: On the command line, and of the folders of its frames and results.
        elements: All there are.
        kinds: Of the pools' cells; they take turns, in every pool.
        cell: Makes one of them.
        generation: Entry of the section ``generation`` that gives the same cells, less
            ``n_structures`` and ``transforms``.
        monte_carlo: Section of the pipeline's own pool; None for none.
        ramp_K: Temperatures of the pipeline's own pool, first and last.
        nvt_K: Temperature of the pool of plain dynamics.
        hot_K: Temperature of the trials of stability.
        hot_expansion: Of the cells that are heated.
        timestep_fs: Of all dynamics.
        tests: Test sets by name: what no pool came from.
        titles: Names of the test sets in figures.
    """

    name: str
    elements: tuple[str, ...]
    kinds: tuple[str, ...]
    cell: CellMaker
    generation: Mapping[str, Any]
    monte_carlo: Mapping[str, Any] | None
    ramp_K: tuple[float, float]
    nvt_K: float
    hot_K: float
    hot_expansion: float
    timestep_fs: float
    tests: Mapping[str, TestSet]
    titles: Mapping[str, str]

    def kind(self, number: int) -> str:
        """Return the kind whose turn it is."""
        return self.kinds[number % len(self.kinds)]
