"""Who takes part, how each is started, and where it says what it has done."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.peers import environments, workload
from benchmarks.peers.environments import Environment
from benchmarks.peers.workload import Workload
from mlip_autopipec.pipeline.records import StageRecord
from mlip_autopipec.pipeline.run_directory import RunDirectory

SCRIPTS = Path(__file__).parent
PROGRAM = Path(sys.executable).with_name("mlip-autopipe")
STAGES = ("generate", "explore", "sample", "store")


@dataclass(frozen=True)
class Done:
    """What a contestant says it has done, and what its database holds.

    Attributes:
        n_frames: Frames of all trajectories.
        n_selected: Rows of the database.
        n_atoms: Atoms of all rows together.
        ends: When each stage had ended, in s since the epoch.
    """

    n_frames: int
    n_selected: int
    n_atoms: int
    ends: dict[str, float]


@dataclass(frozen=True)
class Contestant:
    """A way to do the work by a script of this folder.

    Attributes:
        name: As the tables have it.
        environment: What the script needs; None: this process's own environment.
        script: File in this folder.
    """

    name: str
    environment: Environment | None
    script: str

    def prepare(self, work: Workload, folder: Path) -> None:
        """Leave what the process will read."""
        workload.write(work, folder)

    def command(self, folder: Path, environments_folder: Path) -> list[str]:
        """Return the command that does the work in a folder, or goes on with it."""
        interpreter = (
            sys.executable
            if self.environment is None
            else str(self.environment.interpreter(environments_folder))
        )
        return [interpreter, "-W", "ignore", str(SCRIPTS / self.script), str(folder)]

    def done(self, folder: Path) -> Done:
        """Return what was done."""
        report = json.loads((folder / workload.REPORT).read_text(encoding="utf-8"))
        counts = report["counts"]
        n_selected, n_atoms = rows(folder / workload.DATABASE)
        return Done(counts["frames"], n_selected, n_atoms, report["ends"])


@dataclass(frozen=True)
class ThisPipeline(Contestant):
    """`mlip-autopipe run`, with Prefect and Dask, on a server that runs already."""

    def prepare(self, work: Workload, folder: Path) -> None:
        """Write the config."""
        text = yaml.safe_dump(config(work))
        (folder / "config.yaml").write_text(text, encoding="utf-8")

    def command(self, folder: Path, environments_folder: Path) -> list[str]:
        """Return the command line."""
        del environments_folder
        run_dir = str(folder / "run")
        return [str(PROGRAM), "run", str(folder / "config.yaml"), "--run-dir", run_dir]

    def done(self, folder: Path) -> Done:
        """Read the records of the run directory."""
        directory = RunDirectory(folder / "run")
        records = {stage: directory.read_record(StageRecord, stage) for stage in STAGES}
        explored = records["explore"]
        if explored is None:
            message = f"{folder}: nothing was explored"
            raise ValueError(message)
        ends = {
            stage: (directory.path / "records" / f"{stage}.json").stat().st_mtime
            for stage in STAGES
        }
        n_selected, n_atoms = rows(directory.path / workload.DATABASE)
        return Done(explored.file.n_items, n_selected, n_atoms, ends)


def config(work: Workload) -> dict[str, Any]:
    """Return the config of a workload: what only this pipeline does is off."""
    calculator = {"kind": "emt"} if work.calculator == "emt" else {"kind": "sevennet"}
    return {
        "name": "peers",
        "seed": work.seed,
        "generation": [
            {
                "kind": "alloy",
                "lattice": "fcc",
                "composition": {"Cu": 0.5, "Au": 0.5},
                "supercell": list(work.repeats),
                "n_structures": work.n_structures,
                "transforms": [{"kind": "rattle", "stdev_A": workload.RATTLE_A}],
            }
        ],
        "exploration": {
            "calculator": calculator,
            "zbl": {"enabled": False},
            "ensemble": "nvt",
            "temperature_K": workload.TEMPERATURE_K,
            "timestep_fs": workload.TIMESTEP_FS,
            "thermostat_time_fs": workload.THERMOSTAT_FS,
            "n_steps": work.n_steps,
            "save_every": work.save_every,
        },
        "sampling": {
            "kind": "fps",
            "n_samples": work.n_selected,
            "equilibrium_share": 0.0,
            "strata": None,
            "filters": {"duplicate_distance": None},
            "descriptor": {
                "kind": "soap",
                "r_cut_A": workload.SOAP_SETTINGS["r_cut"],
                "n_max": workload.SOAP_SETTINGS["n_max"],
                "l_max": workload.SOAP_SETTINGS["l_max"],
            },
        },
        "storage": {"database": workload.DATABASE},
        "execution": {"cluster": {"kind": "local", "n_workers": work.n_workers}},
    }


def rows(database: Path) -> tuple[int, int]:
    """Return the number of rows of an ASE database, and of their atoms."""
    connection = sqlite3.connect(database)
    try:
        n_rows, n_atoms = connection.execute(
            "SELECT count(*), coalesce(sum(natoms), 0) FROM systems"
        ).fetchone()
    finally:
        connection.close()
    return int(n_rows), int(n_atoms)


def server(environment: dict[str, str], action: Iterable[str] = ()) -> None:
    """Start the Prefect server of this pipeline, or stop it."""
    command = [str(PROGRAM), "server", *action]
    subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603


OWN = ThisPipeline("mlip-autopipe", None, "")
PLAIN_ASE = Contestant("plain ASE", environments.PLAIN_ASE, "run_plain_ase.py")
WFL = Contestant("wfl", environments.WFL, "run_wfl.py")
QUACC = Contestant("quacc", environments.QUACC, "run_quacc.py")
CONTESTANTS = (OWN, PLAIN_ASE, WFL, QUACC)
TORCH_SIM = Contestant("TorchSim", environments.TORCH_SIM, "run_torch_sim.py")
