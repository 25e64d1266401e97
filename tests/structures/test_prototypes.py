import numpy as np
import pytest

from mlip_autopipec.structures.neighbours import neighbour_pairs
from mlip_autopipec.structures.occupancy import SITE
from mlip_autopipec.structures.primitive import primitive_cell
from mlip_autopipec.structures.prototypes import PROTOTYPES

COORDINATION = {  # textbook numbers of unlike neighbours, and atoms a primitive cell
    "rocksalt": ({"A": 6, "X": 6}, 2),
    "cesiumchloride": ({"A": 8, "X": 8}, 2),
    "zincblende": ({"A": 4, "X": 4}, 2),
    "wurtzite": ({"A": 4, "X": 4}, 4),
    "fluorite": ({"A": 8, "X": 4}, 3),
    "antifluorite": ({"A": 4, "X": 8}, 3),
    "rutile": ({"A": 6, "X": 3}, 6),
    "perovskite": ({"B": 6}, 5),
    "spinel": ({"A": 4, "B": 6, "X": 4}, 14),
    "corundum": ({"A": 6, "X": 4}, 10),
}


@pytest.mark.parametrize("name", PROTOTYPES)
def test_coordination_and_size_are_those_of_the_prototype(name: str) -> None:
    prototype = PROTOTYPES[name]
    radii_A = dict.fromkeys(prototype.roles, 1.0)
    cell = prototype.cell(prototype.lengths_A(radii_A))
    sites = cell.arrays[SITE]
    anion = len(prototype.roles) - 1
    numbers, n_primitive = COORDINATION[name]
    assert len(primitive_cell(cell, sites)) == n_primitive
    pairs = neighbour_pairs(cell, 2.3)  # bonds are 2 Å by the radii; corundum's reach 2.06 Å
    unlike = (sites[pairs.first] == anion) != (sites[pairs.second] == anion)
    for role, number in numbers.items():
        mine = unlike & (sites[pairs.first] == prototype.roles.index(role))
        counts = np.bincount(pairs.first[mine], minlength=len(cell))
        assert set(counts[sites == prototype.roles.index(role)]) == {number}
        # the mean bond is the sum of radii: by construction, to the digits of the parameters
        assert pairs.distances_A[mine].mean() == pytest.approx(2.0, rel=0.01)


def test_strontium_has_twelve_oxygen_neighbours() -> None:
    cell = PROTOTYPES["perovskite"].cell((4.0, 4.0, 4.0))
    pairs = neighbour_pairs(cell, 2.9)
    from_a = pairs.second[cell.arrays[SITE][pairs.first] == 0]
    assert (cell.arrays[SITE][from_a] == 2).sum() == 12
