"""Short trajectories of real molecular dynamics, and tables made by hand."""

from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.md.langevin import Langevin

from mlip_autopipec.sampling.frames import FrameTable, Labels

MakeTable = Callable[..., FrameTable]


def labelled(atoms: Atoms, *, step: int, structure_id: str, temperature_K: float) -> Atoms:
    """Return a frame as an exploration leaves it."""
    frame = atoms.copy()
    frame.info = {
        "structure_id": structure_id,
        "generator": "alloy",
        "step": step,
        "temperature_K": temperature_K,
        "energy_mlip_eV": atoms.get_potential_energy(),
        "quality": "ok",
    }
    frame.set_array("forces_mlip", atoms.get_forces())
    return frame


def run_md(structure_id: str, temperature_K: float, *, n_frames: int, seed: int) -> list[Atoms]:
    """Run Langevin dynamics of a small Cu-Au cell, a frame every five steps."""
    rng = np.random.default_rng(seed)
    atoms = bulk("Cu", "fcc", a=3.75, cubic=True)
    atoms.symbols[0] = "Au"
    atoms.rattle(0.05, rng=rng)
    atoms.calc = EMT()
    dynamics = Langevin(
        atoms, 2 * units.fs, temperature_K=temperature_K, friction=0.05, fixcm=False, rng=rng
    )
    frames = []
    for number in range(n_frames):
        dynamics.run(5)
        frames.append(
            labelled(
                atoms,
                step=5 * (number + 1),
                structure_id=structure_id,
                temperature_K=temperature_K,
            )
        )
    return frames


@pytest.fixture(scope="session")
def trajectories() -> list[list[Atoms]]:
    """Two trajectories, a cold one and a hot one."""
    return [
        run_md("alloy-0001", 300.0, n_frames=20, seed=1),
        run_md("alloy-0002", 900.0, n_frames=25, seed=2),
    ]


def hand_made(n_frames: int, **columns: object) -> FrameTable:
    """Return a table in which only the given columns are out of the ordinary."""
    values: dict[str, object] = {
        "structure_id": ["s"] * n_frames,
        "generator": ["alloy"] * n_frames,
        "composition": ["Cu"] * n_frames,
        "quality": ["ok"] * n_frames,
        "step": np.arange(n_frames),
        "temperature_K": np.full(n_frames, 300.0),
        "energy_eV_atom": np.zeros(n_frames),
        "max_force_eV_A": np.ones(n_frames),
        "min_distance_scale": np.ones(n_frames),
        "volume_A3_atom": np.full(n_frames, 12.0),
        "displacement": np.zeros(n_frames),
    }
    values |= columns
    for key in ("structure_id", "generator", "composition", "quality"):
        values[key] = Labels.of(values[key])  # type: ignore[arg-type]
    for key, value in values.items():
        if not isinstance(value, Labels):
            values[key] = np.asarray(value)
    return FrameTable(**values)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def make_table() -> MakeTable:
    return hand_made
