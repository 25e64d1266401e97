"""The three pools: one file a trajectory, made where it is missing."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from benchmarks.data_efficiency.dynamics import trajectory
from benchmarks.data_efficiency.labels import labelled
from benchmarks.data_efficiency.settings import Case
from mlip_autopipec.config.generation.transforms import RattleConfig, StrainConfig
from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.seeds import child_rng
from mlip_autopipec.structures.extxyz import read_frames, write_frames
from mlip_autopipec.structures.transforms import apply_transforms

MAX_STRAIN = 0.06
RATTLES_A = (0.05, 0.1, 0.15, 0.2)


def hybrid_config(case: Case) -> PipelineConfig:
    """Return the config of the pipeline's own pool."""
    system = case.system
    start_K, end_K = system.ramp_K
    exploration: dict[str, Any] = {
        "calculator": case.oracle,
        "temperature_K": {"start": start_K, "end": end_K},
        "timestep_fs": system.timestep_fs,
        "n_steps": case.n_steps,
        "save_every": case.save_every,
    }
    if system.monte_carlo is not None:
        exploration["monte_carlo"] = system.monte_carlo
    transforms = [{"kind": "strain", "max_strain": 0.05}, {"kind": "rattle", "stdev_A": 0.05}]
    entry = {**system.generation, "n_structures": case.n_trajectories, "transforms": transforms}
    return PipelineConfig.model_validate(
        {
            "name": "data-efficiency",
            "seed": case.seed,
            "generation": [entry],
            "exploration": exploration,
            "sampling": {"kind": "random", "n_samples": 10},
        }
    )


def make_hybrid(case: Case, calculator: Calculator) -> None:  # noqa: ARG001 - the family's signature
    """Run the pipeline; its run directory resumes by itself."""
    folder = folder_of(case, "hybrid")
    runner = PipelineRunner(hybrid_config(case), case.work / "hybrid-run")
    runner.run()
    for source in sorted(runner.directory.trajectories.glob("*.xyz")):
        write_frames(folder / source.name, read_frames(source))


def make_nvt(case: Case, calculator: Calculator) -> None:
    """Run plain NVT dynamics at one temperature."""
    system = case.system
    for number in range(case.n_trajectories):
        name = f"nvt-{number:04d}"
        rng = child_rng(case.seed, name)
        frames = trajectory(
            system.cell(system.kind(number), rng),
            calculator,
            name,
            ((system.nvt_K, case.n_steps),),
            timestep_fs=system.timestep_fs,
            every=case.save_every,
            rng=rng,
        )
        _write(folder_of(case, "nvt") / f"{name}.xyz", frames)


def make_strained(case: Case, calculator: Calculator) -> None:
    """Strain and rattle ideal cells; each is a trajectory of one frame."""

    def cells() -> Iterator[Atoms]:
        for number in range(case.n_strained):
            name = f"strained-{number:04d}"
            rng = child_rng(case.seed, name)
            atoms = case.system.cell(case.system.kind(number), rng)
            stdev_A = RATTLES_A[number // len(case.system.kinds) % len(RATTLES_A)]
            steps = (StrainConfig(max_strain=MAX_STRAIN), RattleConfig(stdev_A=stdev_A))
            yield labelled(apply_transforms(atoms, steps, rng), calculator, name)

    _write(folder_of(case, "strained") / "strained.xyz", cells())


POOLS: dict[str, Callable[[Case, Calculator], None]] = {
    "hybrid": make_hybrid,
    "nvt": make_nvt,
    "strained": make_strained,
}


def folder_of(case: Case, pool: str) -> Path:
    """Return the folder of a pool's frames."""
    return case.work / "pools" / pool


def frames_of(case: Case, pool: str) -> list[Atoms]:
    """Return all good frames of a pool, trajectory by trajectory.

    Raises:
        FileNotFoundError: The pool has not been made.
    """
    paths = sorted(folder_of(case, pool).glob("*.xyz"))
    frames = [frame for path in paths for frame in read_frames(path)]
    good = [frame for frame in frames if frame.info["quality"] == "ok"]
    if len(good) < case.pool_size:
        message = f"{folder_of(case, pool)}: {len(good)} frames, {case.pool_size} are needed"
        raise FileNotFoundError(message)
    return good


def drawn_pool(case: Case, pool: str, frames: list[Atoms], seed: int) -> np.ndarray:
    """Return the places of the frames that are the pool of one seed, in rising order."""
    rng = child_rng(seed, "pool", pool)
    return np.sort(rng.choice(len(frames), size=case.pool_size, replace=False))


def _write(path: Path, frames: Iterator[Atoms]) -> None:
    """Write a file of frames unless it is there."""
    if not path.exists():
        write_frames(path, frames)
