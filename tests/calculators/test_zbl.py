"""ZBL against LAMMPS, against its formula, and against what any pair potential must do."""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk, molecule
from ase.calculators.calculator import PropertyNotImplementedError
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress
from ase.collections import g2
from ase.data import atomic_numbers, chemical_symbols, covalent_radii, reference_states
from ase.neighborlist import neighbor_list
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from mlip_autopipec.calculators.zbl import ZBLCalculator
from mlip_autopipec.errors import CalculatorError

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "data" / "zbl_reference.json").read_text(encoding="utf-8")
)
Periodicity = bool | tuple[bool, bool, bool]
SPECIES = ("H", "O", "Si", "Cu", "Au")


def mixture(seed: int, n_atoms: int = 12, *, pbc: Periodicity = True) -> Atoms:
    """Return a crowded mixture in a triclinic cell."""
    rng = np.random.default_rng(seed)
    cell = np.array([[4.5, 0.3, 0.0], [1.0, 4.8, 0.2], [-0.9, 0.7, 5.1]])
    return Atoms(
        rng.choice(SPECIES, n_atoms), positions=rng.random((n_atoms, 3)) @ cell, cell=cell, pbc=pbc
    )


def screened_coulomb(distance_A: float, first: str, second: str) -> float:
    """Return k Zi Zj/r φ(r/a) in eV, written out once more with the universal constants."""
    z_1, z_2 = atomic_numbers[first], atomic_numbers[second]
    x = distance_A / (0.46850 / (z_1**0.23 + z_2**0.23))
    screening = (
        0.18175 * math.exp(-3.19980 * x)
        + 0.50986 * math.exp(-0.94229 * x)
        + 0.28022 * math.exp(-0.40290 * x)
        + 0.02817 * math.exp(-0.20162 * x)
    )
    return 14.399645352 * z_1 * z_2 / distance_A * screening


