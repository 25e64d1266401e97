"""The strategies, all of them through the package's own sampling."""

import tempfile
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from pydantic import TypeAdapter

from benchmarks.data_efficiency.systems import System
from mlip_autopipec.config.sampling import SamplingConfig, SOAPConfig
from mlip_autopipec.descriptors.factory import build_descriptor
from mlip_autopipec.sampling.choice import Material, choose_frames
from mlip_autopipec.sampling.description import Description
from mlip_autopipec.sampling.gathering import gather
from mlip_autopipec.seeds import child_rng

STRATEGIES: dict[str, dict[str, Any]] = {
    "random": {"kind": "random"},
    "fps": {"kind": "fps"},
    "fps-plain": {"kind": "fps", "equilibrium_share": 0.0, "strata": None},
    "fps-environments": {"kind": "fps", "compare": "environments"},
    "direct": {"kind": "direct"},
    "cur": {"kind": "cur"},
}
"""Sections ``sampling`` of a config; what they do not say is the package's default."""


def material_of(system: System, frames: list[Atoms], scratch: Path) -> Material:
    """Describe frames as the pipeline does, trajectory by trajectory.

    Args:
        system: Says which elements there are.
        frames: Those of one trajectory follow each other.
        scratch: Folder that has to stay as long as the result is used.
    """
    descriptor = build_descriptor(SOAPConfig(), system.elements)
    paths = []
    for name, members in groupby(frames, key=lambda frame: str(frame.info["structure_id"])):
        paths.append(scratch / f"{name}.npz")
        Description.of(members, descriptor, environments=True).save(paths[-1])
    return gather(paths, [], scratch)


class Selector:
    """Selects from one pool, whose frames are described once."""

    def __init__(self, system: System, frames: list[Atoms], scratch: Path) -> None:
        """Describe the frames, in a folder that has to stay as long as this is used."""
        self._material = material_of(system, frames, scratch)

    def select(self, strategy: str, n: int, seed: int) -> np.ndarray:
        """Return the places of the chosen frames, in the order of choice."""
        section = {**STRATEGIES[strategy], "n_samples": n}
        config = TypeAdapter(SamplingConfig).validate_python(section)
        rng = child_rng(seed, "select", strategy, n)
        return choose_frames(self._material, config, rng).indices


def selections(
    system: System,
    frames: list[Atoms],
    drawn: np.ndarray,
    strategies: Sequence[str],
    n: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """Return what each strategy selects from a drawn pool.

    Args:
        system: That of the frames.
        frames: All frames of the pool.
        drawn: Places of those that the seed drew.
        strategies: Names of `STRATEGIES`.
        n: How many.
        seed: Of the selection.

    Returns:
        Places among all frames, in the order of choice.
    """
    with tempfile.TemporaryDirectory(prefix="data-efficiency-") as scratch:
        selector = Selector(system, [frames[place] for place in drawn], Path(scratch))
        return {strategy: drawn[selector.select(strategy, n, seed)] for strategy in strategies}
