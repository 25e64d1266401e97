"""Momenta: thermal ones, without drift."""

import numpy as np
import numpy.typing as npt
from ase import Atoms, units

Floats = npt.NDArray[np.float64]


def degrees_of_freedom(atoms: Atoms) -> int:
    """Return the number of thermal degrees of freedom.

    Without fixed atoms, the centre of mass is at rest, which takes three.
    """
    count = int(atoms.get_number_of_degrees_of_freedom())
    return count if atoms.constraints else max(count - 3, 0)


def kinetic_temperature_K(atoms: Atoms) -> float:  # noqa: N802 - the unit is part of the name
    """Return the kinetic temperature over the thermal degrees of freedom; 0 if there are none."""
    n_degrees = degrees_of_freedom(atoms)
    if n_degrees == 0:
        return 0.0
    return float(2.0 * atoms.get_kinetic_energy() / (n_degrees * units.kB))


def thermal_momenta(
    atoms: Atoms, temperature_K: float, rng: np.random.Generator, *, still: bool = False
) -> Floats:
    """Draw momenta from the Maxwell-Boltzmann distribution at zero total momentum.

    The projection on zero total momentum leaves the canonical distribution on that subspace, so
    nothing is rescaled afterwards. Fixed atoms get none, and then the total is free.

    Args:
        atoms: The structure; it is not changed.
        temperature_K: Temperature in K.
        rng: Source of randomness.
        still: Remove the rotation as well, for clusters.

    Returns:
        Momenta in ASE's units, ``(n_atoms, 3)``.
    """
    masses = atoms.get_masses()[:, None]
    widths = np.sqrt(masses * units.kB * temperature_K)
    momenta = widths * rng.standard_normal((len(atoms), 3))
    if atoms.constraints:
        moving = atoms.copy()
        moving.set_momenta(momenta)
        return np.asarray(moving.get_momenta())
    momenta = without_drift(momenta, masses)
    return without_rotation(momenta, masses, atoms.positions) if still else momenta


def without_drift(momenta: Floats, masses: Floats) -> Floats:
    """Return momenta seen from their centre of mass: ``(n, 3)`` momenta, ``(n, 1)`` masses."""
    return np.asarray(momenta - masses * (momenta.sum(axis=0) / masses.sum()))


def without_rotation(momenta: Floats, masses: Floats, positions: Floats) -> Floats:
    """Return momenta without the rigid rotation about the centre of mass.

    For a linear cluster, the angular velocity about its axis is undefined and left at zero.
    """
    arms = positions - (masses * positions).sum(axis=0) / masses.sum()
    angular_momentum = np.cross(arms, momenta).sum(axis=0)
    inertia = np.einsum("i,ij,ij->", masses[:, 0], arms, arms) * np.eye(3)
    inertia -= np.einsum("i,ij,ik->jk", masses[:, 0], arms, arms)
    angular_velocity = np.linalg.pinv(inertia, rcond=1e-10, hermitian=True) @ angular_momentum
    return np.asarray(momenta - masses * np.cross(angular_velocity, arms))
