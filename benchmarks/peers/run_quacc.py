"""The work with quacc: its recipe on EMT, its jobs on its Dask engine, and two workers.

It keeps each job's files, but on this engine a finished job is done again when the script is.
"""

import os
from typing import Any

import workload

_work, _folder = workload.opened()
os.environ["QUACC_WORKFLOW_ENGINE"] = "dask"  # read when quacc is imported
os.environ["QUACC_RESULTS_DIR"] = str(_folder)

import numpy as np  # noqa: E402
from ase import Atoms, units  # noqa: E402
from ase.io import write as write_frames  # noqa: E402
from ase.md.langevinbaoab import LangevinBAOAB  # noqa: E402
from dask.distributed import Client, LocalCluster, wait  # noqa: E402
from quacc.recipes.emt.md import md_job  # noqa: E402
from quacc_jobs import describe_job, model_md_job, select_job  # noqa: E402
from workload import Stages, Workload  # noqa: E402


def exploration(work: Workload, number: int, atoms: Atoms) -> Any:  # noqa: ANN401 - of the engine
    """Return the job that runs one trajectory."""
    rng = np.random.default_rng([work.seed, 1, number])
    settings = workload.dynamics_settings(rng) | {"loginterval": work.save_every}
    momenta = {"temperature_K": workload.TEMPERATURE_K, "rng": rng}
    if work.calculator == "emt":
        return md_job(
            atoms,
            dynamics=LangevinBAOAB,
            steps=work.n_steps,
            timestep_fs=workload.TIMESTEP_FS,
            temperature_K=workload.TEMPERATURE_K,
            md_params={
                "dynamics_kwargs": settings,
                "maxwell_boltzmann_kwargs": momenta,
                "set_com_stationary": True,
            },
        )
    settings |= {
        "timestep": workload.TIMESTEP_FS * units.fs,
        "temperature_K": workload.TEMPERATURE_K,
    }
    params = {"dynamics_kwargs": settings, "maxwell_boltzmann_kwargs": momenta}
    return model_md_job(atoms, work.calculator, work.n_steps, params)


def main() -> None:
    """Do all stages."""
    work, folder = _work, _folder
    stages = Stages()
    starts = workload.cells(work)
    write_frames(folder / "initial.xyz", starts)
    stages.ended("generate")
    with (
        LocalCluster(
            n_workers=work.n_workers, threads_per_worker=1, dashboard_address=None
        ) as local,
        Client(local) as client,
    ):
        jobs = [exploration(work, number, atoms) for number, atoms in enumerate(starts)]
        explored = client.compute(jobs)
        wait(explored)
        stages.ended("explore")
        described = [describe_job(future) for future in explored]
        n_frames, chosen = client.compute(select_job(described, work.n_selected)).result()
        stages.ended("sample")
    n_rows = workload.store([workload.labelled(*frame) for frame in chosen], folder)
    stages.ended("store")
    stages.report(folder, frames=n_frames, selected=n_rows)


if __name__ == "__main__":
    main()
