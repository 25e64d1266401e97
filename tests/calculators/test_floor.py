"""Below the floor the model's share is constant, and everything stays differentiable."""

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress
from numpy.testing import assert_allclose, assert_array_equal

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.calculators.floor import WIDTH, seen_distance
from mlip_autopipec.calculators.mixing import MixingCalculator
from mlip_autopipec.config.exploration import ExplorationConfig

FLOOR_A = 1.6


def floored(calculator: dict[str, str], floor_A: float | None = FLOOR_A) -> MixingCalculator:
    """Build a calculator with a floor under Cu-Au."""
    pairs = {"Au-Cu": {"inner_A": 1.3, "outer_A": 1.8, "floor_A": floor_A}}
    return build_calculator(
        ExplorationConfig.model_validate({"calculator": calculator, "zbl": {"pairs": pairs}})
    )


def dimer(distance_A: float, calculator: MixingCalculator) -> Atoms:
    direction = np.array([2.0, -1.0, 2.0]) / 3.0
    return Atoms("CuAu", positions=[[0, 0, 0], distance_A * direction], calculator=calculator)


def test_the_distance_seen_goes_over_smoothly_from_the_floor_to_the_true_one() -> None:
    distances = np.linspace(0.5, 2.0, 3001)
    seen = seen_distance(distances, 1.0)
    assert_array_equal(seen[distances <= 1.0 - WIDTH], 1.0)
    assert_array_equal(seen[distances >= 1.0 + WIDTH], distances[distances >= 1.0 + WIDTH])
    step = distances[1] - distances[0]
    slope = np.diff(seen) / step
    assert (np.diff(seen) >= 0.0).all()
    assert slope.max() < 1.0 + 1e-9
    # continuous slope and curvature: neither jumps by more than its steepest course allows
    assert np.abs(np.diff(slope)).max() < 1.6 / (2 * WIDTH) * step
    assert np.abs(np.diff(slope, n=2)).max() / step < 6.0 / (2 * WIDTH) ** 2 * step * 1.05


@pytest.mark.model
@pytest.mark.parametrize("accelerate", ["auto", "off"])
def test_mace_is_constant_below_its_floor_and_itself_above(
    mace_model_path: Path, accelerate: str
) -> None:
    config = {"kind": "mace", "model": str(mace_model_path), "accelerate": accelerate}
    free, bound = floored(config, None), floored(config)
    at_floor = dimer(FLOOR_A, free)
    at_floor.get_forces()
    expected = free.contributions.energy_mlip_eV
    for distance in (0.3, 1.0, FLOOR_A * (1.0 - WIDTH)):
        atoms = dimer(distance, bound)
        atoms.get_forces()
        parts = bound.contributions
        assert parts.floored
        assert parts.energy_mlip_eV == pytest.approx(expected, rel=1e-12)
        assert_allclose(parts.forces_mlip_eV_A, 0.0, atol=1e-12)
    for distance in (FLOOR_A * (1.0 + WIDTH) + 1e-9, 2.5):
        energies = []
        for calculator in (free, bound):
            dimer(distance, calculator).get_forces()
            assert not calculator.contributions.floored
            energies.append(calculator.contributions.energy_mlip_eV)
        assert energies[0] == energies[1]


@pytest.mark.model
def test_forces_and_stress_of_a_floored_model_are_derivatives(mace_model_path: Path) -> None:
    atoms = bulk("Cu", cubic=True)
    atoms.symbols[0] = "Au"
    atoms.rattle(0.1, seed=6)
    atoms.positions[1] = atoms.positions[0] + np.array([0.9, 1.2, 0.7])  # at 1.66 Å
    config = {"kind": "mace", "model": str(mace_model_path), "accelerate": "off"}
    atoms.calc = mix = floored(config)
    forces, stress = atoms.get_forces(), atoms.get_stress()
    assert mix.contributions.floored
    # central differences in double precision; ZBL's third derivative is some 1e3 eV/Å³
    assert_allclose(forces, calculate_numerical_forces(atoms, eps=1e-4), rtol=1e-6, atol=1e-4)
    assert_allclose(stress, calculate_numerical_stress(atoms, eps=1e-5), rtol=1e-6, atol=1e-6)


@pytest.mark.model
def test_a_pair_without_a_floor_is_left_alone(mace_model_path: Path) -> None:
    config = {"kind": "mace", "model": str(mace_model_path), "accelerate": "off"}
    copper = [
        Atoms("Cu2", positions=[[0, 0, 0], [0, 0, 1.2]], calculator=calculator)
        for calculator in (floored(config, None), floored(config))
    ]
    assert copper[0].get_potential_energy() == copper[1].get_potential_energy()
    assert not copper[1].calc.contributions.floored


@pytest.mark.model
@pytest.mark.parametrize("accelerate", ["auto", "off"])
def test_seven_net_is_constant_below_its_floor_and_itself_above(accelerate: str) -> None:
    config = {"kind": "sevennet", "accelerate": accelerate}
    floor_A = 0.9
    free, bound = floored(config, None), floored(config, floor_A)
    dimer(floor_A, free).get_forces()
    expected = free.contributions.energy_mlip_eV
    for distance in (0.27, floor_A * (1.0 - WIDTH)):  # at 0.27 Å the model itself gives -1e12 eV
        dimer(distance, bound).get_forces()
        assert bound.contributions.floored
        # single precision: the direction's length is 1 to 1e-7, and the slope is some 10 eV/Å
        assert bound.contributions.energy_mlip_eV == pytest.approx(expected, abs=1e-4)
        assert np.abs(bound.contributions.forces_mlip_eV_A).max() < 1e-4
    crystal = bulk("Cu", cubic=True)
    crystal.symbols[0] = "Au"
    crystal.rattle(0.1, seed=1)
    results = []
    for calculator in (free, bound):
        atoms = crystal.copy()
        atoms.calc = calculator
        results.append((atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress()))
        assert not calculator.contributions.floored
    for first, second in zip(*results, strict=True):
        assert_array_equal(first, second)
