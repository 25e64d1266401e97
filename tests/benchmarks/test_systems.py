"""What the systems of the benchmark of data efficiency are made of."""

import numpy as np
import pytest
import spglib
from ase import Atoms
from ase.calculators.emt import EMT

from benchmarks.data_efficiency.labels import labelled
from benchmarks.data_efficiency.pools import hybrid_config
from benchmarks.data_efficiency.second_oracle import relabelled
from benchmarks.data_efficiency.settings import Case
from benchmarks.data_efficiency.systems import SYSTEMS, System
from benchmarks.data_efficiency.systems.magnesium_oxide import PHASES, phase, schottky_cell, slab
from benchmarks.data_efficiency.systems.shared import VOLUMES, scaled_volumes
from mlip_autopipec.structures.checks import closest_scaled_distance


def space_group(atoms: Atoms) -> str:
    return spglib.get_spacegroup((atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers))


def counts(atoms: Atoms) -> tuple[int, int]:
    return atoms.symbols.count("Mg"), atoms.symbols.count("O")


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_a_system_is_of_its_elements_and_its_cells_grow(system: System) -> None:
    for kind in system.kinds:
        small, large = (
            system.cell(kind, np.random.default_rng(1), expansion=each) for each in (1.0, 1.1)
        )
        assert set(small.symbols) == set(system.elements)
        assert large.get_volume() == pytest.approx(1.1**3 * small.get_volume())
        np.testing.assert_array_equal(large.numbers, small.numbers)
    assert set(system.titles) == set(system.tests)


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_the_pipelines_own_pool_is_a_valid_config(system: System) -> None:
    config = hybrid_config(Case(system=system))
    assert (config.exploration.monte_carlo is None) == (system.monte_carlo is None)
    assert config.exploration.timestep_fs == system.timestep_fs


@pytest.mark.parametrize(
    ("prototype", "symbol"),
    [
        ("cesiumchloride", "Pm-3m (221)"),
        ("zincblende", "F-43m (216)"),
        ("wurtzite", "P6_3mc (186)"),
    ],
)
def test_other_phases_have_their_symmetry(prototype: str, symbol: str) -> None:
    atoms = phase(prototype)
    assert space_group(atoms) == symbol
    assert counts(atoms)[0] == counts(atoms)[1]
    assert set(PHASES) == {"cesiumchloride", "zincblende", "wurtzite"}


def test_a_schottky_pair_is_one_of_each() -> None:
    assert counts(schottky_cell(np.random.default_rng(3))) == (31, 31)


@pytest.mark.parametrize("miller", [(1, 0, 0), (1, 1, 0)])
def test_slabs_are_neutral_and_have_vacuum(miller: tuple[int, int, int]) -> None:
    atoms = slab(miller, 3, (2, 1, 1))
    n_Mg, n_O = counts(atoms)
    assert n_Mg == n_O > 0
    closest = closest_scaled_distance(atoms)
    assert closest is not None
    assert closest.ratio > 0.9
    assert atoms.cell[2, 2] - np.ptp(atoms.positions[:, 2]) == pytest.approx(14.0, abs=0.1)


def test_volumes_are_scaled_with_the_atoms() -> None:
    cell = phase("zincblende")
    scaled = list(scaled_volumes(cell))
    ratios = [each.get_volume() / cell.get_volume() for each in scaled]
    np.testing.assert_allclose(ratios, VOLUMES)
    np.testing.assert_allclose(scaled[0].get_scaled_positions(), cell.get_scaled_positions())


def test_a_second_oracle_replaces_the_labels_and_nothing_else() -> None:
    atoms = SYSTEMS["cu-au"].cell("0.5", np.random.default_rng(2))
    atoms.rattle(0.05, seed=2)
    frame = labelled(atoms, EMT(), "nvt-0000", step=40)
    true_eV = frame.info["energy_mlip_eV"]
    frame.info["energy_mlip_eV"] = 0.0

    class Maker:
        """Hands the frame on, where the benchmark computes its rows."""

        def of(self, frame: Atoms) -> Atoms:
            return frame

    (again,) = relabelled([frame], EMT(), Maker())  # type: ignore[arg-type,misc]
    assert again.info["energy_mlip_eV"] == pytest.approx(true_eV)
    np.testing.assert_allclose(again.arrays["forces_mlip"], frame.arrays["forces_mlip"])
    np.testing.assert_array_equal(again.positions, frame.positions)
    assert again.info["structure_id"] == "nvt-0000"
