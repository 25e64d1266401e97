"""Temperature and pressure as they are asked for, step by step and structure by structure."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111

from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.explorers.md_engine import explore
from mlip_autopipec.structures.extxyz import read_frames

Config = Callable[..., ExplorationConfig]


def frames_of(
    atoms: Atoms, exploration: ExplorationConfig, directory: Path, seed: int = 2
) -> list[Atoms]:
    result = explore(atoms, exploration, seed=seed, directory=directory)
    assert result.path is not None, result.reason
    return list(read_frames(result.path))


def test_kinetic_temperature_follows_a_ramp_with_a_plateau(
    copper_gold: Atoms, config: Config, tmp_path: Path
) -> None:
    course = {"start": 200.0, "end": 1000.0, "points": [[0.5, 1000.0]]}
    exploration = config(
        ensemble="nvt",
        temperature_K=course,
        thermostat_time_fs=10.0,
        n_steps=200,
        save_every=1,
    )
    frames = frames_of(copper_gold, exploration, tmp_path)
    imposed = np.array([frame.info["temperature_K"] for frame in frames])
    np.testing.assert_allclose(imposed[:101], np.linspace(200.0, 1000.0, 101), rtol=1e-12)
    np.testing.assert_array_equal(imposed[100:], 1000.0)
    n_degrees = 3 * 32 - 3
    kinetic = np.array([frame.get_temperature() for frame in frames]) * 96 / n_degrees
    # 100 steps hold about 15 independent samples of relative width sqrt(2/93): 4 %; 4 of that.
    assert kinetic[101:].mean() == pytest.approx(1000.0, rel=0.16)
    # A thermostat of 10 fs lags behind the ramp by about 5 steps of 8 K.
    assert kinetic[20:101].mean() == pytest.approx(imposed[20:101].mean() - 40.0, rel=0.16)


def test_pressure_compresses_by_as_much_as_the_bulk_modulus_allows(
    config: Config, tmp_path: Path
) -> None:
    volumes = {}
    for pressure_GPa in (0.0, 20.0):
        exploration = config(
            pressure_GPa=pressure_GPa,
            temperature_K=50.0,
            barostat_time_fs=200.0,
            thermostat_time_fs=20.0,
            n_steps=150,
            save_every=10,
        )
        atoms = bulk("Cu", cubic=True)
        frames = frames_of(atoms, exploration, tmp_path / str(pressure_GPa))
        volumes[pressure_GPa] = np.mean([frame.get_volume() for frame in frames[5:]])
        assert {frame.info["pressure_GPa"] for frame in frames} == {pressure_GPa}
    ratio = volumes[20.0] / volumes[0.0]
    # Murnaghan with EMT's bulk modulus of 134 GPa and a derivative of about 5 has 0.890 at 20 GPa;
    # the four atoms' volume fluctuates by 0.3 % and is averaged over 11 frames.
    assert ratio == pytest.approx((1.0 + 5.0 * 20.0 / 134.0) ** (-1.0 / 5.0), abs=0.012)


@pytest.mark.parametrize(
    ("index", "temperature_K", "pressure_GPa"), [(0, 300, 0), (1, 600, 0), (2, 300, 5), (5, 600, 0)]
)
def test_lists_are_spread_over_the_structures(
    index: int, temperature_K: int, pressure_GPa: int, config: Config, tmp_path: Path
) -> None:
    exploration = config(temperature_K=[300, 600], pressure_GPa=[0, 5], n_steps=1, save_every=1)
    atoms = bulk("Cu", cubic=True)
    atoms.info["schedule_index"] = index
    for frame in frames_of(atoms, exploration, tmp_path):
        assert frame.info["temperature_K"] == temperature_K
        assert frame.info["pressure_GPa"] == pressure_GPa


def test_a_slab_keeps_its_cell_and_is_filed_under_no_pressure(
    config: Config, tmp_path: Path
) -> None:
    atoms = fcc111("Cu", (2, 2, 2), vacuum=6.0, periodic=True)
    exploration = config(pressure_GPa=5.0, n_steps=10, save_every=5)
    for frame in frames_of(atoms, exploration, tmp_path):
        # The file keeps 8 decimals.
        np.testing.assert_allclose(frame.cell.array, atoms.cell.array, atol=1e-8)
        assert (frame.info["ensemble"], frame.info["pressure_GPa"]) == ("nvt", 0.0)


def test_bulk_at_constant_volume_is_filed_under_its_own_pressure(
    config: Config, tmp_path: Path
) -> None:
    exploration = config(ensemble="nvt", n_steps=10, save_every=5, zbl={"enabled": False})
    atoms = bulk("Cu", cubic=True, a=3.5)
    for frame in frames_of(atoms, exploration, tmp_path):
        stress = frame.get_stress(voigt=False)
        kinetic = 2.0 / 3.0 * frame.get_kinetic_energy() / frame.get_volume()
        expected = (kinetic - np.trace(stress) / 3.0) * 160.21766208  # eV/Å³ in GPa
        # The file keeps 8 decimals of stress (1e-6 GPa) and of momenta.
        assert frame.info["pressure_GPa"] == pytest.approx(expected, abs=1e-5)


def test_in_plane_a_slab_strains_and_its_height_stays(config: Config, tmp_path: Path) -> None:
    atoms = fcc111("Cu", (2, 2, 2), a=3.5, vacuum=6.0, periodic=True)
    exploration = config(ensemble="npt_in_plane", barostat_time_fs=200.0, n_steps=30)
    frames = frames_of(atoms, exploration, tmp_path)
    # The file keeps 8 decimals.
    for frame in frames:
        np.testing.assert_allclose(frame.cell[2], atoms.cell[2], atol=1e-8)
        assert frame.info["ensemble"] == "npt_in_plane"
    # Compressed at the start, it widens, by the same amount along both axes.
    stretches = frames[-1].cell.lengths()[:2] / atoms.cell.lengths()[:2]
    assert stretches[0] > 1.005
    assert stretches[0] == pytest.approx(stretches[1], abs=1e-8)
