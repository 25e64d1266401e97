"""The exploration alone with TorchSim: all cells in one batch, in one process on all cores.

It has no selection and no database, so it is compared with what the others take to explore.
"""

import torch
import torch_sim as ts
import workload
from torch_sim.models.sevennet import SevenNetModel
from workload import Stages


def main() -> None:
    """Run all cells at once."""
    work, folder = workload.opened()
    stages = Stages()
    torch.set_num_threads(work.n_workers)
    starts = workload.cells(work)
    stages.ended("generate")
    model = SevenNetModel("7net-0", device="cpu")
    settings = {
        "integrator": ts.Integrator.nvt_langevin,
        "temperature": workload.TEMPERATURE_K,
        "timestep": workload.TIMESTEP_FS / 1000.0,
    }
    ts.integrate(starts, model, n_steps=2, **settings)  # the first calls compile
    stages.ended("load")
    files = [folder / f"{number:04d}.h5" for number in range(len(starts))]
    ts.integrate(
        starts,
        model,
        n_steps=work.n_steps,
        trajectory_reporter={"filenames": files, "state_frequency": work.save_every},
        **settings,
    )
    stages.ended("explore")
    stages.report(folder)


if __name__ == "__main__":
    main()
