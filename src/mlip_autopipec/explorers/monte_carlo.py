"""Monte Carlo between stretches of dynamics: moves, their acceptance, and swaps of species."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import numpy as np
import numpy.typing as npt
from ase import Atoms, units
from ase.data import chemical_symbols

from mlip_autopipec.explorers.exchange_classes import exchange_classes
from mlip_autopipec.explorers.surface import Evaluation

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Evaluate = Callable[[Atoms], Evaluation | None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One move that was tried.

    Attributes:
        name: Whose move it was, for instance ``Au-Cu``.
        accepted: Whether it was accepted.
    """

    name: str
    accepted: bool


class Moves(Protocol):
    """A kind of Monte Carlo move.

    Attributes:
        names: All that an `Attempt` may be called; empty if there is nothing to move.
        sites: What the moves themselves remember, in fractional coordinates ``(n, 3)``.
    """

    names: tuple[str, ...]
    sites: Floats

    def attempt(
        self,
        atoms: Atoms,
        evaluation: Evaluation,
        temperature_K: float,
        *,
        evaluate: Evaluate,
        rng: np.random.Generator,
    ) -> tuple[Attempt, Evaluation]:
        """Try one move; ``atoms`` holds the new state if it is accepted, else the old.

        Args:
            atoms: The current state, changed in place.
            evaluation: What belongs to it.
            temperature_K: The thermostat's temperature.
            evaluate: Evaluates the new state; None says that it is out of bounds.
            rng: Source of randomness.

        Returns:
            What was tried, and the evaluation of the state that ``atoms`` holds now. After a
            rejection that is the one given, arrays and all.
        """


@dataclass(frozen=True, slots=True)
class SwapPair:
    """Two groups of atoms of different species whose members may trade places.

    Attributes:
        name: Both symbols in alphabetical order, for instance ``Au-Cu``.
        first: Indices of the one species, ``(n,)``.
        second: Indices of the other, ``(m,)``.
    """

    name: str
    first: Integers
    second: Integers

    @property
    def n_pairs(self) -> int:
        """Number of pairs of atoms."""
        return len(self.first) * len(self.second)


class SpeciesSwaps:
    """Exchange of the places of two atoms of different species.

    A pair is drawn uniformly among all unlike pairs, whose number never changes: the proposal is
    symmetric. Each atom takes its mass and its momentum with it, so that momenta stay
    Maxwell-Boltzmann distributed whatever is accepted.

    Attributes:
        pairs: The groups between which places are traded.
    """

    def __init__(self, atoms: Atoms, groups: tuple[tuple[str, ...], ...] | None = None) -> None:
        """Find what may be exchanged; fixed atoms stay where they are.

        Args:
            atoms: The structure.
            groups: Elements that may trade places, group by group; None: as `exchange_classes` has
                it.
        """
        self.pairs = swap_pairs(atoms, groups)
        self.names = tuple(dict.fromkeys(pair.name for pair in self.pairs))
        self.sites: Floats = np.empty((0, 3))
        sizes = np.array([pair.n_pairs for pair in self.pairs], dtype=np.float64)
        self._shares = sizes / sizes.sum() if len(sizes) else sizes

    def attempt(
        self,
        atoms: Atoms,
        evaluation: Evaluation,
        temperature_K: float,
        *,
        evaluate: Evaluate,
        rng: np.random.Generator,
    ) -> tuple[Attempt, Evaluation]:
        """Try one exchange (see `Moves`)."""
        pair = self.pairs[rng.choice(len(self.pairs), p=self._shares)]
        i, j = int(rng.choice(pair.first)), int(rng.choice(pair.second))
        target = atoms.positions.copy()
        target[[i, j]] = target[[j, i]]
        after = metropolis(
            atoms, evaluation, temperature_K, target=target, evaluate=evaluate, rng=rng
        )
        return Attempt(pair.name, accepted=after is not evaluation), after


def metropolis(
    atoms: Atoms,
    evaluation: Evaluation,
    temperature_K: float,
    *,
    target: Floats,
    evaluate: Evaluate,
    rng: np.random.Generator,
) -> Evaluation:
    """Accept new positions with probability min(1, exp(-ΔE/kT)), or keep the old.

    With symmetric proposals this obeys detailed balance (Metropolis et al. 1953,
    doi:10.1063/1.1699114); positions out of bounds are walls that nothing passes either way.

    Returns:
        The evaluation of the positions that ``atoms`` holds now; the one given, if rejected.
    """
    threshold = rng.random()
    old = atoms.positions.copy()
    atoms.positions = target
    candidate = evaluate(atoms)
    if candidate is not None:
        difference_eV = candidate.energy_eV - evaluation.energy_eV
        if threshold < acceptance(difference_eV, temperature_K):
            return candidate
    atoms.positions = old
    return evaluation


def acceptance(difference_eV: float, temperature_K: float) -> float:
    """Return Metropolis's probability min(1, exp(-ΔE/kT)).

    Example:
        >>> acceptance(-0.1, 300.0), acceptance(0.1, 0.0)
        (1.0, 0.0)
    """
    if difference_eV <= 0.0:
        return 1.0
    if temperature_K == 0.0:
        return 0.0
    return float(np.exp(-difference_eV / (units.kB * temperature_K)))


def mobile_atoms(atoms: Atoms) -> npt.NDArray[np.bool_]:
    """Return which atoms no constraint holds, ``(n,)``."""
    mobile = np.ones(len(atoms), dtype=bool)
    for constraint in atoms.constraints:
        mobile[constraint.get_indices()] = False
    return mobile


def swap_pairs(
    atoms: Atoms, groups: tuple[tuple[str, ...], ...] | None = None
) -> tuple[SwapPair, ...]:
    """Return the groups whose atoms may trade places, class by class, in alphabetical order."""
    mobile = mobile_atoms(atoms)
    classes = exchange_classes(atoms, groups)
    pairs = []
    for label in np.unique(classes[classes >= 0]):
        members = mobile & (classes == label)
        species = sorted(chemical_symbols[number] for number in np.unique(atoms.numbers[members]))
        symbols = np.array(chemical_symbols)[atoms.numbers]
        for a, b in combinations(species, 2):
            first, second = (np.flatnonzero(members & (symbols == name)) for name in (a, b))
            pairs.append(SwapPair(f"{a}-{b}", first, second))
    return tuple(pairs)
