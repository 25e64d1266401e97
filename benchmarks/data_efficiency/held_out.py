"""The test sets: what no pool came from."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.build import fcc100, fcc111
from ase.calculators.calculator import Calculator

from benchmarks.data_efficiency.dynamics import LATTICE_A, solid_solution, trajectory
from benchmarks.data_efficiency.oracle import labelled
from benchmarks.data_efficiency.settings import ELEMENTS, Case
from mlip_autopipec.config.generation.transforms import ClosePairConfig, RattleConfig
from mlip_autopipec.seeds import child_rng
from mlip_autopipec.structures.extxyz import read_frames, write_frames
from mlip_autopipec.structures.transforms import apply_transforms

VOLUMES = np.linspace(0.85, 1.20, 15)
N_CLOSE = 40
Frames = Iterator[Atoms]


def ordered_cell(prototype: str, minority: str = "Au") -> Atoms:
    """Return 32 atoms of L1_0, or of L1_2 whose minority element sits on the corners."""
    fraction_Cu = 0.5 if prototype == "L1_0" else 0.75 if minority == "Au" else 0.25
    atoms = solid_solution(fraction_Cu, np.random.default_rng(0))
    places = np.rint(atoms.get_scaled_positions() * 4).astype(int)
    first = places[:, 2] % 2 == 0 if prototype == "L1_0" else (places % 2 == 0).all(axis=1)
    others = ELEMENTS[0] if minority == ELEMENTS[1] else ELEMENTS[1]
    atoms.set_chemical_symbols(np.where(first, minority, others).tolist())
    return atoms


def liquid(case: Case, calculator: Calculator) -> Frames:
    """Melt two compositions at 4000 K, and follow them at 2000 K."""
    for fraction_Cu in (0.375, 0.625):
        name = f"liquid-{fraction_Cu:.3f}"
        rng = child_rng(case.seed, name)
        atoms = solid_solution(fraction_Cu, rng, expansion=1.07)
        schedule = ((4000.0, 250), (2000.0, 300))
        yield from trajectory(atoms, calculator, name, schedule, every=25, rng=rng)


def compositions(case: Case, calculator: Calculator) -> Frames:
    """Heat dilute alloys and both elements at 800 K."""
    for fraction_Cu in (0.0, 0.125, 0.875, 1.0):
        name = f"composition-{fraction_Cu:.3f}"
        rng = child_rng(case.seed, name)
        atoms = solid_solution(fraction_Cu, rng)
        yield from trajectory(atoms, calculator, name, ((800.0, 180),), every=30, rng=rng)


def ordered(case: Case, calculator: Calculator) -> Frames:
    """Heat L1_0 and both L1_2 at 400 K."""
    for prototype, minority in (("L1_0", "Au"), ("L1_2", "Au"), ("L1_2", "Cu")):
        name = f"{prototype}-{minority}"
        rng = child_rng(case.seed, name)
        atoms = ordered_cell(prototype, minority)
        yield from trajectory(atoms, calculator, name, ((400.0, 180),), every=30, rng=rng)


def equation_of_state(case: Case, calculator: Calculator) -> Frames:
    """Scale cells from -15 to +20 % of the volume, their atoms on lattice sites."""
    rng = child_rng(case.seed, "equation-of-state")
    cells = [solid_solution(0.5, rng), solid_solution(0.75, rng), ordered_cell("L1_0")]
    for number, cell in enumerate(cells):
        for ratio in VOLUMES:
            scaled = cell.copy()
            scaled.set_cell(cell.cell.array * ratio ** (1.0 / 3.0), scale_atoms=True)
            yield labelled(scaled, calculator, f"eos-{number}")


def vacancies(case: Case, calculator: Calculator) -> Frames:
    """Heat cells that lack an atom at 600 K."""
    for fraction_Cu in (0.25, 0.5, 0.75):
        name = f"vacancy-{fraction_Cu:.2f}"
        rng = child_rng(case.seed, name)
        atoms = solid_solution(fraction_Cu, rng)
        del atoms[int(rng.integers(len(atoms)))]
        yield from trajectory(atoms, calculator, name, ((600.0, 120),), every=30, rng=rng)


def surfaces(case: Case, calculator: Calculator) -> Frames:
    """Heat slabs of 24 atoms at 600 K."""
    a_A = 0.5 * sum(LATTICE_A.values())
    for builder in (fcc111, fcc100):
        name = f"surface-{builder.__name__}"
        rng = child_rng(case.seed, name)
        slab = builder("Au", size=(2, 2, 6), a=1.02 * a_A, vacuum=7.0, periodic=True)
        slab = Atoms(slab.symbols, slab.positions, cell=slab.cell, pbc=True)
        slab.symbols[rng.permutation(len(slab))[: len(slab) // 2]] = "Cu"
        yield from trajectory(slab, calculator, name, ((600.0, 180),), every=30, rng=rng)


def close_pairs(case: Case, calculator: Calculator) -> Frames:
    """Push one pair of atoms together in rattled cells."""
    for number in range(N_CLOSE):
        name = f"close-{number:04d}"
        rng = child_rng(case.seed, name)
        atoms = solid_solution((0.25, 0.5, 0.75)[number % 3], rng)
        steps = (RattleConfig(stdev_A=0.05), ClosePairConfig())
        yield labelled(apply_transforms(atoms, steps, rng), calculator, name)


SETS: dict[str, Callable[[Case, Calculator], Frames]] = {
    "liquid": liquid,
    "compositions": compositions,
    "ordered": ordered,
    "eos": equation_of_state,
    "vacancies": vacancies,
    "surfaces": surfaces,
    "close_pairs": close_pairs,
}


def path_of(case: Case, name: str) -> Path:
    """Return the file of a test set."""
    return case.work / "test" / f"{name}.xyz"


def make_set(case: Case, name: str, calculator: Calculator) -> None:
    """Make a test set unless it is there."""
    path = path_of(case, name)
    if not path.exists():
        write_frames(path, SETS[name](case, calculator))


def set_of(case: Case, name: str) -> list[Atoms]:
    """Return the frames of a test set."""
    return list(read_frames(path_of(case, name)))
