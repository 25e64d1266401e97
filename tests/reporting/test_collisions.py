"""Turning points of head-on collisions, read off curves."""

import numpy as np
import pytest
from ase.units import _e, _eps0

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.calculators.pair_scan import scan_pairs
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.reporting.collisions import ENERGIES_EV, shots, turning_point

COULOMB_EV_A = _e / (4.0 * np.pi * _eps0) * 1e10


@pytest.mark.parametrize("energy_eV", ENERGIES_EV)
def test_two_charges_turn_where_rutherford_says(energy_eV: float) -> None:
    # distance of closest approach of a head-on collision: Z1 Z2 e² / (4 π ε0 E)
    distances_A = np.linspace(0.2, 30.0, 300_000)
    turn_A = turning_point(distances_A, 29.0 * COULOMB_EV_A / distances_A, energy_eV)
    assert turn_A == pytest.approx(29.0 * COULOMB_EV_A / energy_eV, rel=1e-6)  # 1e-4 Å apart


def test_the_outermost_crossing_counts_and_a_hole_behind_does_not() -> None:
    assert turning_point([1.0, 2.0, 3.0, 4.0], [1e6, -50.0, 40.0, 0.0], 20.0) == 3.5
    assert turning_point([1.0, 2.0, 3.0, 4.0], [1e6, -50.0, 10.0, 0.0], 20.0) < 2.0


def test_the_shots_of_a_scan_are_those_of_its_curves() -> None:
    exploration = ExplorationConfig.model_validate({"calculator": {"kind": "emt"}})
    scan = scan_pairs(build_calculator(exploration), exploration, ["Cu", "Au"])
    found = shots(scan)
    assert [(shot.pair, shot.energy_eV) for shot in found] == [
        (curve.pair, energy_eV) for curve in scan.curves for energy_eV in ENERGIES_EV
    ]
    for curve, (low, middle, high) in zip(
        scan.curves, zip(found[::3], found[1::3], found[2::3], strict=True), strict=True
    ):
        assert None not in (low.explored_A, middle.explored_A, high.explored_A)
        assert curve.rest_distance_A > low.explored_A > middle.explored_A > high.explored_A
        for shot in (low, middle, high):  # ZBL only repels
            assert shot.bare_A is None or shot.bare_A <= shot.explored_A
    assert shots(None) == ()
