"""Ionic crystals: the prototypes, and the size that ionic radii give them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from ase import Atoms
from ase.spacegroup import crystal

from mlip_autopipec.structures.occupancy import SITE

Point = tuple[float, float, float]
Role = Literal["A", "B", "X"]
Radii = Mapping[Role, float]


@dataclass(frozen=True)
class Prototype:
    """A structure type of ionic crystals.

    Attributes:
        spacegroup: Number of the space group.
        sites: For each role (A, B cations; X anion) the positions of its sites, unique ones only.
        coordination: For each role the coordination number whose ionic radius counts.
        lengths_A: From the radii of the roles (in Å) to the cell lengths a, b, c (in Å), where
            c/a is the usual one.
        gamma: Angle between a and b, in degrees.
    """

    spacegroup: int
    sites: Mapping[Role, tuple[Point, ...]]
    coordination: Mapping[Role, int]
    lengths_A: Callable[[Radii], Point]
    gamma: float = 90.0

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles, in the order of the sites."""
        return tuple(self.sites)

    def cell(self, lengths_A: Point) -> Atoms:
        """Return the conventional cell, with the number of its role as ``site`` of each atom."""
        places = [(role, point) for role, points in self.sites.items() for point in points]
        atoms = crystal(
            ["X"] * len(places),
            [point for _, point in places],
            spacegroup=self.spacegroup,
            cellpar=[*lengths_A, 90.0, 90.0, self.gamma],
        )
        roles = np.array([self.roles.index(role) for role, _ in places])
        cell = Atoms(atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=True)
        cell.set_array(SITE, roles[atoms.arrays["spacegroup_kinds"]])
        return cell


def _cubic(factor: float) -> Callable[[Radii], Point]:
    """Return the rule ``a = factor × (r_A + r_X)``."""

    def rule(radii_A: Radii) -> Point:
        a = factor * (radii_A["A"] + radii_A["X"])
        return (a, a, a)

    return rule


def _wurtzite(radii_A: Radii) -> Point:
    """Ideal wurtzite: four bonds alike, c/a = √(8/3)."""
    a = math.sqrt(8.0 / 3.0) * (radii_A["A"] + radii_A["X"])
    return (a, a, math.sqrt(8.0 / 3.0) * a)


_RUTILE_X, _RUTILE_C_OVER_A = 0.305, 0.644


def _rutile(radii_A: Radii) -> Point:
    """Rutile with the mean of its four and two bonds equal to the sum of radii."""
    four = math.sqrt(2.0 * (0.5 - _RUTILE_X) ** 2 + 0.25 * _RUTILE_C_OVER_A**2)
    two = math.sqrt(2.0) * _RUTILE_X
    a = (radii_A["A"] + radii_A["X"]) / ((4.0 * four + 2.0 * two) / 6.0)
    return (a, a, _RUTILE_C_OVER_A * a)


def _perovskite(radii_A: Radii) -> Point:
    """Cubic perovskite with B and X in touch."""
    a = 2.0 * (radii_A["B"] + radii_A["X"])
    return (a, a, a)


def _spinel(radii_A: Radii) -> Point:
    """Spinel as if both its bonds could be as the radii say.

    With ``u`` free, bonds ``√3 a (u - 1/8)`` and ``a √(3u² - 2u + 3/8)`` of lengths T and O give
    ``a = (40 T + 8 √(33 O² - 8 T²)) / (11 √3)``; the sites have u = 0.2625, which makes the two
    alike.
    """
    tetrahedral, octahedral = radii_A["A"] + radii_A["X"], radii_A["B"] + radii_A["X"]
    root = math.sqrt(33.0 * octahedral**2 - 8.0 * tetrahedral**2)
    a = (40.0 * tetrahedral + 8.0 * root) / (11.0 * math.sqrt(3.0))
    return (a, a, a)


_CORUNDUM_BOND, _CORUNDUM_C_OVER_A = 2.485, 2.73


def _corundum(radii_A: Radii) -> Point:
    """Corundum with the proportions of α-Al2O3: a is 2.485 mean bonds."""
    a = _CORUNDUM_BOND * (radii_A["A"] + radii_A["X"])
    return (a, a, _CORUNDUM_C_OVER_A * a)


PROTOTYPES: Mapping[str, Prototype] = {
    "rocksalt": Prototype(
        225, {"A": ((0, 0, 0),), "X": ((0.5, 0.5, 0.5),)}, {"A": 6, "X": 6}, _cubic(2.0)
    ),
    "cesiumchloride": Prototype(
        221,
        {"A": ((0, 0, 0),), "X": ((0.5, 0.5, 0.5),)},
        {"A": 8, "X": 8},
        _cubic(2.0 / math.sqrt(3.0)),
    ),
    "zincblende": Prototype(
        216,
        {"A": ((0, 0, 0),), "X": ((0.25, 0.25, 0.25),)},
        {"A": 4, "X": 4},
        _cubic(4.0 / math.sqrt(3.0)),
    ),
    "wurtzite": Prototype(
        186,
        {"A": ((1 / 3, 2 / 3, 0),), "X": ((1 / 3, 2 / 3, 0.375),)},
        {"A": 4, "X": 4},
        _wurtzite,
        gamma=120.0,
    ),
    "fluorite": Prototype(
        225,
        {"A": ((0, 0, 0),), "X": ((0.25, 0.25, 0.25),)},
        {"A": 8, "X": 4},
        _cubic(4.0 / math.sqrt(3.0)),
    ),
    "antifluorite": Prototype(
        225,
        {"A": ((0.25, 0.25, 0.25),), "X": ((0, 0, 0),)},
        {"A": 4, "X": 8},
        _cubic(4.0 / math.sqrt(3.0)),
    ),
    "rutile": Prototype(
        136,
        {"A": ((0, 0, 0),), "X": ((_RUTILE_X, _RUTILE_X, 0),)},
        {"A": 6, "X": 3},
        _rutile,
    ),
    "perovskite": Prototype(
        221,
        {"A": ((0, 0, 0),), "B": ((0.5, 0.5, 0.5),), "X": ((0.5, 0.5, 0),)},
        {"A": 12, "B": 6, "X": 2},
        _perovskite,
    ),
    "spinel": Prototype(
        227,
        {"A": ((0, 0, 0),), "B": ((0.625, 0.625, 0.625),), "X": ((0.3875, 0.3875, 0.3875),)},
        {"A": 4, "B": 6, "X": 4},
        _spinel,
    ),
    "corundum": Prototype(
        167,
        {"A": ((0, 0, 0.3522),), "X": ((0.3063, 0, 0.25),)},
        {"A": 6, "X": 4},
        _corundum,
        gamma=120.0,
    ),
}
