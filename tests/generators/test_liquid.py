import sys
from collections import Counter

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import molecule
from ase.data import covalent_radii, vdw_radii
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import LiquidConfig
from mlip_autopipec.errors import ConfigError, GenerationError
from mlip_autopipec.generators.liquid import LiquidGenerator
from mlip_autopipec.structures.composition import exact_counts
from mlip_autopipec.structures.identity import structure_key
from mlip_autopipec.structures.neighbours import neighbour_pairs
from mlip_autopipec.structures.vacuum import detect_vacuum

SALT = {"formula": "NaCl", "n_atoms": 64, "density_g_cm3": 1.5}
WATER = {"counts": {"H2O": 40}, "density_g_cm3": 1.0}


def generator(seed: int = 42, **document: object) -> LiquidGenerator:
    return LiquidGenerator(validate(LiquidConfig, document), label="liq", seed=seed)


def density_g_cm3(atoms: Atoms) -> float:
    grams = atoms.get_masses().sum() * units._amu * 1e3
    return float(grams / (atoms.get_volume() * 1e-24))


def closest_apart(atoms: Atoms, molecules: np.ndarray) -> dict[tuple[int, int], float]:
    """The shortest distance of each pair of species among different molecules and images."""
    pairs = neighbour_pairs(atoms, 4.0)
    images = np.abs(atoms.positions[pairs.second] - atoms.positions[pairs.first] - pairs.vectors_A)
    other = (molecules[pairs.first] != molecules[pairs.second]) | (images.max(axis=1) > 3.0)
    found: dict[tuple[int, int], float] = {}
    for i, j, length_A in zip(
        pairs.first[other], pairs.second[other], pairs.distances_A[other], strict=True
    ):
        key = tuple(sorted((int(atoms.numbers[i]), int(atoms.numbers[j]))))
        found[key] = min(found.get(key, np.inf), float(length_A))
    return found


@settings(deadline=None, max_examples=15)
@given(
    seed=st.integers(0, 2**63 - 1),
    weights=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    n_atoms=st.integers(10, 120),
    scale=st.floats(1.0, 2.0),
)
def test_a_melt_has_its_composition_volume_and_distances(
    seed: int, weights: list[int], n_atoms: int, scale: float
) -> None:
    total = sum(weights)
    composition = {s: n / total for s, n in zip(("Cu", "Al", "Au", "Ni"), weights, strict=False)}
    source = generator(seed, composition=composition, n_atoms=n_atoms, volume_scale=scale)
    atoms = source.make(0)
    expected = exact_counts(composition, n_atoms)
    assert Counter(atoms.get_chemical_symbols()) == {s: n for s, n in expected.items() if n}
    assert atoms.pbc.all()
    assert atoms.cell.angles() == pytest.approx([90.0] * 3)
    # volumes of an atom in fcc Cu, Al, Au and Ni, from their lattice constants in ASE
    volumes_A3 = {"Cu": 3.61**3 / 4, "Al": 4.05**3 / 4, "Au": 4.08**3 / 4, "Ni": 3.52**3 / 4}
    solid_A3 = sum(volumes_A3[symbol] * n for symbol, n in expected.items())
    assert atoms.get_volume() == pytest.approx(scale * solid_A3, rel=1e-9)
    for (a, b), length_A in closest_apart(atoms, np.arange(len(atoms))).items():
        # packmol keeps distances to 0.01 Å
        assert length_A > 0.75 * (covalent_radii[a] + covalent_radii[b]) - 0.01


