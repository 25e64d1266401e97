"""The test sets: what no pool came from. The systems say what they are."""

from pathlib import Path

from ase import Atoms
from ase.calculators.calculator import Calculator

from benchmarks.data_efficiency.settings import Case
from mlip_autopipec.structures.extxyz import read_frames, write_frames


def path_of(case: Case, name: str) -> Path:
    """Return the file of a test set."""
    return case.work / "test" / f"{name}.xyz"


def make_set(case: Case, name: str, calculator: Calculator) -> None:
    """Make a test set unless it is there."""
    path = path_of(case, name)
    if not path.exists():
        write_frames(path, case.system.tests[name](case.seed, calculator))


def set_of(case: Case, name: str) -> list[Atoms]:
    """Return the frames of a test set."""
    return list(read_frames(path_of(case, name)))
