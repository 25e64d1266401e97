"""The work with ASE, NumPy, dscribe and a pool of processes: what one would write in an hour.

A trajectory that is there already is not made again.
"""

import multiprocessing
import os
from pathlib import Path

import numpy as np
import workload
from ase import Atoms, units
from ase.io import read
from ase.io import write as write_frames
from ase.md.langevinbaoab import LangevinBAOAB
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution, Stationary
from workload import Stages, Workload


def explore(task: tuple[Workload, int, Atoms, Path]) -> None:
    """Run one trajectory and write it whole."""
    work, number, atoms, path = task
    if path.exists():
        return
    rng = np.random.default_rng([work.seed, 1, number])
    atoms.calc = workload.calculator(work.calculator)
    atoms.calc.reset()
    MaxwellBoltzmannDistribution(atoms, temperature_K=workload.TEMPERATURE_K, rng=rng)
    Stationary(atoms)
    dynamics = LangevinBAOAB(
        atoms,
        workload.TIMESTEP_FS * units.fs,
        temperature_K=workload.TEMPERATURE_K,
        **workload.dynamics_settings(rng),
    )
    frames: list[Atoms] = []
    dynamics.attach(
        lambda: frames.append(workload.labelled(atoms, atoms.calc.results)), work.save_every
    )
    dynamics.run(work.n_steps)
    temporary = path.with_suffix(".tmp")
    write_frames(temporary, frames, format="extxyz")
    os.replace(temporary, path)  # noqa: PTH105 - the same


def describe(path: Path) -> np.ndarray:
    """Return a row of averaged SOAP for each frame of a trajectory."""
    return workload.soap(read(path, ":"))


def main() -> None:
    """Do all stages."""
    work, folder = workload.opened()
    stages = Stages()
    starts = workload.cells(work)
    write_frames(folder / "initial.xyz", starts)
    stages.ended("generate")
    trajectories = folder / "trajectories"
    trajectories.mkdir(exist_ok=True)
    paths = [trajectories / f"{atoms.info['structure_id']}.xyz" for atoms in starts]
    tasks = [(work, *each) for each in zip(range(len(starts)), starts, paths, strict=True)]
    with multiprocessing.Pool(work.n_workers) as pool:
        for _ in pool.imap_unordered(explore, tasks):
            pass
        stages.ended("explore")
        features = np.concatenate(list(pool.imap(describe, paths)))
    frames = [frame for path in paths for frame in read(path, ":")]
    chosen = workload.farthest_points(features, work.n_selected)
    stages.ended("sample")
    n_rows = workload.store([frames[place] for place in chosen], folder)
    stages.ended("store")
    stages.report(folder, frames=len(frames), selected=n_rows)


if __name__ == "__main__":
    main()
