"""Vacancies: where a crystal lacks an atom, and the exchange of one with an atom."""

from itertools import product

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.data import chemical_symbols
from ase.neighborlist import primitive_neighbor_list
from scipy.spatial import Voronoi, cKDTree

from mlip_autopipec.explorers.monte_carlo import Attempt, Evaluate, metropolis, mobile_atoms
from mlip_autopipec.explorers.surface import Evaluation

Floats = npt.NDArray[np.float64]

_RADII = (0.93, 1.3)
"""Radius of a hole over the distance of nearest neighbours. A vacancy has about 1; interstices have
0.71 in close-packed lattices, 0.65 in body-centred ones, 0.87 in rocksalt; cages have more."""

_SEAM = 1e-6
"""Corners this far outside the cell, in fractions of it, are kept, lest rounding lose one on a
face; a corner and its image are merged."""


class VacancyExchange:
    """Exchange of an atom with a vacancy.

    A vacancy is a point that has no energy. Atom and vacancy are drawn uniformly and trade places,
    which undoes itself when it is drawn again: the proposal is symmetric.

    Attributes:
        names: For instance ``Cu-vacancy``.
        sites: Fractional coordinates of the vacancies, ``(n, 3)``; they move with the cell.
    """

    def __init__(self, atoms: Atoms) -> None:
        """Find the vacancies; fixed atoms stay where they are."""
        self._mobile = np.flatnonzero(mobile_atoms(atoms))
        self.sites = vacancy_sites(atoms)
        species = sorted({chemical_symbols[number] for number in atoms.numbers[self._mobile]})
        self.names = tuple(f"{name}-vacancy" for name in species) if len(self.sites) else ()

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
        i, vacancy = int(rng.choice(self._mobile)), int(rng.integers(len(self.sites)))
        left = atoms.positions[i].copy()
        target = atoms.positions.copy()
        target[i] = self.sites[vacancy] @ atoms.cell.array
        after = metropolis(
            atoms, evaluation, temperature_K, target=target, evaluate=evaluate, rng=rng
        )
        accepted = after is not evaluation
        if accepted:
            self.sites = self.sites.copy()
            self.sites[vacancy] = np.linalg.solve(atoms.cell.array.T, left)
        name = f"{chemical_symbols[atoms.numbers[i]]}-vacancy"
        return Attempt(name, accepted=accepted), after


def vacancy_sites(atoms: Atoms) -> Floats:
    """Return the fractional coordinates of a crystal's vacancies, ``(n, 3)``.

    They are those named in ``info["vacancies"]``, or else the holes as wide as an atom: centres of
    empty spheres through their nearest atoms (corners of Voronoi cells), with about the distance of
    nearest neighbours as radius. The interstices of diamond are as wide and count; that costs moves
    in vain, no more. Holes are looked for in what repeats in all directions alone.
    """
    if "vacancies" in atoms.info:
        return np.array(atoms.info["vacancies"], dtype=np.float64).reshape(-1, 3)
    if not atoms.pbc.all():
        return np.empty((0, 3))
    cell = atoms.cell.array
    fractional = atoms.get_scaled_positions(wrap=True)
    shifts = np.array(list(product(_images(cell, 0), _images(cell, 1), _images(cell, 2))))
    images = (fractional[None] + shifts[:, None]).reshape(-1, 3) @ cell
    tree = cKDTree(images)
    nearest_A = float(np.median(tree.query(fractional @ cell, k=2)[0][:, 1]))
    corners = Voronoi(images).vertices
    inside = corners @ np.linalg.inv(cell)
    near = (inside > -_SEAM) & (inside < 1.0 + _SEAM)
    corners = corners[near.all(axis=1)]
    radii_A = tree.query(corners)[0]
    least_A, most_A = nearest_A * np.array(_RADII)
    wide = (radii_A >= least_A) & (radii_A <= most_A)
    return _merged(corners[wide], radii_A[wide], cell, nearest_A)


def _images(cell: Floats, axis: int) -> range:
    """Return the images of the cell that surround it by 6 Å, wider than any hole looked for."""
    heights_A = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    reach = max(1, int(np.ceil(6.0 / heights_A[axis])))
    return range(-reach, reach + 1)


def _merged(corners: Floats, radii_A: Floats, cell: Floats, nearest_A: float) -> Floats:
    """Return one point a hole, the widest of those that are closer than half a bond."""
    chosen: list[int] = []
    if len(corners):
        close = primitive_neighbor_list(
            "ij", (True, True, True), cell, corners, 0.5 * nearest_A, self_interaction=False
        )
        near: list[set[int]] = [set() for _ in corners]
        for i, j in zip(*close, strict=True):
            near[i].add(int(j))
        for k in np.argsort(-radii_A, kind="stable").tolist():
            if not near[k] & set(chosen):
                chosen.append(k)
    return np.asarray(corners[chosen] @ np.linalg.inv(cell)).reshape(-1, 3)