def dimer(distance_A: float, first: str = "Cu", second: str = "Au") -> Atoms:
    return Atoms([first, second], positions=[[0, 0, 0], [0, 0, distance_A]])


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["name"])
def test_agrees_with_lammps(case: dict[str, Any]) -> None:
    radii = {pair: tuple(values) for pair, values in case["radii_A"].items()}
    atoms = Atoms(
        case["symbols"], positions=case["positions_A"], cell=case["cell_A"], pbc=case["pbc"]
    )
    sums = ZBLCalculator(pairs=radii).sums(atoms)
    # LAMMPS rounds e²/(4πε0) to 14.399645; with that accounted for, the two differ by the rounding
    # of sums of up to 1e4 eV. The switched tail is a difference of numbers of some 10 eV.
    ratio = units.Hartree * units.Bohr / REFERENCE["coulomb_eV_A"]
    assert ratio == pytest.approx(1.0, abs=1e-7)
    forces = np.array(case["forces_eV_A"])
    assert sums.energy_eV == pytest.approx(ratio * case["energy_eV"], rel=1e-10, abs=1e-13)
    assert_allclose(
        sums.forces_eV_A, ratio * forces, rtol=1e-10, atol=1e-12 + 1e-12 * np.abs(forces).max()
    )
    if case["stress_eV_A3"] is not None:
        stress = sums.stress(atoms.get_volume())
        # The bar of LAMMPS's metal units is rounded too, by 8e-8.
        assert_allclose(stress, case["stress_eV_A3"], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("pair", [("H", "O"), ("O", "Si"), ("Cu", "Au"), ("Au", "Au")])
def test_is_screened_coulomb_but_for_a_constant_below_the_inner_radius(
    pair: tuple[str, str],
) -> None:
    zbl = ZBLCalculator()
    inner, _ = zbl.radii(*pair)
    distances = np.linspace(0.1 * inner, inner, 7)
    energies = [zbl.sums(dimer(r, *pair)).energy_eV for r in distances]
    expected = [screened_coulomb(r, *pair) for r in distances]
    assert_allclose(np.diff(energies), np.diff(expected), rtol=1e-9)  # of k as written above


@pytest.mark.parametrize("pair", [("H", "H"), ("O", "Si"), ("Cu", "Au")])
@pytest.mark.parametrize("which", ["inner", "outer"])
def test_energy_force_and_curvature_are_continuous_at_both_radii(
    pair: tuple[str, str], which: str
) -> None:
    zbl = ZBLCalculator()
    radius = zbl.radii(*pair)[0 if which == "inner" else 1]
    jumps = []
    for h in (1e-3, 5e-4):  # the third derivative does jump: the difference goes to zero with h
        energy = [zbl.sums(dimer(radius + k * h, *pair)).energy_eV for k in (-2, -1, 0, 1, 2)]
        below = (energy[2] - 2 * energy[1] + energy[0]) / h**2
        above = (energy[4] - 2 * energy[3] + energy[2]) / h**2
        jumps.append(above - below)
    jump_at_zero = 2 * jumps[1] - jumps[0]
    curvature = abs(screened_coulomb(radius, *pair)) / radius**2
    # what is left is the fourth derivative times h², and the rounding of energies over h²
    assert abs(jump_at_zero) < 0.01 * curvature


def test_vanishes_with_its_slope_and_curvature_at_the_outer_radius() -> None:
    zbl = ZBLCalculator(inner_A=1.0, outer_A=2.0)
    energies = [zbl.sums(dimer(2.0 - h)).energy_eV for h in (2e-2, 1e-2, 0.0)]
    assert energies[2] == 0.0
    assert energies[0] / energies[1] == pytest.approx(8.0, rel=0.02)  # the cube of the distance


def test_repels_at_every_distance_and_never_attracts() -> None:
    zbl = ZBLCalculator()
    for pair in (("H", "H"), ("H", "Au"), ("Cs", "F"), ("Au", "Au")):
        _, outer = zbl.radii(*pair)
        energies = [
            zbl.sums(dimer(r, *pair)).energy_eV for r in np.linspace(0.02, 1.0, 200) * outer
        ]
        assert all(nearer > farther for nearer, farther in pairwise(energies))
        assert energies[-1] == 0.0


@pytest.mark.parametrize("pbc", [True, False, (True, True, False), (False, False, True)])
def test_forces_and_stress_are_derivatives_of_the_energy(pbc: Periodicity) -> None:
    atoms = mixture(seed=3, pbc=pbc)
    atoms.calc = ZBLCalculator(inner_A=1.2, outer_A=2.4)
    forces = calculate_numerical_forces(atoms, eps=1e-4)
    stress = calculate_numerical_stress(atoms, eps=1e-5)
    # central differences: the error goes with eps² times the third derivative
    assert_allclose(atoms.get_forces(), forces, rtol=1e-5, atol=1e-3)
    assert_allclose(atoms.get_stress(), stress, rtol=1e-5, atol=1e-5)


def test_repulsion_pushes_the_cell_outward() -> None:
    atoms = bulk("Cu", "sc", a=1.4)
    atoms.calc = ZBLCalculator()
    stress = atoms.get_stress()
    assert (stress[:3] < -0.1).all()  # ASE's sign: a positive pressure
    larger = bulk("Cu", "sc", a=1.45)
    larger.calc = ZBLCalculator()
    assert larger.get_potential_energy() < atoms.get_potential_energy()


@given(
    seed=st.integers(0, 2**32 - 1),
    n_atoms=st.integers(1, 14),
    scale=st.floats(0.25, 4.0),
    pbc=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
@settings(max_examples=150, deadline=None)
def test_finds_the_pairs_that_ase_finds(
    seed: int, n_atoms: int, scale: float, pbc: Periodicity
) -> None:
    """Cells smaller and larger than the cutoff, tilted, partly periodic, atoms far outside."""
    rng = np.random.default_rng(seed)
    cell = scale * (3.0 * np.eye(3) + rng.uniform(-0.8, 0.8, (3, 3)))
    fractional = rng.uniform(-2.0, 3.0, (n_atoms, 3))
    atoms = Atoms(rng.choice(SPECIES, n_atoms), cell=cell, pbc=pbc)
    atoms.set_scaled_positions(fractional)
    atoms.positions = fractional @ cell
    i, j, vectors = neighbor_list("ijD", atoms, 2.2)
    pairs = [
        dimer(r, atoms.symbols[a], atoms.symbols[b])
        for a, b, r in zip(i, j, np.linalg.norm(vectors, axis=1), strict=True)
    ]
    zbl = ZBLCalculator(inner_A=1.0, outer_A=2.2)
    expected_energy = 0.5 * math.fsum(zbl.sums(pair).energy_eV for pair in pairs)
    expected_forces = np.zeros((n_atoms, 3))
    for a, pair, vector in zip(i, pairs, vectors, strict=True):
        along_z = zbl.sums(pair).forces_eV_A[0, 2]
        expected_forces[a] += along_z * vector / np.linalg.norm(vector)
    sums = zbl.sums(atoms)
    # wrapping atoms back moves them by 1e-15 of their coordinates; energies reach 1e5 eV
    assert sums.energy_eV == pytest.approx(expected_energy, rel=1e-9, abs=1e-9)
    assert_allclose(
        sums.forces_eV_A,
        expected_forces,
        rtol=1e-8,
        atol=1e-9 * (1 + np.abs(expected_forces).max()),
    )


@pytest.mark.parametrize("pbc", [True, False, (True, False, True)])
def test_does_not_depend_on_the_frame_of_reference(pbc: Periodicity) -> None:
    atoms = mixture(seed=5, pbc=pbc)
    zbl = ZBLCalculator(inner_A=1.0, outer_A=2.2)
    sums = zbl.sums(atoms)
    rotation = Rotation.random(rng=np.random.default_rng(1)).as_matrix()
    moved = atoms.copy()
    moved.set_cell(atoms.cell.array @ rotation.T)
    moved.positions = (atoms.positions + np.array([3.0, -7.0, 11.0])) @ rotation.T
    after = zbl.sums(moved)
    assert after.energy_eV == pytest.approx(sums.energy_eV, rel=1e-11)
    assert_allclose(after.forces_eV_A, sums.forces_eV_A @ rotation.T, rtol=1e-9, atol=1e-8)
    assert_allclose(after.virial_eV, rotation @ sums.virial_eV @ rotation.T, rtol=1e-9, atol=1e-8)
    order = np.random.default_rng(2).permutation(len(atoms))
    permuted = zbl.sums(atoms[order])
    assert_allclose(permuted.forces_eV_A, sums.forces_eV_A[order], rtol=1e-11, atol=1e-9)
    assert_allclose(sums.forces_eV_A.sum(axis=0), 0.0, atol=1e-9 * np.abs(sums.forces_eV_A).max())


def test_energies_are_the_atoms_shares() -> None:
    sums = ZBLCalculator().sums(dimer(1.0))
    assert sums.energies_eV[0] == sums.energies_eV[1]
    assert sums.energies_eV.sum() == sums.energy_eV


def test_a_cell_smaller_than_the_cutoff_equals_its_supercell() -> None:
    cell = [[1.7, 0.0, 0.0], [0.6, 1.8, 0.0], [-0.5, 0.4, 2.0]]
    atoms = Atoms("CuO", positions=[[0.1, 0.2, 0.3], [0.9, 1.0, 1.4]], cell=cell, pbc=True)
    zbl = ZBLCalculator(inner_A=1.5, outer_A=3.9)
    small, large = zbl.sums(atoms), zbl.sums(atoms * (3, 4, 5))
    assert large.energy_eV == pytest.approx(60 * small.energy_eV, rel=1e-11)
    assert_allclose(large.virial_eV, 60 * small.virial_eV, rtol=1e-10, atol=1e-8)
    assert_allclose(large.forces_eV_A, np.tile(small.forces_eV_A, (60, 1)), rtol=1e-8, atol=1e-8)


def test_leaves_every_elemental_crystal_alone() -> None:
    untouched = 0
    for symbol, state in zip(chemical_symbols, reference_states, strict=True):
        if state is None or state["symmetry"] not in {"fcc", "bcc", "hcp", "diamond", "sc"}:
            continue
        if state.get("basis", ()) is None:  # Se and Te: ASE has no basis for their chains
            continue
        assert ZBLCalculator().sums(bulk(symbol)).energy_eV == 0.0, symbol
        untouched += 1
    assert untouched > 60


def test_leaves_every_molecule_of_the_g2_set_alone() -> None:
    for name in g2.names:
        assert ZBLCalculator().sums(molecule(name)).energy_eV == 0.0, name


def test_radii_come_from_covalent_radii_or_as_given() -> None:
    copper, gold = covalent_radii[29], covalent_radii[79]
    zbl = ZBLCalculator(pairs={"Au-Cu": (0.9, 1.9)})
    assert zbl.radii("Cu", "Cu") == (0.5 * 2 * copper, 0.7 * 2 * copper)
    assert zbl.radii("Cu", "Au") == zbl.radii("Au", "Cu") == (0.9, 1.9)
    scaled = ZBLCalculator(inner_scale=0.3, outer_scale=0.6)
    assert scaled.radii("Cu", "Au") == pytest.approx(
        (0.3 * (copper + gold), 0.6 * (copper + gold)), rel=1e-15
    )


def test_positions_that_are_not_finite_give_nan() -> None:
    atoms = mixture(seed=8)
    atoms.positions[3, 1] = np.nan
    assert math.isnan(ZBLCalculator().sums(atoms).energy_eV)
    atoms.positions[3, 1] = np.inf
    assert math.isnan(ZBLCalculator().sums(atoms).energy_eV)


def test_a_collapsed_cell_gives_nan_at_once() -> None:
    atoms = bulk("Cu", "sc", a=1e-6)
    assert math.isnan(ZBLCalculator().sums(atoms).energy_eV)


def test_atoms_in_one_place_have_an_infinite_energy() -> None:
    assert ZBLCalculator().sums(dimer(0.0)).energy_eV == math.inf


def test_positions_far_outside_the_cell_are_wrapped() -> None:
    atoms = mixture(seed=9)
    far = atoms.copy()
    far.positions += 1e6 * atoms.cell.array[0]
    zbl = ZBLCalculator()
    # a coordinate of 5e6 Å is known to 1e-9 Å
    assert zbl.sums(far).energy_eV == pytest.approx(zbl.sums(atoms).energy_eV, rel=1e-6)


def test_without_a_volume_there_is_no_stress() -> None:
    atoms = dimer(1.0)
    atoms.calc = ZBLCalculator()
    assert atoms.get_potential_energy() > 0.0
    with pytest.raises(PropertyNotImplementedError, match="a stress needs a cell with a volume"):
        atoms.get_stress()


def test_no_atoms_no_energy() -> None:
    assert ZBLCalculator().sums(Atoms()).energy_eV == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inner_A": 1.0}, "exploration.zbl: inner_A and outer_A should be given together"),
        (
            {"inner_A": 1.0, "outer_A": 2.0, "inner_scale": 0.5},
            "exploration.zbl: give radii in Å or as scales, not both",
        ),
        (
            {"pairs": {"Cu-Au": (2.0, 1.0)}},
            "exploration.zbl: Au-Cu has inner 2 Å and outer 1 Å; 0 < inner < outer is needed",
        ),
        (
            {"pairs": {"CuAu": (1.0, 2.0)}},
            "exploration.zbl.pairs: 'CuAu' is not a pair of elements such as 'Cu-Au'",
        ),
    ],
)
def test_says_what_is_wrong_with_the_radii(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(CalculatorError) as caught:
        ZBLCalculator(**arguments)
    assert str(caught.value) == message


def test_says_which_element_has_no_covalent_radius() -> None:
    with pytest.raises(CalculatorError, match="no covalent radius is known for Bk"):
        ZBLCalculator().sums(Atoms("Bk"))
    assert ZBLCalculator(inner_A=1.0, outer_A=2.0).sums(dimer(1.0, "Bk", "Bk")).energy_eV > 0.0
