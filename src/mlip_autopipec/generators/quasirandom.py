"""Special quasirandom structures: periodic cells with the correlations of the random alloy."""

import logging
import math
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from mlip_autopipec.config.generation.alloy import SQSConfig
from mlip_autopipec.structures.neighbours import neighbour_pairs

SQS_ERROR = "sqs_error"
"""Name in ``info`` of the correlation error (see `Correlations.error`)."""

_LARGEST_SEED = 2**32
_PAIR = 2
_FIRST_TEMPERATURE = 0.3
"""Where annealing begins: as large as what an exchange of two atoms changes in a small cell."""
_ROUNDING = 1e-6


class Correlations:
    """Correlation functions of pairs and triplets on an alloy's lattice, by icet.

    The cluster functions are those of A. van de Walle (2009),
    https://doi.org/10.1016/j.calphad.2008.12.005; for icet see M. Ångqvist et al. (2019),
    https://doi.org/10.1002/adts.201900015.

    Attributes:
        config: Which clusters count.
    """

    def __init__(self, lattice: Atoms, amounts: Mapping[str, int], config: SQSConfig) -> None:
        """Find the clusters.

        Args:
            lattice: The primitive cell; its species do not matter.
            amounts: Number of atoms of each element in the structures.
            config: Which clusters count.
        """
        self.config = config
        self._fractions = {symbol: n / sum(amounts.values()) for symbol, n in amounts.items()}
        self._space = _cluster_space(lattice, list(amounts), config) if len(amounts) > 1 else None
        self._random_alloy = self._expected()
        orders = [] if self._space is None else [orbit["order"] for orbit in self._space.as_list]
        self._counted = np.array(orders, dtype=int) >= _PAIR

    @property
    def random_alloy(self) -> np.ndarray:
        """The functions of the infinite alloy whose sites are independent, shape ``(n,)``."""
        return self._random_alloy[self._counted]

    def of(self, atoms: Atoms) -> np.ndarray:
        """Return the functions of a supercell of the lattice, ``(n,)``; elements have none."""
        if self._space is None:
            return np.zeros(0)
        return np.asarray(self._space.get_cluster_vector(atoms))[self._counted]

    def error(self, atoms: Atoms) -> float:
        """Return by how much the functions differ from the random alloy's, in the mean."""
        differences = self.of(atoms) - self.random_alloy
        return float(np.abs(differences).mean()) if len(differences) else 0.0

    def quasirandom(self, atoms: Atoms, rng: np.random.Generator) -> Atoms:
        """Exchange atoms until the functions are as close to the random alloy's as can be found.

        Simulated annealing of the sum of the differences (A. van de Walle et al. 2013,
        https://doi.org/10.1016/j.calphad.2013.06.006, without their reward for perfect pairs,
        which is in units of length and can leave the rest worse than at random); for the
        structures see A. Zunger et al. (1990), https://doi.org/10.1103/PhysRevLett.65.353.

        Args:
            atoms: A supercell of the lattice.
            rng: All randomness comes from here.

        Returns:
            The structure; ``info`` has its ``order`` and its correlation error, ``sqs_error``.
        """
        arranged = atoms.copy()
        if self._space is not None:
            arranged.numbers = self._annealed(atoms, int(rng.integers(_LARGEST_SEED))).numbers
        arranged.info |= {"order": "sqs", SQS_ERROR: self.error(arranged)}
        return arranged

    def _annealed(self, atoms: Atoms, seed: int) -> Atoms:
        """Return the best structure that icet finds."""
        from icet.tools.structure_generation import (  # noqa: PLC0415 - an extra, slow to import
            generate_target_structure_from_supercells,
        )

        with _own_random_numbers():
            best: Atoms = generate_target_structure_from_supercells(
                cluster_space=self._space,
                supercells=[atoms],
                target_concentrations=self._fractions,
                target_cluster_vector=self._random_alloy,
                T_start=_FIRST_TEMPERATURE,
                n_steps=self.config.n_steps,
                optimality_weight=0.0,
                random_seed=seed,
                random_start=False,
            )
        return best

    def _expected(self) -> np.ndarray:
        """Return all functions of the random alloy: products of the means of point functions."""
        if self._space is None:
            return np.zeros(0)
        species = sorted(self._fractions, key=atomic_numbers.__getitem__)
        expected = []
        for orbit in self._space.as_list:
            means = [
                sum(
                    self._fractions[symbol]
                    * self._space.evaluate_cluster_function(len(species), function, place)
                    for place, symbol in enumerate(species)
                )
                for function in (orbit["multicomponent_vector"] if orbit["order"] else ())
            ]
            expected.append(math.prod(means))
        return np.array(expected)


def _cluster_space(lattice: Atoms, symbols: list[str], config: SQSConfig) -> Any:  # noqa: ANN401 - icet has no types
    """Return the clusters that count."""
    from icet import ClusterSpace  # noqa: PLC0415 - an extra, slow to import

    logging.getLogger("icet").setLevel(logging.WARNING)  # it tells its progress on standard output
    nearest_A = float(neighbour_pairs(lattice, _nearest_bound(lattice)).distances_A.min())
    reaches = [config.pair_reach]
    if config.triplet_reach is not None:
        reaches.append(config.triplet_reach)
    occupied = lattice.copy()
    occupied.symbols = symbols[0]
    return ClusterSpace(occupied, [reach * nearest_A for reach in reaches], symbols)


def _nearest_bound(lattice: Atoms) -> float:
    """Return a distance within which every atom has a neighbour: its own image, in Å."""
    return float(lattice.cell.lengths().min()) * (1.0 + _ROUNDING)


@contextmanager
def _own_random_numbers() -> Iterator[None]:
    """Leave Python's global random numbers as they were: icet seeds and draws them."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)
