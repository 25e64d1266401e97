import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from pydantic import ValidationError

from mlip_autopipec.config.exploration import SwapConfig
from mlip_autopipec.explorers.exchange_classes import exchange_classes
from mlip_autopipec.explorers.monte_carlo import swap_pairs


def names(atoms: Atoms, groups: tuple[tuple[str, ...], ...] | None = None) -> list[str]:
    return [pair.name for pair in swap_pairs(atoms, groups)]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("Cu4Au4", ["Au-Cu"]),
        ("MgNiO2", ["Mg-Ni"]),
        ("NaClNaBr", ["Br-Cl"]),
        ("CsPbI2Br", ["Cs-Pb", "Br-I"]),
        ("Fe3C", []),
        ("NaCl", []),
        ("PdH", []),
        ("GaAsInSb", ["As-Ga", "As-In", "As-Sb", "Ga-In", "Ga-Sb", "In-Sb"]),
    ],
)
def test_by_default_metals_and_non_metals_keep_apart(formula: str, expected: list[str]) -> None:
    atoms = Atoms(formula)
    assert names(atoms) == expected


def test_groups_from_the_config_go_first() -> None:
    atoms = Atoms("CsPbI2Br")
    atoms.set_initial_charges([1, 2, -1, -1, -1])
    assert names(atoms, groups=(("I", "Br"),)) == ["Br-I"]
    assert exchange_classes(atoms, groups=(("I", "Br"),)).tolist() == [-1, -1, 0, 0, 0]


def test_sublattices_go_before_charges_and_charges_before_elements() -> None:
    atoms = bulk("GaAs", "zincblende", a=5.65) * (2, 1, 1)
    atoms.numbers[2:] = [49, 51]
    atoms.set_initial_charges([3, -3, 3, -3])
    assert names(atoms) == ["As-Sb", "Ga-In"]
    atoms.set_array("sublattice", np.array([0, 0, 1, 1]))
    assert names(atoms) == ["As-Ga", "In-Sb"]


@pytest.mark.parametrize("groups", [[["Cu", "Au"], ["Au", "Ni"]], [["Cu", "Cu"]]])
def test_an_element_belongs_to_one_group(groups: list[list[str]]) -> None:
    with pytest.raises(ValidationError, match="is named twice; an element belongs to one group"):
        SwapConfig.model_validate({"groups": groups})
