"""The cells that MACE confirms, how its errors are told."""

import numpy as np
import pytest
from ase.calculators.emt import EMT

from benchmarks.data_efficiency.confirmation import cells_of, scores_of, table
from benchmarks.data_efficiency.labels import labelled
from benchmarks.data_efficiency.settings import Case
from benchmarks.data_efficiency.systems.copper_gold import solid_solution


def test_two_pools_two_strategies_two_sizes_three_seeds() -> None:
    cells = list(cells_of(Case()))
    assert len(set(cells)) == len(cells) == 2 * 2 * 2 * 3
    assert {cell[2] for cell in cells} == {50, 200}
    assert [cell[3] for cell in cells] == [0] * 8 + [1] * 8 + [2] * 8


def test_errors_of_a_calculator_are_against_the_labels() -> None:
    calculator = EMT()
    frames = []
    for seed in range(2):
        atoms = solid_solution(0.5, np.random.default_rng(seed))
        atoms.rattle(0.05, seed=seed)
        frame = labelled(atoms, calculator, "frames")
        frame.info["energy_mlip_eV"] += 0.032 * (-1) ** seed  # an atom's share: 1 meV
        frame.arrays["forces_mlip"] -= 0.002
        frames.append(frame)
    scores = scores_of(calculator, frames)
    assert scores.energy_rmse == pytest.approx(1.0)
    assert scores.force_mae == pytest.approx(2.0)


def test_the_table_tells_the_number_of_seeds() -> None:
    def scores(force: float) -> dict[str, dict[str, dict[str, float]]]:
        return {"scores": {"eos": {"force_rmse": force, "energy_rmse": 8.0}}}

    kept = {"nvt/fps/50/0": scores(100.0), "nvt/fps/50/1": scores(110.0)}
    kept["hybrid/fps/50/0"] = scores(90.0)
    assert table(kept).splitlines()[2:] == [
        "| nvt | fps | 50 | 2 | 105 ± 7.1 | 8 ± 0 |",
        "| hybrid | fps | 50 | 1 | 90 | 8 |",
    ]
