"""Transforms that move atoms: rattling, and one pair pushed together."""

import numpy as np
from ase import Atoms
from ase.constraints import FixAtoms
from ase.data import covalent_radii
from ase.geometry import get_distances

from mlip_autopipec.config.generation.transforms import ClosePairConfig, RattleConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.structures.checks import PairLimits
from mlip_autopipec.structures.neighbours import NeighbourPairs, neighbour_pairs, periodic_axes

_BOND_SCALE = 1.3
"""Atoms up to this many sums of covalent radii apart are bonded: metals have 1.0 to 1.15."""
_REDRAWS = 100
_REACH = 4.0
"""Displacements beyond this many standard deviations are drawn again (6 in 100,000 are)."""


def rattle(atoms: Atoms, config: RattleConfig, rng: np.random.Generator) -> Atoms:
    """Displace atoms by Gaussian noise; constrained atoms stay where they are.

    With ``min_distance_scale``, atoms are displaced one after the other, and a displacement that
    brings one closer to another than the limit is drawn again.

    Raises:
        GenerationError: For some atom no displacement respects the limit.
    """
    rattled = atoms.copy()
    if config.min_distance_scale is None:
        noise_A = rng.normal(scale=config.stdev_A, size=atoms.positions.shape)
    else:
        noise_A = _careful_noise(atoms, config.stdev_A, config.min_distance_scale, rng)
    rattled.set_positions(atoms.positions + noise_A, apply_constraint=True)
    return rattled


def close_pair(
    atoms: Atoms,
    config: ClosePairConfig,
    rng: np.random.Generator,
    *,
    limits: PairLimits | None = None,
) -> Atoms:
    """Push one pair of bonded atoms together, its surroundings following softly.

    A kind of bond (pair of elements) is drawn, then a bond of that kind, then a distance between
    ``min_scale`` times the sum of covalent radii, or the pair's limit where that is larger, and the
    distance at which the two are. Both atoms move by half; an atom at distance d from one of them
    moves along with it by ``exp(-d²/2s²)`` of that, where s is ``softness_A``, less what it owes to
    the other.

    Args:
        atoms: The structure; it is not changed.
        config: The shortest distance, and how softly the surroundings follow.
        rng: Source of randomness.
        limits: Shortest distances that the exploration allows, where they are known.

    Raises:
        GenerationError: No two free atoms are bonded and farther apart than the shortest distance.
    """
    radii_A = covalent_radii[atoms.numbers]
    fixed = [i for c in atoms.constraints if isinstance(c, FixAtoms) for i in c.index]
    pairs = neighbour_pairs(atoms, 2.0 * _BOND_SCALE * float(radii_A.max(initial=0.0)))
    sums_A = radii_A[pairs.first] + radii_A[pairs.second]
    eligible = (pairs.first < pairs.second) & (pairs.distances_A <= _BOND_SCALE * sums_A)
    shortest_A = config.min_scale * sums_A
    if limits is not None:
        numbers = atoms.numbers[pairs.first], atoms.numbers[pairs.second]
        shortest_A = np.maximum(shortest_A, limits.limits_A[numbers])
    eligible &= pairs.distances_A > shortest_A
    eligible &= ~np.isin(pairs.first, fixed) & ~np.isin(pairs.second, fixed)
    if not eligible.any():
        message = f"close_pair: no two bonded atoms are over {config.min_scale:g} radii apart"
        message += "" if limits is None else ", and over what the exploration allows"
        raise GenerationError(message)
    chosen = _draw_bond(atoms, pairs, eligible, rng)
    distance_A = rng.uniform(shortest_A[chosen], pairs.distances_A[chosen])
    closing_A = pairs.distances_A[chosen] - distance_A
    displacements_A = _approach(atoms, pairs, chosen, closing_A, config.softness_A)
    pushed = atoms.copy()
    pushed.set_positions(atoms.positions + displacements_A, apply_constraint=True)
    return pushed


def _draw_bond(
    atoms: Atoms, pairs: NeighbourPairs, eligible: np.ndarray, rng: np.random.Generator
) -> int:
    """Draw a kind of bond, then a bond of that kind; all kinds are as likely."""
    species = np.sort(
        np.column_stack([atoms.numbers[pairs.first], atoms.numbers[pairs.second]]), axis=1
    )
    kinds = np.unique(species[eligible], axis=0)
    kind = kinds[rng.integers(len(kinds))]
    return int(rng.choice(np.flatnonzero(eligible & (species == kind).all(axis=1))))


def _approach(
    atoms: Atoms, pairs: NeighbourPairs, chosen: int, closing_A: float, softness_A: float
) -> np.ndarray:
    """Return the displacements that bring a pair closer by a given length, shape ``(n, 3)``."""
    i, j = int(pairs.first[chosen]), int(pairs.second[chosen])
    vector_A = pairs.vectors_A[chosen]
    direction = vector_A / np.linalg.norm(vector_A)
    at_first = _nearest_distances(atoms, atoms.positions[i])
    at_second = _nearest_distances(atoms, atoms.positions[i] + vector_A)
    weights = _fading(at_first, softness_A) - _fading(at_second, softness_A)
    weights /= 0.5 * (weights[i] - weights[j])
    return np.asarray(0.5 * closing_A * weights[:, None] * direction)


def _fading(distances_A: np.ndarray, softness_A: float) -> np.ndarray:
    """Return the share of a displacement that is felt at a distance."""
    return np.asarray(np.exp(-0.5 * (distances_A / softness_A) ** 2))


def _nearest_distances(atoms: Atoms, point: np.ndarray) -> np.ndarray:
    """Return the distance of the nearest image of each atom from a point, shape ``(n,)``."""
    _, distances_A = get_distances(
        point[None], atoms.positions, cell=atoms.cell, pbc=periodic_axes(atoms)
    )
    return np.asarray(distances_A[0])


def _careful_noise(
    atoms: Atoms, stdev_A: float, min_distance_scale: float, rng: np.random.Generator
) -> np.ndarray:
    """Return Gaussian displacements that keep atoms at their distances, shape ``(n, 3)``."""
    radii_A = covalent_radii[atoms.numbers]
    reach_A = _REACH * np.sqrt(3.0) * stdev_A
    cutoff_A = 2.0 * (min_distance_scale * float(radii_A.max(initial=0.0)) + reach_A)
    pairs = neighbour_pairs(atoms, cutoff_A)
    noise_A: np.ndarray = np.zeros(atoms.positions.shape)
    for atom in range(len(atoms)):
        mine = (pairs.first == atom) & (pairs.second != atom)
        others = pairs.second[mine]
        limits_A = min_distance_scale * (radii_A[atom] + radii_A[others])
        vectors_A = pairs.vectors_A[mine] + noise_A[others]
        for _ in range(_REDRAWS):
            step_A = rng.normal(scale=stdev_A, size=3)
            apart = np.linalg.norm(vectors_A - step_A, axis=1) >= limits_A
            if apart.all() and (np.abs(step_A) <= _REACH * stdev_A).all():
                noise_A[atom] = step_A
                break
        else:
            message = (
                f"rattle: atom {atom} cannot be displaced without coming closer to another than "
                f"{min_distance_scale:g} of the sum of their covalent radii"
            )
            raise GenerationError(message)
    return noise_A
