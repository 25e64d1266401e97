"""What holds for every kind of generator, whatever the seed: drawn at random."""

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from ase.build import bulk
from ase.io import write
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import GeneratorConfig
from mlip_autopipec.generators.base import BaseStructureGenerator
from mlip_autopipec.generators.registry import build_generator
from mlip_autopipec.structures.checks import closest_scaled_distance
from mlip_autopipec.structures.fingerprint import fingerprint
from mlip_autopipec.structures.identity import structure_key
from mlip_autopipec.structures.ions import read_charges, total_charge
from mlip_autopipec.structures.vacuum import detect_vacuum

CU_AU = {"Cu": 0.5, "Au": 0.5}
RATTLE = {"kind": "rattle", "stdev_A": 0.04}
CONFIGS = {
    get_args(c.model_fields["kind"].annotation)[0]: c
    for c in get_args(get_args(GeneratorConfig)[0])
}
KINDS: dict[str, dict[str, Any]] = {
    "alloy": {"lattice": "bcc", "composition": CU_AU, "supercell": [2, 2, 2]},
    "ionic": {
        "prototype": "fluorite",
        "species": {"A": "Zr", "X": "O"},
        "supercell": [2, 1, 1],
        "defects": [{"kind": "dopant", "element": "Y", "on": "Zr", "count": 2}],
    },
    "file": {"path": "two.xyz", "supercell": [2, 2, 1]},
    "slab": {
        "crystal": {"kind": "alloy", "lattice": "fcc", "composition": CU_AU},
        "miller": [1, 0, 0],
        "layers": 4,
        "repeats": [2, 2],
    },
    "cluster": {
        "shape": {"kind": "icosahedron", "shells": 2},
        "composition": {"Pt": 0.7, "Ni": 0.3},
    },
    "molecule": {"names": ["H2O", "CH3OH"]},
    "liquid": {"formula": "NaCl", "n_atoms": 16, "density_g_cm3": 1.55},
    "random_crystal": {"formula": "TiO2", "formula_units": [2, 4], "space_groups": [62, 136, 225]},
}
DIMENSIONALITY = {
    "alloy": 3,
    "ionic": 3,
    "file": 3,
    "slab": 2,
    "cluster": 0,
    "molecule": 0,
    "liquid": 3,
    "random_crystal": 3,
}
N_ATOMS = {
    "alloy": {16},
    "ionic": {23},
    "file": {4, 8},
    "slab": {16},
    "cluster": {13},
    "molecule": {3, 6},
    "liquid": {16},
    "random_crystal": {6, 12},
}

kinds = st.sampled_from(sorted(KINDS))
seeds = st.integers(0, 2**63 - 1)


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the user's files are."""
    path = tmp_path_factory.mktemp("user") / "two.xyz"
    write(path, [bulk("Cu"), bulk("CsCl", "cesiumchloride", a=4.12)])
    KINDS["file"]["path"] = str(path)
    return path


def generator(kind: str, seed: int, **document: Any) -> BaseStructureGenerator[Any]:  # noqa: ANN401 - any field
    config = validate(CONFIGS[kind], {**KINDS[kind], "transforms": [RATTLE], **document})
    return build_generator(config, label=kind, seed=seed)


def test_all_kinds_are_drawn_from() -> None:
    assert set(KINDS) == set(CONFIGS) == set(DIMENSIONALITY) == set(N_ATOMS)


@settings(deadline=None, max_examples=40)
@given(kind=kinds, seed=seeds, index=st.integers(0, 4))
def test_a_structure_does_not_depend_on_how_many_are_asked_for(
    kind: str, seed: int, index: int
) -> None:
    many = [structure_key(a) for a in generator(kind, seed, n_structures=6).generate()]
    few = generator(kind, seed, n_structures=index + 1)
    assert [structure_key(atoms) for atoms in few.generate()] == many[: index + 1]
    assert structure_key(generator(kind, seed, n_structures=500).make(index)) == many[index]
    assert len(set(many)) == 6


@settings(deadline=None, max_examples=30)
@given(kind=kinds, seed=seeds)
def test_structures_are_sound_and_none_equals_another(kind: str, seed: int) -> None:
    source = generator(kind, seed, n_structures=4)
    made = list(source.generate())
    for atoms in made:
        closest = closest_scaled_distance(atoms)
        assert closest is not None
        assert closest.ratio >= source.config.min_distance_scale
        assert len(atoms) in N_ATOMS[kind]
        assert detect_vacuum(atoms).dimensionality == DIMENSIONALITY[kind]
        states = atoms.info.get("oxidation_states")
        if states is not None:
            amounts = {symbol: list(atoms.symbols).count(symbol) for symbol in set(atoms.symbols)}
            assert total_charge(amounts, read_charges(states)) == pytest.approx(0.0, abs=1e-9)
    marks = np.array([fingerprint(atoms) for atoms in made])
    apart = np.abs(marks[:, None] - marks).max(axis=2)[np.triu_indices(len(made), 1)]
    assert apart.min() > source.config.checks.duplicate_tolerance


@settings(deadline=None, max_examples=20)
@given(kind=kinds, seed=seeds)
def test_the_seed_decides(kind: str, seed: int) -> None:
    key = structure_key(generator(kind, seed).make(0))
    assert structure_key(generator(kind, seed).make(0)) == key
    assert structure_key(generator(kind, (seed + 1) % 2**63).make(0)) != key


@settings(deadline=None, max_examples=20)
@given(kind=kinds, seed=seeds, n_structures=st.integers(1, 5))
def test_the_plan_is_kept(kind: str, seed: int, n_structures: int) -> None:
    source = generator(kind, seed, n_structures=n_structures)
    plan = source.plan()
    made = list(source.generate())
    assert plan.n_structures == len(made) == n_structures
    assert plan.n_atoms == max(len(atoms) for atoms in made)
    assert set(plan.elements) == {symbol for atoms in made for symbol in atoms.symbols}
    assert [atoms.info["structure_id"] for atoms in made] == [
        f"{kind}-{index:04d}" for index in range(n_structures)
    ]
