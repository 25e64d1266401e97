"""Atoms shot at each other turn where the mixed surface says, at constant energy."""

import runpy
from pathlib import Path

import pytest
from ase.calculators.emt import EMT

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.calculators.mixing import MixingCalculator
from mlip_autopipec.calculators.zbl import ZBLCalculator
from mlip_autopipec.config.exploration import ExplorationConfig

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "collisions.py"
shoot = runpy.run_path(str(BENCHMARK))["shoot"]


@pytest.mark.parametrize("pair", ["Cu-Cu", "Au-Cu"])
@pytest.mark.parametrize("energy_eV", [20.0, 100.0, 300.0])
def test_emt_with_zbl_turns_atoms_back(pair: str, energy_eV: float) -> None:
    mixed = shoot(MixingCalculator(EMT(), ZBLCalculator()), pair, energy_eV, step_A=0.02)
    assert mixed.returned
    assert mixed.drift < 0.01
    # near the turning point the atoms are slow: they are caught within a small part of a step
    assert mixed.closest_A == pytest.approx(mixed.expected_A, abs=2e-3)
    bare = shoot(EMT(), pair, energy_eV, step_A=0.02)
    assert bare.closest_A < mixed.closest_A - 0.1


@pytest.mark.model
@pytest.mark.slow
def test_seven_net_with_floor_and_zbl_turns_back_what_the_model_swallows() -> None:
    """Na and Cl: the wall of the bare model is 46 eV high at 1.0 Å, with a hole behind it."""
    pair = {"inner_A": 1.34, "outer_A": 1.876, "floor_A": 1.0}
    config = ExplorationConfig.model_validate(
        {"calculator": {"kind": "sevennet"}, "zbl": {"pairs": {"Na-Cl": pair}}}
    )
    surface = build_calculator(config)
    unfloored = config.model_copy(update={"zbl": config.zbl.model_copy(update={"pairs": {}})})
    bare = MixingCalculator(build_calculator(unfloored).mlip, None)
    assert not shoot(bare, "Na-Cl", 100.0, step_A=0.03).returned
    turned = shoot(surface, "Na-Cl", 100.0, step_A=0.03)
    assert turned.returned
    assert turned.drift < 0.01
    assert turned.closest_A == pytest.approx(turned.expected_A, abs=5e-3)