def test_water_is_packed_as_rigid_molecules_turned_at_random() -> None:
    atoms = generator(**WATER).make(0)
    assert density_g_cm3(atoms) == pytest.approx(1.0, rel=1e-9)
    assert atoms.info["density_g_cm3"] == pytest.approx(1.0, rel=1e-9)
    assert Counter(atoms.get_chemical_symbols()) == {"H": 80, "O": 40}
    expected_A = molecule("H2O").get_all_distances()
    axes = []
    for first in range(0, 120, 3):
        water = atoms[first : first + 3]
        # the six decimals of packmol's file
        assert water.get_all_distances() == pytest.approx(expected_A, abs=1e-5)
        axis = water.positions[1:].mean(axis=0) - water.positions[0]
        axes.append(axis / np.linalg.norm(axis))
    for (a, b), length_A in closest_apart(atoms, np.arange(120) // 3).items():
        assert length_A > 0.75 * (vdw_radii[a] + vdw_radii[b]) - 0.01
    # |mean| of 40 uniform directions is 0.15 in the mean; beyond 0.45 once in 10,000
    assert np.linalg.norm(np.mean(axes, axis=0)) < 0.45
    assert detect_vacuum(atoms).dimensionality == 3


def test_a_formula_gives_whole_neutral_units() -> None:
    atoms = generator(formula="Li2CO3", n_atoms=100, density_g_cm3=1.8, charges={"C": 4}).make(0)
    assert Counter(atoms.get_chemical_symbols()) == {"Li": 32, "C": 16, "O": 48}
    assert atoms.info["oxidation_states"] == "Li+1 C+4 O-2"
    assert density_g_cm3(atoms) == pytest.approx(1.8, rel=1e-9)


def test_ions_and_molecules_are_packed_together() -> None:
    counts = {"H2O": 30, "Na": 2, "Cl": 2}
    source = generator(counts=counts, density_g_cm3=1.05, min_distance_A=1.8)
    atoms = source.make(0)
    assert Counter(atoms.get_chemical_symbols()) == {"H": 60, "O": 30, "Na": 2, "Cl": 2}
    molecules = np.append(np.arange(90) // 3, [100, 101, 102, 103])
    assert min(closest_apart(atoms, molecules).values()) > 1.8 - 0.01
    assert source.plan().detail.startswith("30 H2O + 2 Na + 2 Cl at 1.050 g/cm³ (given), a = ")


def test_a_structure_depends_on_seed_and_index_alone() -> None:
    few, many = generator(**SALT, n_structures=5), generator(**SALT, n_structures=500)
    many.make(1)
    key = structure_key(few.make(3))
    assert structure_key(many.make(3)) == key
    assert structure_key(generator(43, **SALT).make(3)) != key
    assert structure_key(few.make(2)) != key


def test_the_plan_says_what_is_packed() -> None:
    plan = generator(**SALT).plan()
    assert (plan.kind, plan.n_structures, plan.n_atoms) == ("liquid", 1, 64)
    assert plan.detail == (
        "32 Na + 32 Cl at 1.500 g/cm³ (given), a = 12.745 Å, Na+1 Cl-1"  # 1,870 u in 2,070 Å³
    )


def test_what_finds_no_room_is_refused_with_the_reason() -> None:
    source = generator(counts={"Cu": 6}, density_g_cm3=30.0, max_attempts=2)
    with pytest.raises(GenerationError) as caught:
        source.make(0)
    assert str(caught.value) == (
        "liq-0000: none of 2 attempts passed: no packing found (2×); "
        "the last: 6 Cu find no room in a cube of 2.76 Å"
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"formula": "AlO", "n_atoms": 20, "density_g_cm3": 2}, r"liq: the charges sum to \+1"),
        ({"formula": "NaCl", "n_atoms": 1, "density_g_cm3": 2}, "1 atoms hold no unit of NaCl"),
        ({"formula": "NaCl", "n_atoms": 20}, "Cl has no solid on record; give density_g_cm3"),
        ({"counts": {"Xyz": 2}, "density_g_cm3": 1}, "liq: ASE knows no molecule 'Xyz'"),
    ],
)
def test_what_cannot_be_packed_is_refused(document: dict[str, object], message: str) -> None:
    with pytest.raises(GenerationError, match=message):
        generator(**document)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "one of composition, formula and counts"),
        ({"formula": "NaCl", "counts": {"Na": 1}}, "one of composition, formula and counts"),
        ({"formula": "NaCl"}, "n_atoms belongs to composition or formula"),
        ({"counts": {"Na": 1}, "n_atoms": 5}, "n_atoms belongs to composition or formula"),
        ({**WATER, "charges": {"H": 1}}, "charges belong to a formula"),
        ({**WATER, "volume_scale": 1.2}, "either density_g_cm3 or volume_scale"),
        ({"formula": "Xy2", "n_atoms": 5}, "formula: 'Xy2' is not a chemical formula"),
    ],
)
def test_bad_liquid_configs_are_refused(document: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        generator(**document)


def test_without_packmol_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "packmol", None)
    with pytest.raises(GenerationError) as caught:
        generator(**SALT)
    assert str(caught.value) == (
        "liq: kind liquid needs the package packmol; "
        "install it with: pip install 'mlip-autopipe[structures]'"
    )
