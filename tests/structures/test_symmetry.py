import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule

from mlip_autopipec.structures.symmetry import space_group


@pytest.mark.parametrize(
    ("atoms", "expected"),
    [  # International Tables for Crystallography, volume A
        (bulk("W"), "Im-3m (229)"),
        (bulk("Si"), "Fd-3m (227)"),
        (bulk("NaCl", "rocksalt", a=5.64), "Fm-3m (225)"),
        (bulk("CsCl", "cesiumchloride", a=4.12), "Pm-3m (221)"),
        (bulk("ZnS", "wurtzite", a=3.82), "P6_3mc (186)"),
        (bulk("Cu", cubic=True).repeat(2), "Fm-3m (225)"),
    ],
    ids=str,
)
def test_space_groups_of_known_crystals(atoms: Atoms, expected: str) -> None:
    assert space_group(atoms) == expected


def test_labels_stand_for_the_elements() -> None:
    salt = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    assert space_group(salt, np.zeros(8, dtype=int)) == "Pm-3m (221)"  # simple cubic
    assert space_group(salt, np.arange(8)) == "Pmmm (47)"  # eight kinds of atoms


def test_what_has_none() -> None:
    assert space_group(molecule("H2O", vacuum=5.0)) is None
    overlapping = Atoms("Cu2", positions=[[0, 0, 0], [0, 0, 0.001]], cell=[3, 3, 3], pbc=True)
    assert space_group(overlapping) is None
