import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlip_autopipec.structures.neighbours import neighbour_pairs
from mlip_autopipec.structures.slabs import layered
from mlip_autopipec.structures.vacuum import detect_vacuum

ROOT = np.sqrt


def slab_of(atoms: Atoms, miller: tuple[int, int, int], layers: int, termination: int = 0) -> Atoms:
    return layered(atoms, atoms.numbers, miller).slab(
        layers, termination=termination, vacuum_A=12.0
    )


@pytest.mark.parametrize(
    ("symbol", "miller", "spacing", "area"),
    [  # in units of a and a²: closed forms for the cubic lattices
        ("Cu", (1, 1, 1), 1 / ROOT(3), ROOT(3) / 4),
        ("Cu", (1, 0, 0), 1 / 2, 1 / 2),
        ("Cu", (1, 1, 0), 1 / ROOT(8), 1 / ROOT(2)),
        ("Cu", (2, 1, 1), 1 / ROOT(24), ROOT(6) / 2),
        ("Fe", (1, 1, 0), 1 / ROOT(2), 1 / ROOT(2)),
        ("Fe", (1, 0, 0), 1 / 2, 1.0),
        ("Fe", (1, 1, 1), 1 / ROOT(12), ROOT(3)),
        ("Po", (1, 0, 0), 1.0, 1.0),
    ],
)
def test_spacing_and_area_of_known_surfaces(
    symbol: str, miller: tuple[int, int, int], spacing: float, area: float
) -> None:
    crystal = bulk(symbol, cubic=True)
    a = crystal.cell.lengths()[0]
    slab = slab_of(crystal, miller, 5)
    heights = np.sort(slab.positions[:, 2])
    assert len(slab) == 5
    assert np.diff(heights) == pytest.approx(spacing * a, rel=1e-9)
    first, second, third = slab.cell.array
    assert np.linalg.norm(np.cross(first, second)) == pytest.approx(area * a**2, rel=1e-9)
    assert third == pytest.approx([0.0, 0.0, 4 * spacing * a + 12.0], rel=1e-9, abs=1e-9)
    assert heights[0] == pytest.approx(6.0, rel=1e-9)  # centred: half the vacuum below


indices = st.integers(-3, 3)


@settings(deadline=None, max_examples=50)
@given(
    crystal=st.sampled_from(["Cu", "Fe", "Mg", "Si", "NaCl"]),
    miller=st.tuples(indices, indices, indices),
    data=st.data(),
)
def test_the_inside_of_a_slab_is_the_crystal(
    crystal: str, miller: tuple[int, int, int], data: st.DataObject
) -> None:
    assume(any(miller))
    atoms = bulk("NaCl", "rocksalt", a=5.64, cubic=True) if crystal == "NaCl" else bulk(crystal)
    oriented = layered(atoms, atoms.numbers, miller)
    termination = data.draw(st.integers(0, oriented.n_terminations - 1))
    period_A = float(oriented.cell.cell.array[2] @ oriented.normal)
    layers = int(np.ceil(14.0 / period_A)) * oriented.n_terminations
    slab = oriented.slab(layers, termination=termination, vacuum_A=12.0)
    assert slab.pbc.all()
    assert detect_vacuum(slab).axes == (False, False, True)
    # whole periods hold the crystal's own composition
    for number in set(atoms.numbers):
        share = (atoms.numbers == number).mean()
        assert (slab.numbers == number).mean() == pytest.approx(share, rel=1e-12)
    bond_A = neighbour_pairs(atoms, 4.0).distances_A.min()
    cutoff_A = 1.1 * bond_A
    inside = neighbour_pairs(atoms, cutoff_A)
    coordination = {int(n) for n in np.bincount(inside.first)}
    pairs = neighbour_pairs(slab, cutoff_A)
    middle = slab.positions[:, 2].mean()
    deep = np.flatnonzero(np.abs(slab.positions[:, 2] - middle) < 1.5)
    counts = np.bincount(pairs.first, minlength=len(slab))
    assert {int(n) for n in counts[deep]} <= coordination
    assert pairs.distances_A.min() == pytest.approx(bond_A, rel=1e-6)


def test_terminations_are_the_layers_of_a_period() -> None:
    salt = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    polar = layered(salt, salt.numbers, (1, 1, 1))
    assert polar.n_terminations == 2
    lowest = [str(polar.slab(3, termination=t, vacuum_A=9.0).symbols[:1]) for t in range(2)]
    assert sorted(lowest) == ["Cl", "Na"]
    assert layered(salt, salt.numbers, (1, 0, 0)).n_terminations == 1


def test_layers_are_tagged_from_the_top() -> None:
    slab = slab_of(bulk("NaCl", "rocksalt", a=5.64, cubic=True), (1, 0, 0), 3)
    heights = {tag: slab.positions[slab.get_tags() == tag, 2] for tag in (1, 2, 3)}
    assert heights[1].min() > heights[2].max() > heights[3].max()


def test_equal_planes_give_equal_slabs() -> None:
    copper = bulk("Cu", cubic=True)
    one, two = slab_of(copper, (1, 1, 1), 4), slab_of(copper, (2, 2, 2), 4)
    assert one.cell.cellpar() == pytest.approx(two.cell.cellpar(), rel=1e-9)
    primitive = bulk("Cu")  # (1 1 1) of the primitive cell of fcc is (1 1 1) of the cube, too
    assert slab_of(primitive, (1, 1, 1), 4).cell.cellpar() == pytest.approx(one.cell.cellpar())
