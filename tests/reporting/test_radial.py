"""Radial distributions: closed forms and normalisations."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from mlip_autopipec.reporting.radial import RadialDistribution

A = 3.61


def test_neighbours_of_fcc_are_12_6_24_at_their_distances() -> None:
    crystal = bulk("Cu", "fcc", a=A)  # one atom: smaller than the cutoff on every side
    radial = RadialDistribution(bulk=True, cutoff_A=5.0, bin_A=0.02)
    radial.add(crystal)
    g = np.array(radial.part().total)
    edges = radial.edges_A
    shells = 4.0 / 3.0 * np.pi * np.diff(edges**3)
    neighbours = g * shells / crystal.get_volume()
    places = np.flatnonzero(neighbours)
    assert neighbours[places] == pytest.approx([12, 6, 24], rel=1e-4)  # g has 5 decimals
    expected = A * np.sqrt([0.5, 1.0, 1.5])
    assert radial.distances_A[places] == pytest.approx(expected, abs=0.01)  # half a bin


def test_ideal_gas_is_one_everywhere() -> None:
    rng = np.random.default_rng(0)
    radial = RadialDistribution(bulk=True, cutoff_A=6.0, bin_A=0.5)
    n_atoms = 400
    for _ in range(30):
        gas = Atoms(f"Cu{n_atoms}", cell=[14, 15, 16], pbc=True)
        gas.set_scaled_positions(rng.random((n_atoms, 3)))
        radial.add(gas)
    g = np.array(radial.part().total)[2:]
    # an atom is no neighbour of its own: 1 − 1/n; 30 × 400 atoms leave a noise of 0.6 % a bin
    assert g == pytest.approx(1.0 - 1.0 / n_atoms, abs=0.03)


def test_pairs_add_up_to_the_total() -> None:
    crystal = bulk("CuAu", "rocksalt", a=4.0, cubic=True)
    crystal.rattle(0.1, rng=np.random.default_rng(1))
    radial = RadialDistribution(bulk=True)
    radial.add(crystal)
    part = radial.part()
    pairs = {name: np.array(values) for name, values in part.pairs.items()}
    assert list(pairs) == ["Au-Au", "Au-Cu", "Cu-Cu"]
    total = 0.25 * pairs["Au-Au"] + 0.5 * pairs["Au-Cu"] + 0.25 * pairs["Cu-Cu"]
    assert part.total == pytest.approx(total.tolist(), abs=2e-5)  # five decimals


def test_rocksalt_has_unlike_neighbours_first() -> None:
    radial = RadialDistribution(bulk=True)
    radial.add(bulk("CuAu", "rocksalt", a=4.0, cubic=True))
    pairs = radial.part().pairs
    first = {name: radial.distances_A[np.flatnonzero(values)[0]] for name, values in pairs.items()}
    assert first["Au-Cu"] == pytest.approx(2.0, abs=0.051)  # half a bin
    assert first["Cu-Cu"] == pytest.approx(2.0 * np.sqrt(2.0), abs=0.051)


def test_supercell_has_the_same_distribution() -> None:
    small, large = RadialDistribution(bulk=True), RadialDistribution(bulk=True)
    crystal = bulk("NaCl", "rocksalt", a=5.64)
    small.add(crystal)
    large.add(crystal.repeat((2, 3, 1)))
    for name, values in small.part().pairs.items():
        assert large.part().pairs[name] == pytest.approx(values, abs=2e-5)


def test_with_vacuum_the_neighbours_an_angstrom_are_counted() -> None:
    trimer = Atoms("CuAu2", positions=[[0, 0, 0], [2.45, 0, 0], [0, 4.25, 0]])
    radial = RadialDistribution(bulk=False)
    radial.add(trimer)
    part = radial.part()
    assert sum(part.total) * 0.1 == pytest.approx(2.0, abs=1e-4)
    assert sum(part.pairs["Au-Cu"]) * 0.1 == pytest.approx(1.0, abs=1e-4)
    assert part.pairs["Au-Cu"][24] == pytest.approx(5.0, abs=1e-4)  # half of Au has Cu at 2.45 Å
    assert "Cu-Cu" not in part.pairs or sum(part.pairs["Cu-Cu"]) == 0.0


def test_frames_count_the_same() -> None:
    near, far = Atoms("Cu2", [[0, 0, 0], [2.05, 0, 0]]), Atoms("Cu2", [[0, 0, 0], [3.05, 0, 0]])
    radial = RadialDistribution(bulk=False)
    radial.add(near)
    radial.add(far)
    total = radial.part().total
    assert (total[20], total[30]) == (5.0, 5.0)
    assert radial.part().n_frames == 2


def test_nothing_seen_is_nothing() -> None:
    part = RadialDistribution(bulk=True).part()
    assert (part.n_frames, set(part.total), part.pairs) == (0, {0.0}, {})
