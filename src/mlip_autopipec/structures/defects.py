"""Point defects of ionic crystals that leave them neutral."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from mlip_autopipec.config.generation.ionic import (
    DefectConfig,
    DopantConfig,
    FrenkelConfig,
    SchottkyConfig,
)
from mlip_autopipec.config.generation.transforms import InterstitialsConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.structures.ions import Charges
from mlip_autopipec.structures.transforms.interstitials import interstitials

INTERSTITIAL = -1
"""Tag of an ion that left its sublattice."""

_WHOLE = 1e-6


def with_defect(
    atoms: Atoms,
    config: DefectConfig,
    rng: np.random.Generator,
    *,
    formula_unit: Mapping[int, int],
    charges: Charges,
) -> Atoms:
    """Return a crystal with one kind of defect, at random places.

    Args:
        atoms: The crystal; the tag of each ion is the number of its sublattice.
        config: The defects.
        rng: All randomness comes from here.
        formula_unit: Number of ions of each sublattice that a Schottky defect leaves out.
        charges: Oxidation state of each element.

    Raises:
        GenerationError: There are too few ions, or no whole number of vacancies compensates.
    """
    if isinstance(config, SchottkyConfig):
        gone = [
            place
            for sublattice, n in formula_unit.items()
            for place in _drawn(
                np.flatnonzero(atoms.get_tags() == sublattice), n * config.count, rng
            )
        ]
        return _without(atoms, gone)
    if isinstance(config, FrenkelConfig):
        # the voids are those of the whole crystal: of an opened one, the vacancy is the widest
        gone = _drawn(_places(atoms, config.element), config.count, rng)
        guests = InterstitialsConfig(element=config.element, count=config.count)
        filled = interstitials(atoms, guests, rng)
        tags = filled.get_tags()
        tags[-config.count :] = INTERSTITIAL
        filled.set_tags(tags)
        return _without(filled, gone)
    return _doped(atoms, config, rng, charges=charges)


def _doped(
    atoms: Atoms, config: DopantConfig, rng: np.random.Generator, *, charges: Charges
) -> Atoms:
    """Replace ions, and leave out as many of the ions of opposite effect as balance them.

    A dopant of lower charge is balanced by vacancies of the anion, one of higher charge by
    vacancies of the ion that it replaces.
    """
    excess = config.count * (charges[config.element] - charges[config.on])
    balance = config.on if excess > 0 else _main_anion(atoms, charges)
    n_vacancies = excess / charges[balance] if excess else 0.0
    if n_vacancies < -_WHOLE or abs(n_vacancies - round(n_vacancies)) > _WHOLE:
        message = (
            f"dopant: {config.count} {config.element} on {config.on} leave a charge of "
            f"{excess:+g}, which {n_vacancies:g} vacancies of {balance} would balance"
        )
        raise GenerationError(message)
    places = _drawn(_places(atoms, config.on), config.count, rng)
    doped = atoms.copy()
    doped.numbers[places] = atomic_numbers[config.element]
    return _without(doped, _drawn(_places(doped, balance), round(n_vacancies), rng))


def _main_anion(atoms: Atoms, charges: Charges) -> str:
    """Return the most frequent anion."""
    counts: Counter[str] = Counter(s for s in atoms.symbols if charges[s] < 0)
    return max(sorted(counts), key=lambda symbol: counts[symbol])


def _without(atoms: Atoms, gone: list[int]) -> Atoms:
    """Leave out ions."""
    if len(gone) == len(atoms):
        message = f"defects: all {len(atoms)} ions would be left out"
        raise GenerationError(message)
    left = atoms.copy()
    del left[gone]
    return left


def _places(atoms: Atoms, symbol: str) -> np.ndarray:
    """Return the indices of an element's ions."""
    return np.flatnonzero(atoms.numbers == atomic_numbers[symbol])


def _drawn(places: np.ndarray, count: int, rng: np.random.Generator) -> list[int]:
    """Draw some of the ions in question."""
    if count > len(places):
        message = f"defects: {count} of {len(places)} ions"
        raise GenerationError(message)
    return [int(place) for place in rng.choice(places, size=count, replace=False)]
