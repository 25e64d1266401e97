"""Cu-Au: solid solutions of 32 atoms on an fcc lattice."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from ase import Atoms
from ase.build import bulk, fcc100, fcc111
from ase.calculators.calculator import Calculator

from benchmarks.data_efficiency.dynamics import trajectory
from benchmarks.data_efficiency.labels import labelled
from benchmarks.data_efficiency.systems.base import System
from benchmarks.data_efficiency.systems.shared import close_pairs, scaled_volumes
from mlip_autopipec.seeds import child_rng

ELEMENTS = ("Cu", "Au")
FRACTIONS_CU = ("0.25", "0.5", "0.75")
"""Of the pools' cells, as names."""

LATTICE_A = {"Cu": 3.61, "Au": 4.08}
EXPANSION = 1.02
"""Thermal expansion, and what the oracle's density functional overestimates."""

TIMESTEP_FS = 2.0


def solid_solution(
    fraction_Cu: float, rng: np.random.Generator, *, expansion: float = EXPANSION
) -> Atoms:
    """Return 32 atoms on an fcc lattice, occupied at random, with Vegard's lattice constant."""
    a_A = fraction_Cu * LATTICE_A["Cu"] + (1.0 - fraction_Cu) * LATTICE_A["Au"]
    atoms = bulk(ELEMENTS[1], "fcc", a=expansion * a_A, cubic=True) * (2, 2, 2)
    symbols = np.full(len(atoms), ELEMENTS[1])
    symbols[rng.permutation(len(atoms))[: round(fraction_Cu * len(atoms))]] = ELEMENTS[0]
    atoms.set_chemical_symbols(symbols.tolist())
    return atoms


def ordered_cell(prototype: str, minority: str = "Au") -> Atoms:
    """Return 32 atoms of L1_0, or of L1_2 whose minority element sits on the corners."""
    fraction_Cu = 0.5 if prototype == "L1_0" else 0.75 if minority == "Au" else 0.25
    atoms = solid_solution(fraction_Cu, np.random.default_rng(0))
    places = np.rint(atoms.get_scaled_positions() * 4).astype(int)
    first = places[:, 2] % 2 == 0 if prototype == "L1_0" else (places % 2 == 0).all(axis=1)
    others = ELEMENTS[0] if minority == ELEMENTS[1] else ELEMENTS[1]
    atoms.set_chemical_symbols(np.where(first, minority, others).tolist())
    return atoms


def _cell(kind: str, rng: np.random.Generator, *, expansion: float = EXPANSION) -> Atoms:
    return solid_solution(float(kind), rng, expansion=expansion)


_followed = partial(trajectory, timestep_fs=TIMESTEP_FS)


def _liquid(seed: int, calculator: Calculator) -> Iterator[Atoms]:
    """Melt two compositions at 4000 K, and follow them at 2000 K."""
    for fraction_Cu in (0.375, 0.625):
        name = f"liquid-{fraction_Cu:.3f}"
        rng = child_rng(seed, name)
        atoms = solid_solution(fraction_Cu, rng, expansion=1.07)
        schedule = ((4000.0, 250), (2000.0, 300))
        yield from _followed(atoms, calculator, name, schedule, every=25, rng=rng)


def _compositions(seed: int, calculator: Calculator) -> Iterator[Atoms]:
    """Heat dilute alloys and both elements at 800 K."""
    for fraction_Cu in (0.0, 0.125, 0.875, 1.0):
        name = f"composition-{fraction_Cu:.3f}"
        rng = child_rng(seed, name)
        atoms = solid_solution(fraction_Cu, rng)
        yield from _followed(atoms, calculator, name, ((800.0, 180),), every=30, rng=rng)


def _ordered(seed: int, calculator: Calculator) -> Iterator[Atoms]:
    """Heat L1_0 and both L1_2 at 400 K."""
    for prototype, minority in (("L1_0", "Au"), ("L1_2", "Au"), ("L1_2", "Cu")):
        name = f"{prototype}-{minority}"
        rng = child_rng(seed, name)
        atoms = ordered_cell(prototype, minority)
        yield from _followed(atoms, calculator, name, ((400.0, 180),), every=30, rng=rng)


def _equation_of_state(seed: int, calculator: Calculator) -> Iterator[Atoms]:
    """Scale two solid solutions and L1_0."""
    rng = child_rng(seed, "equation-of-state")
    cells = [solid_solution(0.5, rng), solid_solution(0.75, rng), ordered_cell("L1_0")]
    for number, cell in enumerate(cells):
        for scaled in scaled_volumes(cell):
            yield labelled(scaled, calculator, f"eos-{number}")


def _vacancies(seed: int, calculator: Calculator) -> Iterator[Atoms]:
    """Heat cells that lack an atom at 600 K."""
    for fraction_Cu in (0.25, 0.5, 0.75):
        name = f"vacancy-{fraction_Cu:.2f}"
        rng = child_rng(seed, name)
        atoms = solid_solution(fraction_Cu, rng)
        del atoms[int(rng.integers(len(atoms)))]
        yield from _followed(atoms, calculator, name, ((600.0, 120),), every=30, rng=rng)


def _surfaces(seed: int, calculator: Calculator) -> Iterator[Atoms]:
    """Heat slabs of 24 atoms at 600 K."""
    a_A = 0.5 * sum(LATTICE_A.values())
    for builder in (fcc111, fcc100):
        name = f"surface-{builder.__name__}"
        rng = child_rng(seed, name)
        slab = builder("Au", size=(2, 2, 6), a=1.02 * a_A, vacuum=7.0, periodic=True)
        slab = Atoms(slab.symbols, slab.positions, cell=slab.cell, pbc=True)
        slab.symbols[rng.permutation(len(slab))[: len(slab) // 2]] = "Cu"
        yield from _followed(slab, calculator, name, ((600.0, 180),), every=30, rng=rng)


COPPER_GOLD = System(
    name="cu-au",
    elements=ELEMENTS,
    kinds=FRACTIONS_CU,
    cell=_cell,
    generation={
        "kind": "alloy",
        "lattice": "fcc",
        "compositions": [{"Cu": float(x), "Au": 1.0 - float(x)} for x in FRACTIONS_CU],
        "supercell": [2, 2, 2],
    },
    monte_carlo={"kind": "swap", "every": 20, "attempts": 4},
    ramp_K=(300.0, 3000.0),
    nvt_K=1000.0,
    hot_K=2000.0,
    hot_expansion=1.05,
    timestep_fs=TIMESTEP_FS,
    tests={
        "liquid": _liquid,
        "compositions": _compositions,
        "ordered": _ordered,
        "eos": _equation_of_state,
        "vacancies": _vacancies,
        "surfaces": _surfaces,
        "close_pairs": partial(close_pairs, FRACTIONS_CU, _cell),
    },
    titles={
        "liquid": "liquid",
        "compositions": "other\ncompositions",
        "ordered": "L1$_0$, L1$_2$",
        "eos": "equation\nof state",
        "vacancies": "vacancies",
        "surfaces": "surfaces",
        "close_pairs": "close\npairs",
    },
)
