"""What every contestant is to do. Imported in the peers' environments too: NumPy and ASE alone."""

import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.calculator import Calculator
from ase.calculators.singlepoint import SinglePointCalculator
from ase.db import connect

LATTICE_CONSTANT_A = 3.85
RATTLE_A = 0.02
TEMPERATURE_K = 600.0
TIMESTEP_FS = 2.0
THERMOSTAT_FS = 100.0
SAVE_EVERY = 10
SOAP_SETTINGS = {"r_cut": 5.0, "n_max": 6, "l_max": 4}
REPORT = "report.json"
DATABASE = "dataset.db"


@dataclass(frozen=True)
class Workload:
    """A size of the work.

    Attributes:
        calculator: ``emt`` or ``sevennet``.
        n_structures: Cells, each with a trajectory of its own.
        n_steps: Steps of a trajectory; a frame is kept at the start and every `SAVE_EVERY`.
        repeats: Cubic fcc cells of four atoms along each axis.
        n_selected: Frames that go into the database.
        n_workers: Processes that explore at a time.
        seed: Of everything.
    """

    calculator: str
    n_structures: int
    n_steps: int
    repeats: tuple[int, int, int] = (2, 2, 2)
    n_selected: int = 50
    n_workers: int = 2
    seed: int = 1

    @property
    def n_atoms(self) -> int:
        """Atoms of a cell."""
        return 4 * int(np.prod(self.repeats))

    @property
    def save_every(self) -> int:
        """Steps between two frames."""
        return min(SAVE_EVERY, self.n_steps)

    @property
    def n_frames(self) -> int:
        """Frames of all trajectories, the starting ones included."""
        return self.n_structures * (self.n_steps // self.save_every + 1)

    @property
    def n_evaluations(self) -> int:
        """Evaluations of the calculator that the dynamics cannot do without."""
        return self.n_structures * (self.n_steps + 1)


def write(workload: Workload, folder: Path) -> None:
    """Leave a workload for a contestant to read."""
    (folder / "workload.json").write_text(json.dumps(asdict(workload)), encoding="utf-8")


def opened() -> tuple[Workload, Path]:
    """Return the workload, and the folder, that this process was started with."""
    folder = Path(sys.argv[1])
    document = json.loads((folder / "workload.json").read_text(encoding="utf-8"))
    return Workload(**document | {"repeats": tuple(document["repeats"])}), folder


def cells(workload: Workload) -> list[Atoms]:
    """Return the starting structures: random solid solutions of half Cu and half Au, rattled."""
    made = []
    for number in range(workload.n_structures):
        rng = np.random.default_rng([workload.seed, number])
        atoms = bulk("Cu", cubic=True, a=LATTICE_CONSTANT_A) * workload.repeats
        atoms.numbers[rng.permutation(len(atoms))[::2]] = 79
        atoms.rattle(RATTLE_A, rng=rng)
        atoms.info["structure_id"] = f"cell-{number:04d}"
        made.append(atoms)
    return made


@cache
def calculator(kind: str) -> Calculator:
    """Return the calculator as its own package has it, one a process: a model loads for seconds."""
    if kind == "emt":
        from ase.calculators.emt import EMT  # noqa: PLC0415 - the one that is asked for

        return EMT()
    from sevenn.calculator import SevenNetCalculator  # noqa: PLC0415 - as above

    return SevenNetCalculator("7net-0", device="cpu")


def dynamics_settings(rng: np.random.Generator) -> dict[str, object]:
    """Return the arguments of ASE's `LangevinBAOAB`, the timestep and temperature apart."""
    return {"T_tau": THERMOSTAT_FS * units.fs, "rng": rng}


def labelled(atoms: Atoms, results: dict[str, object]) -> Atoms:
    """Return a copy of a frame that holds its energy and forces."""
    frame = atoms.copy()
    frame.calc = SinglePointCalculator(
        frame, energy=results["energy"], forces=np.array(results["forces"])
    )
    return frame


def farthest_points(features: np.ndarray, n_points: int) -> list[int]:
    """Select rows, each the farthest from those before it, the plain way."""
    chosen = [0]
    distances = np.linalg.norm(features - features[0], axis=1)
    while len(chosen) < n_points:
        chosen.append(int(np.argmax(distances)))
        latest = np.linalg.norm(features - features[chosen[-1]], axis=1)
        distances = np.minimum(distances, latest)
    return chosen


def soap(frames: Iterable[Atoms]) -> np.ndarray:
    """Return a row of averaged SOAP for each frame, by dscribe."""
    from dscribe.descriptors import SOAP  # noqa: PLC0415 - slow to import

    describe = SOAP(species=["Cu", "Au"], periodic=True, average="inner", **SOAP_SETTINGS)
    return np.atleast_2d(describe.create(list(frames)))


def store(frames: Iterable[Atoms], folder: Path) -> int:
    """Put frames into a new ASE database; return how many."""
    path = folder / DATABASE
    path.unlink(missing_ok=True)
    with connect(path) as database:
        for frame in frames:
            database.write(frame)
    return len(connect(path))


class Stages:
    """When each stage of this process had ended, told on the way out."""

    def __init__(self) -> None:
        """Begin with none."""
        self._ends: dict[str, float] = {}

    def ended(self, stage: str) -> None:
        """Note that a stage has ended."""
        self._ends[stage] = time.time()

    def report(self, folder: Path, **counts: int) -> None:
        """Write the times, in s since the epoch, and what was done."""
        document = {"ends": self._ends, "counts": counts}
        (folder / REPORT).write_text(json.dumps(document), encoding="utf-8")
