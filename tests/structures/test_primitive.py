import numpy as np
import pytest
from ase.build import bulk
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.structures.primitive import primitive_cell


@settings(deadline=None, max_examples=30)
@given(
    symbol=st.sampled_from(["Cu", "Fe", "Si", "Mg", "In", "Sb", "Po"]),
    repeats=st.tuples(*[st.integers(1, 3)] * 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_supercells_are_brought_back(symbol: str, repeats: tuple[int, int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    primitive = bulk(symbol)
    atoms = primitive * repeats
    atoms = atoms[rng.permutation(len(atoms))]
    atoms.positions += rng.uniform(-10, 10, 3)
    found = primitive_cell(atoms, atoms.numbers)
    assert len(found) == len(primitive)
    assert found.cell.volume == pytest.approx(primitive.cell.volume, rel=1e-9)
    assert np.linalg.det(found.cell.array) > 0
    # repeating it gives the crystal again: each atom of it lies on a lattice translation
    scaled = (atoms.positions[:, None] - found.positions) @ np.linalg.inv(found.cell.array)
    # 1e-6 of a cell is the rounding of positions of some 30 Å
    assert (np.abs(scaled - np.rint(scaled)).max(axis=2) < 1e-6).any(axis=1).all()


def test_labels_make_atoms_different() -> None:
    atoms = bulk("Cu", cubic=True)
    assert len(primitive_cell(atoms, np.array([0, 1, 1, 1]))) == 4
    assert len(primitive_cell(atoms, np.array([0, 0, 1, 1]))) == 2
    salt = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    assert len(primitive_cell(salt, salt.numbers)) == 2
    assert len(primitive_cell(salt, np.zeros(8, dtype=int))) == 1  # simple cubic of a/2


def test_a_displaced_atom_breaks_the_translations() -> None:
    atoms = bulk("Cu", cubic=True)
    atoms.positions[2, 0] += 0.01
    assert len(primitive_cell(atoms, atoms.numbers)) == 4
