import pytest
from ase import Atoms
from ase.build import bulk, fcc111, molecule

from mlip_autopipec.structures.density import density_fault, density_g_cm3, packing

USUAL = (0.02, 3.0)


@pytest.mark.parametrize(
    ("atoms", "expected"),
    [  # CRC Handbook of Chemistry and Physics, 97th edition, section 4
        (bulk("Cu"), 8.96),
        (bulk("W"), 19.3),
        (bulk("NaCl", "rocksalt", a=5.640), 2.17),
        (bulk("Si"), 2.33),
        (bulk("Os"), 22.59),
    ],
    ids=str,
)
def test_densities_are_those_of_the_handbook(atoms: Atoms, expected: float) -> None:
    # ASE's lattice constants have three digits
    assert density_g_cm3(atoms) == pytest.approx(expected, rel=0.01)
    assert density_fault(atoms, USUAL, None, filled=True) is None


def test_packing_of_known_crystals() -> None:
    # copper: 4/3 π 1.32³ Å3 for each atom of 3.61³/4 Å3
    assert packing(bulk("Cu")) == pytest.approx(0.819, abs=1e-3)
    assert packing(bulk("NaCl", "rocksalt", a=5.640)) == pytest.approx(0.526, abs=1e-3)
    assert packing(molecule("H2O")) is None
    assert density_g_cm3(molecule("H2O", vacuum=5.0)) is None


def test_a_cell_in_the_wrong_unit_is_refused() -> None:
    stretched = bulk("Cu", a=36.1)
    fault = density_fault(stretched, USUAL, None, filled=True)
    assert fault == "checks.packing: the atoms fill 0.000819 of the cell; the least is 0.02"
    squeezed = bulk("Cu", a=2.0)
    fault = density_fault(squeezed, USUAL, None, filled=False)
    assert fault == "checks.packing: the atoms fill 4.82 of the cell; the most is 3"


def test_vacuum_is_no_fault_where_it_is_meant() -> None:
    slab = fcc111("Cu", (1, 1, 1), vacuum=80.0, periodic=True)
    assert density_fault(slab, USUAL, None, filled=False) is None
    fault = density_fault(slab, USUAL, None, filled=True)
    assert fault is not None
    assert "the least is 0.02" in fault


def test_densities_asked_for_are_kept() -> None:
    copper = bulk("Cu")
    assert density_fault(copper, USUAL, (8.0, 9.5), filled=True) is None
    assert density_fault(copper, USUAL, (1.0, 8.0), filled=True) == (
        "checks.density_g_cm3: 8.97 g/cm³; the most is 8"
    )
    assert density_fault(copper, USUAL, (9.5, 12.0), filled=False) == (
        "checks.density_g_cm3: 8.97 g/cm³; the least is 9.5"
    )
