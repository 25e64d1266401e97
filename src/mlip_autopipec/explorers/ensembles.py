"""Which ensemble a structure is explored in, and how its cell may move."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from ase import Atoms

from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.structures.vacuum import VacuumReport, detect_vacuum

Floats = npt.NDArray[np.float64]
EnsembleName = Literal["nvt", "npt", "npt_in_plane"]

_FULL_RANK = 3
_N_PLANE = 2
_N_BULK = 3


@dataclass(frozen=True, slots=True)
class StrainModes:
    """The symmetric strains that a barostat may apply.

    Attributes:
        directions: Orthogonal projector on the directions that may strain, ``(3, 3)``.
        isotropic: Whether they strain by the same amount, without shear.
    """

    directions: Floats
    isotropic: bool

    @property
    def n_modes(self) -> int:
        """Number of independent strains."""
        n = round(float(np.trace(self.directions)))
        return 1 if self.isotropic else n * (n + 1) // 2

    def project(self, matrix: Floats) -> Floats:
        """Return the part of a symmetric matrix that these strains can follow, ``(3, 3)``.

        The projection is orthogonal, so that noise of unit variance keeps unit variance a mode.
        """
        p = self.directions
        if self.isotropic:
            return np.asarray(p * (np.sum(p * matrix) / np.trace(p)))
        return np.asarray(p @ matrix @ p)

    def deformation(self, strain: Floats) -> Floats:
        """Return the exponential of an allowed strain: by it, row vectors are multiplied."""
        if self.isotropic:
            p = self.directions
            return np.asarray(np.eye(3) + p * np.expm1(np.sum(p * strain) / np.trace(p)))
        values, vectors = np.linalg.eigh(strain)
        return np.asarray((vectors * np.exp(values)) @ vectors.T)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The ensemble of one structure.

    Attributes:
        name: As in the config, ``auto`` resolved.
        reason: Why this one.
        strain: How the cell may move; None where it is fixed.
        dimensionality: Number of directions in which the structure repeats, 0 to 3.
    """

    name: EnsembleName
    reason: str
    strain: StrainModes | None
    dimensionality: int


def choose_ensemble(
    atoms: Atoms, exploration: ExplorationConfig, *, has_stress: bool = True
) -> Ensemble:
    """Choose the ensemble: as the config says, or by where the structure has vacuum.

    A cell moves along directions in which the structure repeats, never along others: bulk gets
    NPT; a slab NVT, or NPT in its plane on request; a wire or a cluster NVT.

    Args:
        atoms: The structure.
        exploration: The config.
        has_stress: Whether the potential gives a stress for it.
    """
    vacuum = detect_vacuum(atoms)
    asked = exploration.ensemble
    obstacle = _obstacle(atoms, has_stress=has_stress)
    if asked == "nvt" or (asked == "auto" and vacuum.dimensionality < _N_BULK):
        reason = "asked for" if asked == "nvt" else vacuum.reason
        return Ensemble("nvt", reason, None, vacuum.dimensionality)
    if obstacle is not None:
        return Ensemble("nvt", f"{obstacle}, so the cell is fixed", None, vacuum.dimensionality)
    isotropic = exploration.cell_shape == "isotropic"
    if asked == "npt_in_plane":
        return _in_plane(atoms, vacuum, isotropic=isotropic)
    repeats = np.asarray(atoms.pbc)
    reason = vacuum.reason if asked == "auto" else "asked for"
    if repeats.all():
        return Ensemble("npt", reason, StrainModes(np.eye(3), isotropic), vacuum.dimensionality)
    return _along(atoms, repeats, vacuum, isotropic=isotropic, reason=reason)


def _obstacle(atoms: Atoms, *, has_stress: bool) -> str | None:
    """Say what keeps the cell from moving at all, if anything."""
    if atoms.constraints:
        return "atoms are fixed in space"
    if atoms.cell.rank < _FULL_RANK:
        return "the cell has no volume"
    if not has_stress:
        return "the potential gives no stress"
    return None


def _in_plane(atoms: Atoms, vacuum: VacuumReport, *, isotropic: bool) -> Ensemble:
    """Let the cell move along the axes that have no vacuum."""
    repeats = np.asarray(atoms.pbc) & ~np.asarray(vacuum.axes)
    if repeats.all():
        reason = f"{vacuum.reason}: no axis to leave out"
        return Ensemble("npt", reason, StrainModes(np.eye(3), isotropic), vacuum.dimensionality)
    return _along(atoms, repeats, vacuum, isotropic=isotropic, reason=vacuum.reason)


def _along(
    atoms: Atoms,
    repeats: npt.NDArray[np.bool_],
    vacuum: VacuumReport,
    *,
    isotropic: bool,
    reason: str,
) -> Ensemble:
    """Let the cell move in the plane of its two repeating axes; with fewer, hold it."""
    n_repeats = int(repeats.sum())
    if n_repeats != _N_PLANE:
        reason = f"{reason}: {n_repeats} repeating axes make no plane, so the cell is fixed"
        return Ensemble("nvt", reason, None, vacuum.dimensionality)
    first, second = atoms.cell.array[repeats]
    normal = np.cross(first, second)
    normal /= np.linalg.norm(normal)
    modes = StrainModes(np.eye(3) - np.outer(normal, normal), isotropic)
    return Ensemble("npt_in_plane", reason, modes, vacuum.dimensionality)
