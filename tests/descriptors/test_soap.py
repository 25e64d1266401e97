"""SOAP rows: what they must not depend on, and what they must show."""

import numpy as np
import numpy.typing as npt
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, make_supercell, molecule
from scipy.spatial.transform import Rotation

from mlip_autopipec.config.sampling import SOAPConfig
from mlip_autopipec.descriptors.base import BaseDescriptor
from mlip_autopipec.descriptors.factory import build_descriptor
from mlip_autopipec.errors import SamplingError

SMALL = SOAPConfig(r_cut_A=4.0, n_max=4, l_max=3)

# Rows are single precision: 24 bits, so 6e-8 of the row's norm, and a little more for the sums.
RELATIVE = 1e-6


@pytest.fixture(scope="module")
def soap() -> BaseDescriptor:
    return build_descriptor(SMALL, ["Cu", "Au"])


def rattled_alloy(seed: int = 1, stdev_A: float = 0.1) -> Atoms:
    atoms = bulk("Cu", "fcc", a=3.8, cubic=True).repeat((2, 2, 1))
    atoms.symbols[[0, 3, 5, 10]] = "Au"
    atoms.rattle(stdev_A, seed=seed)
    return atoms


def distance(soap: BaseDescriptor, first: Atoms, second: Atoms) -> float:
    """Distance of two rows, relative to their norm."""
    rows = soap.describe([first, second]).astype(float)
    return np.linalg.norm(rows[0] - rows[1]) / np.linalg.norm(rows[0])


def test_shape_and_type(soap: BaseDescriptor) -> None:
    rows = soap.describe(iter([rattled_alloy(), bulk("Au")]))
    assert rows.shape == (2, soap.n_features)
    assert rows.dtype == np.float32
    assert soap.describe_atoms(bulk("Au")).shape == (1, soap.n_atom_features)
    assert soap.describe([]).shape == (0, soap.n_features)


def test_rotation(soap: BaseDescriptor) -> None:
    turned = rattled_alloy()
    matrix = Rotation.from_rotvec([0.3, -1.1, 0.7]).as_matrix()
    turned.set_cell(turned.cell.array @ matrix.T)
    turned.positions = turned.positions @ matrix.T
    assert distance(soap, rattled_alloy(), turned) < RELATIVE


def test_translation(soap: BaseDescriptor) -> None:
    moved = rattled_alloy()
    moved.positions += [17.3, -4.9, 0.4]
    assert distance(soap, rattled_alloy(), moved) < RELATIVE


def test_permutation(soap: BaseDescriptor) -> None:
    order = np.random.default_rng(0).permutation(len(rattled_alloy()))
    assert distance(soap, rattled_alloy(), rattled_alloy()[order]) < RELATIVE


def test_single_atoms_may_lie_outside_the_cell(soap: BaseDescriptor) -> None:
    diffused = rattled_alloy()
    diffused.positions[0] += 3 * diffused.cell[0] - 2 * diffused.cell[2]
    assert distance(soap, rattled_alloy(), diffused) < RELATIVE


@pytest.mark.parametrize(
    "matrix", [np.diag([2, 1, 1]), np.diag([3, 2, 2]), [[1, 0, 0], [3, 1, 0], [-2, 2, 1]]]
)
def test_any_cell_of_the_same_crystal(soap: BaseDescriptor, matrix: npt.ArrayLike) -> None:
    cell = bulk("Cu", "fcc", a=3.6)  # 2.5 Å: smaller than the cutoff
    assert distance(soap, cell, make_supercell(cell, matrix)) < RELATIVE


def test_a_slab_without_a_third_cell_vector(soap: BaseDescriptor) -> None:
    bare = fcc111("Cu", (2, 2, 3))
    bare.rattle(0.05, seed=3)
    boxed = bare.copy()
    boxed.center(vacuum=12.0, axis=2)
    assert not bare.cell[2].any()
    assert distance(soap, bare, boxed) < RELATIVE


def test_a_molecule_needs_no_cell() -> None:
    soap = build_descriptor(SMALL, ["C", "H", "O"])
    free, boxed = molecule("CH3CH2OH"), molecule("CH3CH2OH", vacuum=8.0, pbc=True)
    assert not free.cell.any()
    assert distance(soap, free, boxed) < RELATIVE


def test_a_lone_vacancy_shows_beside_thermal_noise(soap: BaseDescriptor) -> None:
    """In 108 atoms the mean changes little; the spread tells a defect from a perfect crystal."""
    perfect = bulk("Cu", "fcc", a=3.6, cubic=True).repeat(3)
    defect = perfect.copy()
    del defect[50]
    rows = soap.describe([perfect, defect]).astype(float).reshape(2, 2, 2, -1)
    copper = soap.elements.index("Cu")
    mean_change = np.linalg.norm(rows[1, copper, 0] - rows[0, copper, 0])
    spread_change = np.linalg.norm(rows[1, copper, 1] - rows[0, copper, 1])
    # Single precision of the mean is all the spread there is in a perfect crystal.
    assert np.linalg.norm(rows[0, copper, 1]) < RELATIVE * np.linalg.norm(rows[0, copper, 0])
    assert spread_change > 2 * mean_change


def test_an_absent_element_does_not_dominate(soap: BaseDescriptor) -> None:
    """Pure copper is as near to copper with one gold atom as the gold content is small."""
    pure = bulk("Cu", "fcc", a=3.7, cubic=True).repeat(3)
    trace, half = pure.copy(), pure.copy()
    trace.symbols[0] = "Au"
    half.symbols[::2] = "Au"
    gold = bulk("Au", "fcc", a=3.7, cubic=True)
    assert distance(soap, pure, trace) < distance(soap, pure, half) < distance(soap, pure, gold)
    rows = soap.describe([pure]).reshape(2, -1)
    assert not rows[soap.elements.index("Au")].any()


def test_species_are_told_apart(soap: BaseDescriptor) -> None:
    swapped = rattled_alloy()
    swapped.symbols[0], swapped.symbols[1] = "Cu", "Au"
    assert distance(soap, rattled_alloy(), swapped) > 0.01


def test_an_element_of_no_column_is_refused(soap: BaseDescriptor) -> None:
    with pytest.raises(SamplingError) as error:
        soap.describe([bulk("NaCl", "rocksalt", a=5.6)])
    assert str(error.value) == "ClNa: holds Cl, Na; the descriptor was built for Au, Cu"


def test_bad_frames_are_refused(soap: BaseDescriptor) -> None:
    with pytest.raises(SamplingError, match="a frame without atoms cannot be described"):
        soap.describe([Atoms()])
    with pytest.raises(SamplingError, match="at least one element"):
        build_descriptor(SMALL, [])
    torn = rattled_alloy()
    torn.positions[0, 0] = np.nan
    with pytest.raises(SamplingError, match="positions or a cell that are not finite"):
        soap.describe([torn])
