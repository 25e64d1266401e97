import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.neighborlist import neighbor_list

from mlip_autopipec.structures.neighbours import neighbour_pairs


@pytest.mark.parametrize("pbc", [(True, True, True), (True, False, True), (False, False, False)])
@pytest.mark.parametrize("repeats", [1, 3])
def test_pairs_and_vectors_are_those_of_ase(pbc: tuple[bool, bool, bool], repeats: int) -> None:
    atoms = bulk("NaCl", "rocksalt", a=5.64) * repeats
    atoms.rattle(0.1, seed=2)
    atoms.pbc = pbc
    pairs = neighbour_pairs(atoms, 6.5)
    first, second, vectors_A = neighbor_list("ijD", atoms, 6.5)

    def listed(i: np.ndarray, j: np.ndarray, vectors: np.ndarray) -> list[tuple[float, ...]]:
        # eight decimals: rounding differs in the fifteenth
        return sorted(map(tuple, np.column_stack([i, j, np.round(vectors, 8) + 0.0])))

    assert listed(pairs.first, pairs.second, pairs.vectors_A) == listed(first, second, vectors_A)
    lengths_A = np.linalg.norm(pairs.vectors_A, axis=1)
    assert pairs.distances_A == pytest.approx(lengths_A, rel=1e-12)


def test_nothing_has_no_neighbours() -> None:
    assert len(neighbour_pairs(Atoms(), 5.0).first) == 0
    assert len(neighbour_pairs(Atoms("H"), 5.0).first) == 0
