import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, molecule
from ase.lattice import all_variants

from mlip_autopipec.structures.cell_shape import cell_shape_fault, openness

USUAL = {"min_openness": 0.05, "max_elongation": 25.0}


@pytest.mark.parametrize("lattice", list(all_variants()), ids=str)
def test_no_bravais_lattice_of_usual_proportions_is_refused(lattice: object) -> None:
    atoms = Atoms("Cu", cell=lattice.tocell(), pbc=True)  # type: ignore[attr-defined]
    if lattice.ndim == 3:  # type: ignore[attr-defined]
        assert cell_shape_fault(atoms, **USUAL) is None


@pytest.mark.parametrize(
    ("vectors", "expected"),
    [
        (np.eye(3), 1.0),
        (bulk("Cu", "fcc", a=3.0).cell.array, np.sqrt(0.5)),
        (bulk("W", "bcc", a=3.0).cell.array, 4.0 / 3.0**1.5),
        (np.array([[1.0, 0.0, 0.0], [0.5, np.sqrt(0.75), 0.0]]), np.sqrt(0.75)),
        (np.array([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), 0.0),
    ],
)
def test_openness_of_known_cells(vectors: np.ndarray, expected: float) -> None:
    assert openness(vectors) == pytest.approx(expected, abs=1e-8)


def test_a_skewed_cell_is_refused() -> None:
    crystal = bulk("Cu", a=3.0, cubic=True)
    crystal.set_cell(crystal.cell.array + np.outer([0, 30, 0], [3.0, 0, 0]))
    fault = cell_shape_fault(crystal, **USUAL)
    assert fault is not None
    assert fault.startswith("checks.min_cell_openness: cell vectors of [3.0, 90.05, 3.0] Å at ")
    assert fault.endswith(
        "span 0.0333 of what they would at right angles; more than 0.05 is needed"
    )
    assert cell_shape_fault(crystal, 0.03, 100.0) is None


def test_a_flat_cell_is_refused_whatever_is_allowed() -> None:
    flat = Atoms("Cu", cell=[[3, 0, 0], [0, 3, 0], [3, 3, 0]], pbc=True)
    assert cell_shape_fault(flat, 0.0, 100.0) is not None
    flat.pbc = (True, True, False)
    assert cell_shape_fault(flat, 0.0, 100.0) is None


def test_a_stretched_cell_is_refused_unless_by_vacuum() -> None:
    rod = bulk("Cu", a=3.0, cubic=True).repeat((1, 1, 30))
    assert cell_shape_fault(rod, **USUAL) == (
        "checks.max_cell_elongation: vector c of 90.00 Å is 30.0 times as long as a; the most is 25"
    )
    slab = fcc111("Cu", (1, 1, 4), vacuum=50.0, periodic=True)
    assert slab.cell.lengths()[2] > 25 * slab.cell.lengths()[0]
    assert cell_shape_fault(slab, **USUAL) is None
    assert cell_shape_fault(molecule("H2O"), **USUAL) is None
