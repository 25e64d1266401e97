"""The work with libAtoms/workflow: its own dynamics, descriptor and selection, and its own files.

Its functions do nothing where their output is there already, which is how it resumes.
"""

import numpy as np
import workload
from ase.io import write as write_frames
from wfl.autoparallelize import AutoparaInfo
from wfl.configset import ConfigSet, OutputSpec
from wfl.descriptors.quippy import calculate as describe
from wfl.generate.md import md
from wfl.select.by_descriptor import greedy_fps_conf_global
from workload import Stages, Workload

SOAP = (
    f"soap cutoff={workload.SOAP_SETTINGS['r_cut']} n_max={workload.SOAP_SETTINGS['n_max']} "
    f"l_max={workload.SOAP_SETTINGS['l_max']} atom_sigma=0.5 n_Z=2 Z={{29 79}} n_species=2 "
    "species_Z={29 79} average=True"
)


def chunks(work: Workload, size: int) -> AutoparaInfo:
    """Return how items are spread: so many at a time."""
    return AutoparaInfo(
        num_python_subprocesses=work.n_workers, num_inputs_per_python_subprocess=size
    )


def main() -> None:
    """Do all stages."""
    work, folder = workload.opened()
    stages = Stages()
    rng = np.random.default_rng(work.seed)
    write_frames(folder / "initial.xyz", workload.cells(work))
    stages.ended("generate")
    explored = md(
        ConfigSet(folder / "initial.xyz"),
        OutputSpec(folder / "trajectories.xyz"),
        calculator=(workload.calculator, [work.calculator], {}),
        steps=work.n_steps,
        dt=workload.TIMESTEP_FS,
        integrator="LangevinBAOAB",
        temperature=workload.TEMPERATURE_K,
        temperature_tau=workload.THERMOSTAT_FS,
        traj_step_interval=work.save_every,
        skip_failures=False,
        rng=rng,
        autopara_info=chunks(work, 1),
    )
    stages.ended("explore")
    described = describe(
        explored,
        OutputSpec(),
        descs=SOAP,
        key="soap",
        per_atom=False,
        autopara_info=chunks(work, -(-work.n_frames // (4 * work.n_workers))),
    )
    selected = greedy_fps_conf_global(
        described,
        OutputSpec(folder / "selected.xyz"),
        num=work.n_selected,
        at_descs_info_key="soap",
        keep_descriptor_info=False,
        rng=rng,
    )
    stages.ended("sample")
    prefix = "last_op__md_"
    frames = [
        workload.labelled(
            frame,
            {"energy": frame.info[f"{prefix}energy"], "forces": frame.arrays[f"{prefix}forces"]},
        )
        for frame in selected
    ]
    n_rows = workload.store(frames, folder)
    stages.ended("store")
    stages.report(folder, frames=sum(1 for _ in explored), selected=n_rows)


if __name__ == "__main__":
    main()
