"""Transforms of what sits where: vacancies, substitution and antisites."""

import math

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from mlip_autopipec.config.generation.transforms import (
    AmountConfig,
    AntisitesConfig,
    SubstitutionConfig,
    VacanciesConfig,
)
from mlip_autopipec.errors import GenerationError


def vacancies(atoms: Atoms, config: VacanciesConfig, rng: np.random.Generator) -> Atoms:
    """Leave out atoms at random, of one element or of all.

    Raises:
        GenerationError: There are not as many, none would be left out, or none would be left.
    """
    candidates = _places_of(atoms, config.element)
    count = _amount(config, len(candidates), "vacancies", config.element)
    if count == len(atoms):
        message = f"vacancies: all {count} atoms would be left out"
        raise GenerationError(message)
    opened = atoms.copy()
    del opened[rng.choice(candidates, size=count, replace=False).tolist()]
    return opened


def substitution(atoms: Atoms, config: SubstitutionConfig, rng: np.random.Generator) -> Atoms:
    """Replace atoms of one element by another, at random.

    Raises:
        GenerationError: There are not as many, or none would be replaced.
    """
    candidates = _places_of(atoms, config.element)
    count = _amount(config, len(candidates), "substitution", config.element)
    return _renamed(atoms, {config.by: rng.choice(candidates, size=count, replace=False)})


def antisites(atoms: Atoms, config: AntisitesConfig, rng: np.random.Generator) -> Atoms:
    """Let atoms of two elements change places, at random.

    Raises:
        GenerationError: There are not as many of one of them.
    """
    first, second = config.elements
    chosen = {}
    for symbol, other in ((first, second), (second, first)):
        candidates = _places_of(atoms, symbol)
        if len(candidates) < config.count:
            message = f"antisites: {config.count} of {len(candidates)} {symbol} atoms"
            raise GenerationError(message)
        chosen[other] = rng.choice(candidates, size=config.count, replace=False)
    return _renamed(atoms, chosen)


def _places_of(atoms: Atoms, element: str | None) -> np.ndarray:
    """Return the indices of an element's atoms, or of all."""
    if element is None:
        return np.arange(len(atoms))
    return np.flatnonzero(atoms.numbers == atomic_numbers[element])


def _amount(config: AmountConfig, n_candidates: int, what: str, element: str | None) -> int:
    """Return the number of atoms meant, refusing none and more than there are."""
    name = "atoms" if element is None else f"{element} atoms"
    if config.count is not None:
        count = config.count
    else:
        fraction = 0.0 if config.fraction is None else config.fraction
        count = math.floor(fraction * n_candidates + 0.5)
        if count == 0:
            message = f"{what}: {fraction:g} of {n_candidates} {name} is not one; enlarge the cell"
            raise GenerationError(message)
    if count > n_candidates:
        message = f"{what}: {count} of {n_candidates} {name}"
        raise GenerationError(message)
    return count


def _renamed(atoms: Atoms, places: dict[str, np.ndarray]) -> Atoms:
    """Give places to elements."""
    renamed = atoms.copy()
    for symbol, indices in places.items():
        renamed.numbers[indices] = atomic_numbers[symbol]
    return renamed
