import numpy as np
import pytest
from ase.build import bulk

from mlip_autopipec.structures.supercells import most_cubic_supercell


@pytest.mark.parametrize(
    ("symbol", "n_cells", "found"),
    [("Cu", 35, 32), ("Cu", 110, 108), ("Fe", 60, 54), ("Si", 32, 32), ("Po", 27, 27)],
)
def test_cubic_lattices_give_cubes(symbol: str, n_cells: int, found: int) -> None:
    primitive = bulk(symbol)
    atoms = most_cubic_supercell(primitive, n_cells)
    assert len(atoms) == found * len(primitive)
    # rounding of cell vectors of some 10 Å
    assert atoms.cell.angles() == pytest.approx([90.0] * 3, abs=1e-6)
    assert np.ptp(atoms.cell.lengths()) < 1e-6


@pytest.mark.parametrize("n_cells", [1, 2, 7, 24, 48, 49, 100])
@pytest.mark.parametrize("symbol", ["Mg", "In", "Sb", "Cu"])
def test_size_density_and_hand_are_kept(symbol: str, n_cells: int) -> None:
    primitive = bulk(symbol)
    atoms = most_cubic_supercell(primitive, n_cells)
    n_found = len(atoms) // len(primitive)
    assert 0.75 * n_cells <= n_found <= n_cells
    assert atoms.cell.volume == pytest.approx(n_found * primitive.cell.volume, rel=1e-9)
    assert np.linalg.det(atoms.cell.array) * np.linalg.det(primitive.cell.array) > 0


def test_no_supercell_of_the_same_size_is_more_cubic() -> None:
    # brute force over the diagonal repeats, which are among those looked at
    def surface(lengths: np.ndarray) -> float:
        a, b, c = lengths
        return 2.0 * (a * b + b * c + c * a) / (a * b * c) ** (2 / 3)

    tin = bulk("Ti", "hcp", a=3.0, c=9.0, orthorhombic=True)
    best = most_cubic_supercell(tin, 24)
    repeats = [(i, j, k) for i, j, k in np.ndindex(25, 25, 25) if 18 <= i * j * k <= 24]
    least = min(surface(tin.cell.lengths() * np.array(r)) for r in repeats)
    a, b, c = best.cell.array
    areas = [np.linalg.norm(np.cross(*pair)) for pair in ((a, b), (b, c), (c, a))]
    assert 2.0 * sum(areas) / best.cell.volume ** (2 / 3) <= least * (1 + 1e-9)
