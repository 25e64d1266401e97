"""Labelled frames such as an exploration leaves."""

from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

MakeFrame = Callable[..., Atoms]


def labelled_frame(step: int = 0, structure_id: str = "alloy-0001", **info: object) -> Atoms:
    """Return a frame with all keys; the numbers differ with step and structure."""
    rng = np.random.default_rng([step, *structure_id.encode()])
    frame = bulk("Cu", "fcc", a=3.7, cubic=True)
    frame.symbols[step % 4] = "Au"
    frame.positions += rng.normal(scale=0.1, size=(4, 3))
    frame.set_momenta(rng.normal(size=(4, 3)))
    frame.info = {
        "structure_id": structure_id,
        "generator": "alloy",
        "step": step,
        "time_fs": 2.0 * step,
        "temperature_K": 300.0 + step,
        "pressure_GPa": 0.25,
        "ensemble": "npt",
        "energy_mlip_eV": float(rng.normal()),
        "energy_zbl_eV": 0.125,
        "swap_acceptance": 0.5,
        "seed": 2**64 - 1,
        "quality": "ok",
        **info,
    }
    frame.set_array("forces_mlip", rng.normal(size=(4, 3)))
    return frame


@pytest.fixture
def make_frame() -> MakeFrame:
    return labelled_frame
