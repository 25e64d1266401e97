"""How densely a periodic structure is filled."""

import math

import numpy as np
from ase import Atoms
from ase.data import covalent_radii
from ase.units import kg

from mlip_autopipec.structures.neighbours import periodic_axes
from mlip_autopipec.structures.vacuum import detect_vacuum

_DIMENSIONS = 3
_GRAM_PER_CM3 = 1e27 / kg
"""One atomic mass unit in 1 Å³, in g/cm³."""


def density_g_cm3(atoms: Atoms) -> float | None:
    """Return the mass density in g/cm³; None of what is not periodic in three directions.

    Example:
        >>> from ase.build import bulk
        >>> round(density_g_cm3(bulk("Cu", a=3.615)), 2)
        8.93
    """
    if not periodic_axes(atoms).all():
        return None
    return float(atoms.get_masses().sum() / abs(atoms.cell.volume) * _GRAM_PER_CM3)


def packing(atoms: Atoms) -> float | None:
    """Return the volume of all atoms as a fraction of the cell.

    Atoms count as spheres of their covalent radii (Cordero et al. 2008,
    https://doi.org/10.1039/B801115J), which may overlap: copper has 0.82, rock salt 0.53, ice
    0.05, uranium 1.5.

    Returns:
        The fraction; None of what is not periodic in three directions.
    """
    if not periodic_axes(atoms).all():
        return None
    volumes_A3 = 4.0 / 3.0 * math.pi * covalent_radii[atoms.numbers] ** 3
    return float(np.sum(volumes_A3) / abs(atoms.cell.volume))


def density_fault(
    atoms: Atoms,
    packings: tuple[float, float],
    densities_g_cm3: tuple[float, float] | None,
    *,
    filled: bool,
) -> str | None:
    """Say how a structure is too dense or too thin, if it is.

    Args:
        atoms: A structure with a cell that is not degenerate.
        packings: Least and largest `packing`.
        densities_g_cm3: Least and largest mass density, if they are limited.
        filled: The structure has to fill its cell; if not, there is no least density of what has
            vacuum.

    Returns:
        One line; None if all is well, or the structure is not periodic in three directions.
    """
    limits = [("checks.packing: the atoms fill {:.3g} of the cell", packing, packings)]
    if densities_g_cm3 is not None:
        limits.append(("checks.density_g_cm3: {:.3g} g/cm³", density_g_cm3, densities_g_cm3))
    for text, measure, bounds in limits:
        value = measure(atoms)
        if value is None or bounds[0] <= value <= bounds[1]:
            continue
        thin = value < bounds[0]
        if thin and not filled and detect_vacuum(atoms).dimensionality < _DIMENSIONS:
            continue
        side = f"least is {bounds[0]:g}" if thin else f"most is {bounds[1]:g}"
        return f"{text.format(value)}; the {side}"
    return None
