"""The jobs that no recipe of quacc has; workers import them from here."""

from typing import Any

import numpy as np
import workload
from ase import Atoms
from ase.md.langevinbaoab import LangevinBAOAB
from quacc import job
from quacc.runners.ase import Runner
from quacc.schemas.ase import Summarize

Frames = list[tuple[Atoms, dict[str, Any]]]


@job
def model_md_job(atoms: Atoms, kind: str, steps: int, md_params: dict[str, Any]) -> dict[str, Any]:
    """Run a trajectory on a model that no recipe has."""
    dynamics = Runner(atoms, workload.calculator(kind)).run_md(
        LangevinBAOAB, steps=steps, **md_params
    )
    return dict(Summarize(additional_fields={"name": f"{kind} MD"}).md(dynamics))


@job
def describe_job(explored: dict[str, Any]) -> tuple[Frames, np.ndarray]:
    """Describe the frames of one trajectory."""
    frames = list(zip(explored["trajectory"], explored["trajectory_results"], strict=True))
    return frames, workload.soap([atoms for atoms, _ in frames])


@job
def select_job(described: list[tuple[Frames, np.ndarray]], n_selected: int) -> tuple[int, Frames]:
    """Select frames of all trajectories."""
    frames = [frame for part, _ in described for frame in part]
    features = np.concatenate([rows for _, rows in described])
    chosen = workload.farthest_points(features, n_selected)
    return len(frames), [frames[place] for place in chosen]
