import sys
from collections import Counter

import pytest
import spglib
from ase import Atoms
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import RandomCrystalConfig
from mlip_autopipec.errors import ConfigError, GenerationError
from mlip_autopipec.generators.random_crystal import RandomCrystalGenerator
from mlip_autopipec.structures.checks import closest_scaled_distance
from mlip_autopipec.structures.identity import structure_key


def generator(seed: int = 42, **document: object) -> RandomCrystalGenerator:
    config = validate(RandomCrystalConfig, {"formula": "TiO2"} | document)
    return RandomCrystalGenerator(config, label="rc", seed=seed)


def operations(atoms: Atoms) -> int:
    """Number of symmetry operations, those of the translations within the cell included."""
    cell = (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers)
    return len(spglib.get_symmetry(cell, symprec=1e-4)["rotations"])


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**63 - 1),
    group=st.sampled_from([1, 2, 5, 14, 19, 33, 62, 82, 96, 127, 148, 155, 166, 186, 194, 198]),
    units=st.sampled_from([4, 6, 8]),
)
def test_composition_symmetry_and_distances(seed: int, group: int, units: int) -> None:
    source = generator(seed, space_groups=[group], formula_units=[units])
    try:
        atoms = source.make(0)
    except GenerationError as error:
        assert "no space group fits" in str(error)  # noqa: PT017 - some cells hold no such number
        return
    assert Counter(atoms.get_chemical_symbols()) == {"Ti": units, "O": 2 * units}
    assert atoms.info["space_group"] == group
    assert atoms.pbc.all()
    closest = closest_scaled_distance(atoms)
    assert closest is not None
    assert closest.ratio >= 0.6
    # special places may make the crystal more symmetric, never less: orders divide (Lagrange)
    asked = len(spglib.get_symmetry_from_database(HALL_NUMBERS[group])["rotations"])
    assert operations(atoms) % asked == 0


HALL_NUMBERS = {spglib.get_spacegroup_type(hall).number: hall for hall in range(530, 0, -1)}
"""The first, standard setting of each space group."""


def test_most_crystals_have_the_very_group_asked_for() -> None:
    source = generator(formula_units=[4], n_structures=12, space_groups=[14, 19, 61, 62])
    found = []
    for atoms in source.generate():
        cell = (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers)
        found.append(spglib.get_symmetry_dataset(cell, symprec=1e-4).number)
    asked = [atoms.info["space_group"] for atoms in source.generate()]
    assert set(asked) > {14, 62}
    assert sum(a == b for a, b in zip(asked, found, strict=True)) >= 9


def test_numbers_of_units_come_in_turn_and_groups_from_the_range() -> None:
    source = generator(formula_units=[1, 2, 3], space_group_range=[1, 15], n_structures=6)
    atoms = list(source.generate())
    assert [len(each) for each in atoms] == [3, 6, 9, 3, 6, 9]
    assert all(1 <= each.info["space_group"] <= 15 for each in atoms)
    plan = source.plan()
    assert (plan.n_atoms, plan.elements) == (9, ("O", "Ti"))
    assert plan.detail == "1, 2, 3 units of TiO2, space groups 1 to 15"


def test_volumes_grow_with_the_factor() -> None:
    small = generator(volume_factor=1.0, space_groups=[14]).make(0).get_volume()
    large = generator(volume_factor=2.0, space_groups=[14]).make(0).get_volume()
    # the same radii are drawn first; a later attempt may have been needed, so not exactly twice
    assert large > 1.3 * small


def test_a_structure_depends_on_seed_and_index_alone() -> None:
    few, many = generator(n_structures=5), generator(n_structures=500)
    many.make(1)
    key = structure_key(few.make(3))
    assert structure_key(many.make(3)) == key
    assert structure_key(generator(43).make(3)) != key


def test_groups_that_hold_no_such_cell_are_refused_with_the_reason() -> None:
    source = generator(space_groups=[225, 227], formula_units=[1], max_attempts=2)
    with pytest.raises(GenerationError) as caught:
        source.plan()
    assert str(caught.value) == (
        "rc-0000: none of 2 attempts passed: no space group fits (2×); the last: no space group "
        "allowed holds 1 Ti, 2 O in its conventional cell"
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"formula": "Ti?"}, "formula: 'Ti\\?' is not a chemical formula"),
        ({"space_groups": [0]}, r"space_groups\[0\]: 0 is below 1"),
        ({"space_groups": [231]}, r"space_groups\[0\]: 231 is above 230"),
        ({"space_groups": [1], "space_group_range": [1, 2]}, "either space_groups or"),
        ({"space_group_range": [9, 2]}, "should begin below its end, not at 9 for 2"),
    ],
)
def test_bad_configs_are_refused(document: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        generator(**document)


def test_without_pyxtal_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyxtal", None)
    with pytest.raises(GenerationError) as caught:
        generator()
    assert str(caught.value) == (
        "rc: kind random_crystal needs the package pyxtal; "
        "install it with: pip install 'mlip-autopipe[structures]'"
    )
