"""The table of frames."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.data import covalent_radii

from mlip_autopipec.sampling.frames import FrameTable, Labels, tabulate


def test_numbers_of_a_trajectory(trajectories: list[list[Atoms]]) -> None:
    frames = trajectories[0]
    table = tabulate(iter(frames))
    assert len(table) == 20
    assert table.structure_id.names == ("alloy-0001",)
    assert table.composition.names == ("AuCu3",)
    assert table.step.tolist() == [frame.info["step"] for frame in frames]
    energies = [frame.info["energy_mlip_eV"] / 4 for frame in frames]
    assert np.allclose(table.energy_eV_atom, energies, rtol=1e-15)
    forces = [np.linalg.norm(frame.arrays["forces_mlip"], axis=1).max() for frame in frames]
    assert np.allclose(table.max_force_eV_A, forces, rtol=1e-14)
    assert np.allclose(table.volume_A3_atom, 3.75**3 / 4, rtol=1e-14)
    assert table.displacement[0] == pytest.approx(0.0, abs=1e-12)


def test_what_is_not_defined_is_nan() -> None:
    lone = Atoms("Cu", positions=[[0.0, 0.0, 0.0]])
    table = tabulate([lone])
    assert np.isnan(table.volume_A3_atom[0])
    assert np.isnan(table.energy_eV_atom[0])
    assert np.isnan(table.max_force_eV_A[0])
    assert table.min_distance_scale[0] == np.inf
    assert len(tabulate([])) == 0


def test_the_shortest_distance_is_in_units_of_the_bond() -> None:
    table = tabulate([molecule("N2")])
    bond = molecule("N2").get_distance(0, 1)
    assert table.min_distance_scale[0] == pytest.approx(bond / (2 * covalent_radii[7]))


def test_displacement_knows_no_drift_no_strain_and_no_images() -> None:
    start = bulk("Cu", "fcc", a=3.6, cubic=True).repeat(2)
    drifted = start.copy()
    drifted.positions += [5.0, 7.0, -9.0]
    drifted.positions[3] += drifted.cell[0]
    strained = start.copy()
    strained.set_cell(start.cell * 1.05, scale_atoms=True)
    moved = start.copy()
    moved.positions[0] += [0.5, 0.0, 0.0]
    table = tabulate([start, drifted, strained, moved])
    assert np.allclose(table.displacement[:3], 0.0, atol=1e-12)
    # One of 32 atoms by 0.5 Å; the mean is taken off; neighbours are 3.6 / sqrt(2) apart.
    expected = 0.5 * np.sqrt((1 - 1 / 32) / 32) / (3.6 / np.sqrt(2))
    assert table.displacement[3] == pytest.approx(expected, rel=1e-10)


def test_joined_tables_and_arrays(trajectories: list[list[Atoms]]) -> None:
    tables = [tabulate(frames) for frames in trajectories]
    joined = FrameTable.joined(tables)
    again = FrameTable.of_arrays(joined.arrays())
    for table in (joined, again):
        assert len(table) == 45
        assert [table.structure_id[frame] for frame in (0, 19, 20, 44)] == [
            "alloy-0001",
            "alloy-0001",
            "alloy-0002",
            "alloy-0002",
        ]
        assert table.temperature_K.tolist() == [300.0] * 20 + [900.0] * 25
    assert [len(places) for places in joined.trajectories()] == [20, 25]


def test_labels() -> None:
    labels = Labels.of(["b", "a", "b"])
    assert labels.equal(["b", "x"]).tolist() == [True, False, True]
    joined = Labels.joined([labels, Labels.of(["c", "a"])])
    assert [joined[place] for place in range(5)] == ["b", "a", "b", "c", "a"]
