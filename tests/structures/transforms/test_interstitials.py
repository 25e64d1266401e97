import numpy as np
import pytest
from ase.build import bulk, fcc111

from mlip_autopipec.config.generation import InterstitialsConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.structures.neighbours import neighbour_pairs
from mlip_autopipec.structures.transforms.interstitials import interstitials


def distances_of_last(symbol: str, guest: str, seed: int) -> np.ndarray:
    atoms = bulk(symbol, cubic=True)
    a = atoms.cell.lengths()[0]
    filled = interstitials(atoms, InterstitialsConfig(element=guest), np.random.default_rng(seed))
    assert len(filled) == len(atoms) + 1
    assert filled.symbols[-1] == guest
    pairs = neighbour_pairs(filled, 0.6 * a)
    return np.sort(pairs.distances_A[pairs.first == len(atoms)]) / a


@pytest.mark.parametrize(
    ("symbol", "sites"),
    [  # distance of the nearest atoms over a, and how many: textbook voids
        ("Pd", {(0.5, 6), (0.433, 4)}),  # octahedral, tetrahedral
        ("Fe", {(0.559, 4)}),  # tetrahedral; the octahedral one of bcc is no Voronoi vertex
        ("Si", {(0.433, 4), (0.415, 6)}),  # tetrahedral, hexagonal
    ],
)
def test_voids_are_those_of_the_lattice(symbol: str, sites: set[tuple[float, int]]) -> None:
    seen = set()
    for seed in range(40):
        distances = distances_of_last(symbol, "H", seed)
        nearest = distances[0]
        seen.add((round(float(nearest), 3), int((distances < nearest + 1e-3).sum())))
    assert seen == sites


def test_several_guests_keep_out_of_each_others_way() -> None:
    atoms = bulk("Pd", cubic=True) * (2, 2, 2)
    config = InterstitialsConfig(element="H", count=6)
    filled = interstitials(atoms, config, np.random.default_rng(1))
    assert filled.get_chemical_formula() == "H6Pd32"
    guests = filled[[atom.index for atom in filled if atom.symbol == "H"]]
    assert neighbour_pairs(guests, 1.5).distances_A.size == 0


def test_a_slab_has_no_widest_void() -> None:
    slab = fcc111("Cu", (1, 1, 3), vacuum=5.0)
    with pytest.raises(GenerationError, match=r"interstitials need bulk \(slab"):
        interstitials(slab, InterstitialsConfig(element="H"), np.random.default_rng(0))
