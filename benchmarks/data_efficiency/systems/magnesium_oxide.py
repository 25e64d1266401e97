"""MgO: rock salt in cells of 64 atoms."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from ase import Atoms
from ase.build import bulk, surface
from ase.calculators.calculator import Calculator

from benchmarks.data_efficiency.dynamics import trajectory
from benchmarks.data_efficiency.labels import labelled
from benchmarks.data_efficiency.systems.base import System
from benchmarks.data_efficiency.systems.shared import close_pairs, scaled_volumes
from mlip_autopipec.seeds import child_rng

LATTICE_A = 4.212
"""R. W. G. Wyckoff, Crystal Structures (1963)."""

EXPANSION = 1.02
"""Thermal expansion, and what the oracle's density functional overestimates."""

TIMESTEP_FS = 1.0
KINDS = ("rocksalt",)
RATTLE_A = 0.03
"""Of the cells whose volume is scaled."""

PHASES = {
    "cesiumchloride": ((3, 3, 3), {"a": 2.67}),
    "zincblende": ((2, 2, 2), {"a": 4.61, "cubic": True}),
    "wurtzite": ((3, 3, 2), {"a": 3.30, "c": 5.10}),
}
"""Repetitions and lattice constants (Å), near those at which the bonds are the oracle's."""


def rock_salt(*, expansion: float = EXPANSION) -> Atoms:
    """Return 64 atoms of rock salt."""
    return bulk("MgO", "rocksalt", a=expansion * LATTICE_A, cubic=True) * (2, 2, 2)


def phase(prototype: str) -> Atoms:
    """Return 54 to 72 atoms of another structure."""
    repeats, lattice = PHASES[prototype]
    return bulk("MgO", prototype, **lattice) * repeats


def slab(miller: tuple[int, int, int], layers: int, repeats: tuple[int, int, int]) -> Atoms:
    """Return a neutral, stoichiometric slab, periodic as the model sees it."""
    crystal = bulk("MgO", "rocksalt", a=EXPANSION * LATTICE_A, cubic=True)
    atoms = surface(crystal, miller, layers, vacuum=7.0, periodic=True) * repeats
    return Atoms(atoms.symbols, atoms.positions, cell=atoms.cell, pbc=True)


def schottky_cell(rng: np.random.Generator) -> Atoms:
    """Return rock salt that lacks one Mg and one O."""
    atoms = rock_salt()
    places = [rng.choice(np.flatnonzero(atoms.symbols == symbol)) for symbol in ("Mg", "O")]
    del atoms[[int(place) for place in places]]
    return atoms


def _cell(kind: str, rng: np.random.Generator, *, expansion: float = EXPANSION) -> Atoms:  # noqa: ARG001 - one kind, nothing drawn
    return rock_salt(expansion=expansion)


_followed = partial(trajectory, timestep_fs=TIMESTEP_FS)


def _liquid(seed: int, calculator: Calculator) -> Iterator[Atoms]:
    """Melt at two densities at 6000 K, and follow the melts at 4000 K."""
    for expansion in (1.07, 1.11):
        name = f"liquid-{expansion:.2f}"
        rng = child_rng(seed, name)
        schedule = ((6000.0, 500), (4000.0, 300))
        atoms = rock_salt(expansion=expansion)
        yield from _followed(atoms, calculator, name, schedule, every=25, rng=rng)


def _phases(seed: int, calculator: Calculator) -> Iterator[Atoms]:
    """Heat CsCl, zinc blende and wurtzite at 300 K."""
    for prototype in PHASES:
        name = f"phase-{prototype}"
        rng = child_rng(seed, name)
        schedule = ((300.0, 180),)
        yield from _followed(phase(prototype), calculator, name, schedule, every=30, rng=rng)


def _equation_of_state(seed: int, calculator: Calculator) -> Iterator[Atoms]:
    """Scale rock salt, CsCl and zinc blende, a little rattled: symmetry would leave no forces."""
    rng = child_rng(seed, "equation-of-state")
    cells = [rock_salt(), phase("cesiumchloride"), phase("zincblende")]
    for number, cell in enumerate(cells):
        cell.rattle(RATTLE_A, rng=rng)
        for scaled in scaled_volumes(cell):
            yield labelled(scaled, calculator, f"eos-{number}")


def _schottky(seed: int, calculator: Calculator) -> Iterator[Atoms]:
    """Heat cells that lack an Mg and an O at 1500 K."""
    for number in range(3):
        name = f"schottky-{number}"
        rng = child_rng(seed, name)
        atoms = schottky_cell(rng)
        yield from _followed(atoms, calculator, name, ((1500.0, 120),), every=30, rng=rng)


def _surfaces(seed: int, calculator: Calculator) -> Iterator[Atoms]:
    """Heat (100) and (110) slabs at 1000 K."""
    for miller, layers, repeats in (((1, 0, 0), 3, (2, 1, 1)), ((1, 1, 0), 3, (2, 1, 1))):
        name = f"surface-{''.join(map(str, miller))}"
        rng = child_rng(seed, name)
        atoms = slab(miller, layers, repeats)
        yield from _followed(atoms, calculator, name, ((1000.0, 180),), every=30, rng=rng)


MAGNESIUM_OXIDE = System(
    name="mgo",
    elements=("Mg", "O"),
    kinds=KINDS,
    cell=_cell,
    generation={
        "kind": "ionic",
        "prototype": "rocksalt",
        "species": {"A": "Mg", "X": "O"},
        "lattice_constant_A": LATTICE_A,
        "supercell": [2, 2, 2],
    },
    monte_carlo=None,
    ramp_K=(300.0, 4000.0),
    nvt_K=2000.0,
    hot_K=4000.0,
    hot_expansion=1.07,
    timestep_fs=TIMESTEP_FS,
    tests={
        "liquid": _liquid,
        "phases": _phases,
        "eos": _equation_of_state,
        "schottky": _schottky,
        "surfaces": _surfaces,
        "close_pairs": partial(close_pairs, KINDS, _cell),
    },
    titles={
        "liquid": "liquid",
        "phases": "CsCl, ZnS,\nwurtzite",
        "eos": "equation\nof state",
        "schottky": "Schottky\npairs",
        "surfaces": "surfaces",
        "close_pairs": "close\npairs",
    },
)
