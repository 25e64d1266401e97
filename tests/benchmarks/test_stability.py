"""What the trials of stability count as survived, and how the outcomes are counted."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.emt import EMT

from benchmarks.data_efficiency.learner import Example
from benchmarks.data_efficiency.stability import Record, mixed
from benchmarks.data_efficiency.survival import survival, table
from benchmarks.data_efficiency.systems.copper_gold import solid_solution
from benchmarks.data_efficiency.trials import Heat, Outcome, collide, heat


class Nothing(Calculator):  # type: ignore[misc]  # ASE is not typed
    """A potential that holds nothing apart."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces"]

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        super().calculate(atoms, properties, system_changes)
        self.results = {"energy": 0.0, "forces": np.zeros((len(self.atoms), 3))}


class Leaking(EMT):  # type: ignore[misc]  # ASE is not typed
    """A potential that pushes one atom with what is no part of its energy."""

    def get_forces(self, atoms: Atoms | None = None) -> np.ndarray:
        forces = super().get_forces(atoms).copy()
        forces[0, 0] += 5.0
        return forces


def cell(calculator: Calculator) -> Atoms:
    atoms = solid_solution(0.5, np.random.default_rng(1))
    atoms.calc = calculator
    return atoms


def test_a_collision_on_a_sound_potential_is_survived() -> None:
    outcome = collide(cell(EMT()), 20.0, np.random.default_rng(2))
    assert outcome == Outcome(survived=True, time_ps=0.06, reason="")


def test_atoms_that_pass_through_each_other_have_not_survived() -> None:
    outcome = collide(cell(Nothing()), 20.0, np.random.default_rng(2))
    assert not outcome.survived
    assert outcome.reason.startswith("two atoms at 0.")
    # 20 eV bring Cu or Au 2.7 Å far, and so through the neighbour, in 17 to 61 fs at most
    assert outcome.time_ps < 0.06


def test_a_collision_that_makes_energy_has_not_survived() -> None:
    outcome = collide(cell(Leaking()), 20.0, np.random.default_rng(2))
    assert not outcome.survived
    assert outcome.reason.startswith("drift ")


def test_free_atoms_fall_together_when_heated() -> None:
    outcome = heat(cell(Nothing()), Heat(2000.0, 2.0, 2.0), np.random.default_rng(3))
    assert not outcome.survived
    assert outcome.time_ps < 2.0


def example(energy_eV: float) -> Example:
    return Example(np.zeros((4, 2)), np.array([1.0]), energy_eV, np.zeros((1, 3)))


def test_close_pairs_take_places_and_add_none() -> None:
    frames, close = [example(0.0)] * 50, [example(1.0)] * 40
    taken = mixed(frames, close, 0.1)
    assert [each.energy_eV for each in taken] == [0.0] * 45 + [1.0] * 5
    assert mixed(frames, close, 0.0) == frames


def test_outcomes_are_counted_over_seeds_and_read_again(tmp_path: Path) -> None:
    def ended(*survived: int) -> list[Outcome]:
        return [Outcome(survived=bool(each), time_ps=0.06, reason="") for each in survived]

    record = Record(tmp_path / "stability.json")
    record.add("nvt/fps/100/0/0.1/5 ps", {"20 eV": ended(0, 0), "heated": ended(0)})  # superseded
    record.add("nvt/fps/100/0/0.1/20 ps", {"20 eV": ended(1, 0), "heated": ended(1)})
    record.add("nvt/fps/100/1/0.1/20 ps", {"20 eV": ended(1, 1), "heated": ended(0)})
    record.add("oracle/bare/0/0/0/0 ps", {"20 eV": ended(1)})
    kept: dict[str, Any] = Record(tmp_path / "stability.json").kept
    found = survival(kept)
    assert found["nvt", "fps", 0.1]["20 eV"].share == pytest.approx(0.75)
    assert table(kept).splitlines()[2:] == [
        "| nvt | fps | 10% | 3 of 4 | not tried | not tried | 1 of 2 |",
        "| oracle | bare | 0% | 1 of 1 | not tried | not tried | not tried |",
    ]
