import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk, molecule
from ase.constraints import FixAtoms

from mlip_autopipec.explorers.momenta import (
    degrees_of_freedom,
    kinetic_temperature_K,
    thermal_momenta,
)


def test_momenta_are_thermal_for_each_mass_on_the_subspace_without_drift(
    rng: np.random.Generator,
) -> None:
    atoms = Atoms("CuAuH", positions=np.eye(3))
    draws = np.array([thermal_momenta(atoms, 800.0, rng) for _ in range(4000)])
    masses = atoms.get_masses()
    # Removing the drift leaves ⟨p²⟩ = m (1 - m/M) kT for each component.
    expected = masses * (1.0 - masses / masses.sum()) * units.kB * 800.0
    # 12,000 values an atom: the variance is known to 1.3 %; 4 standard errors.
    np.testing.assert_allclose((draws**2).mean(axis=(0, 2)), expected, rtol=0.052)
    np.testing.assert_allclose(draws.sum(axis=1), 0.0, atol=1e-14)
    fourth = (draws**4).mean(axis=(0, 2)) / (draws**2).mean(axis=(0, 2)) ** 2
    # A Gaussian has kurtosis 3, known to sqrt(24/12,000) = 4.5 %; 4 standard errors.
    np.testing.assert_allclose(fourth, 3.0, atol=0.18)


def test_a_cluster_does_not_rotate(rng: np.random.Generator) -> None:
    atoms = molecule("CH3CH2OH")
    atoms.set_momenta(thermal_momenta(atoms, 800.0, rng, still=True))
    np.testing.assert_allclose(atoms.get_angular_momentum(), 0.0, atol=1e-12)
    np.testing.assert_allclose(atoms.get_momenta().sum(axis=0), 0.0, atol=1e-13)
    assert atoms.get_kinetic_energy() > 0.0


@pytest.mark.parametrize("name", ["H2", "CO2"])
def test_a_linear_cluster_does_not_rotate_and_keeps_its_vibration(
    name: str, rng: np.random.Generator
) -> None:
    atoms = molecule(name)
    atoms.set_momenta(thermal_momenta(atoms, 800.0, rng, still=True))
    np.testing.assert_allclose(atoms.get_angular_momentum(), 0.0, atol=1e-12)
    assert atoms.get_kinetic_energy() > 0.0


def test_fixed_atoms_stay_and_the_others_are_thermal(rng: np.random.Generator) -> None:
    atoms = bulk("Cu", cubic=True)
    atoms.set_constraint(FixAtoms([0]))
    draws = np.array([thermal_momenta(atoms, 300.0, rng) for _ in range(2000)])
    assert not draws[:, 0].any()
    expected = atoms.get_masses()[1] * units.kB * 300.0
    # 18,000 values: 1.1 %; 4 standard errors.
    assert (draws[:, 1:] ** 2).mean() == pytest.approx(expected, rel=0.042)
    assert degrees_of_freedom(atoms) == 9


@pytest.mark.parametrize(("n_atoms", "expected"), [(1, 0), (2, 3), (4, 9)])
def test_the_centre_of_mass_takes_three_degrees_of_freedom(n_atoms: int, expected: int) -> None:
    assert degrees_of_freedom(bulk("Cu", cubic=True)[:n_atoms]) == expected


def test_a_lone_atom_has_no_temperature(rng: np.random.Generator) -> None:
    atoms = Atoms("Cu", positions=[[0, 0, 0]])
    atoms.set_momenta(thermal_momenta(atoms, 300.0, rng))
    assert not atoms.get_momenta().any()
    assert kinetic_temperature_K(atoms) == 0.0


def test_at_zero_kelvin_nothing_moves(rng: np.random.Generator) -> None:
    assert not thermal_momenta(bulk("Cu", cubic=True), 0.0, rng).any()
