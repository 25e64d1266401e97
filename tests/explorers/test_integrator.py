"""The integrator against ASE's, against closed forms, and against its own promises."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.md.langevinbaoab import LangevinBAOAB
from ase.neighborlist import neighbor_list

from mlip_autopipec.calculators.mixing import Contributions
from mlip_autopipec.explorers.ensembles import StrainModes
from mlip_autopipec.explorers.integrator import Conditions, DynamicsSettings, MomentumFreeBAOAB
from mlip_autopipec.explorers.momenta import kinetic_temperature_K, thermal_momenta
from mlip_autopipec.explorers.surface import Evaluation, Surface

TIMESTEP = 2.0 * units.fs
IN_PLANE = np.diag([1.0, 1.0, 0.0])


class Springs:
    """Springs to places; without stiffness, an ideal gas."""

    def __init__(self, places: np.ndarray, stiffness_eV_A2: float) -> None:
        self.places, self.stiffness = places, stiffness_eV_A2

    def evaluate(self, atoms: Atoms, *, stress: bool) -> Evaluation:
        shifts = atoms.positions - self.places
        energy = 0.5 * self.stiffness * float(np.sum(shifts**2))
        return evaluated(energy, -self.stiffness * shifts, np.zeros((3, 3)) if stress else None)


class Bonds:
    """Springs between the nearest neighbours of a crystal, which stay the same."""

    def __init__(self, atoms: Atoms, length_A: float, stiffness_eV_A2: float) -> None:
        i, j, shifts = neighbor_list("ijS", atoms, 1.1 * length_A)
        self.j, self.shifts = j, shifts
        self.starts = np.searchsorted(i, np.arange(len(atoms)))
        self.i, self.length, self.stiffness = i, length_A, stiffness_eV_A2

    def evaluate(self, atoms: Atoms, *, stress: bool) -> Evaluation:
        vectors = atoms.positions[self.j] - atoms.positions[self.i]
        vectors += self.shifts @ atoms.cell.array
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        stretch = self.stiffness * (lengths - self.length)
        pulls = (stretch / lengths)[:, None] * vectors
        energy = 0.25 * float(np.sum(stretch * (lengths - self.length)))
        virial = 0.5 * vectors.T @ pulls / atoms.get_volume() if stress else None
        return evaluated(energy, np.add.reduceat(pulls, self.starts), virial)


class LennardJones:
    """Force-shifted Lennard-Jones atoms in a cubic cell wider than two cutoffs."""

    def __init__(self, epsilon_eV: float, sigma_A: float, cutoff_A: float) -> None:
        self.epsilon, self.sigma, self.cutoff = epsilon_eV, sigma_A, cutoff_A
        self.shift, self.slope = self._pair(np.array(cutoff_A))

    def _pair(self, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sixth = (self.sigma / r) ** 6
        energy = 4.0 * self.epsilon * sixth * (sixth - 1.0)
        return energy, -24.0 * self.epsilon * sixth * (2.0 * sixth - 1.0) / r

    def evaluate(self, atoms: Atoms, *, stress: bool) -> Evaluation:
        length = atoms.cell.array[0, 0]
        i, j = np.triu_indices(len(atoms), 1)
        vectors = atoms.positions[j] - atoms.positions[i]
        vectors -= length * np.rint(vectors / length)
        squares = np.einsum("ij,ij->i", vectors, vectors)
        near = squares < self.cutoff**2
        i, j, vectors, r = i[near], j[near], vectors[near], np.sqrt(squares[near])
        energy, slope = self._pair(r)
        energy = energy - self.shift - (r - self.cutoff) * self.slope
        pulls = ((slope - self.slope) / r)[:, None] * vectors
        forces = np.empty_like(atoms.positions)
        for axis in range(3):
            forces[:, axis] = np.bincount(i, pulls[:, axis], len(atoms))
            forces[:, axis] -= np.bincount(j, pulls[:, axis], len(atoms))
        virial = vectors.T @ pulls / atoms.get_volume() if stress else None
        return evaluated(float(energy.sum()), forces, virial)


def evaluated(energy_eV: float, forces: np.ndarray, stress: np.ndarray | None) -> Evaluation:
    return Evaluation(energy_eV, forces, stress, Contributions(energy_eV, forces, None, 0.0))


def dynamics(
    atoms: Atoms,
    surface: Surface | Springs | Bonds | LennardJones,
    *,
    temperature_K: float,
    strain: StrainModes | None = None,
    pressure_GPa: float = 0.0,
    thermostat_fs: float = 20.0,
    barostat_fs: float = 200.0,
    timestep_fs: float = 2.0,
) -> MomentumFreeBAOAB:
    return MomentumFreeBAOAB(
        atoms,
        surface,
        DynamicsSettings(thermostat_fs * units.fs, barostat_fs * units.fs, strain),
        timestep=timestep_fs * units.fs,
        conditions=Conditions(temperature_K, pressure_GPa),
        evaluation=surface.evaluate(atoms, stress=strain is not None),
        rng=np.random.default_rng(1),
    )


def sampled(
    step: Callable[[], None], measure: Callable[[], Any], n_samples: int, every: int
) -> np.ndarray:
    values = []
    for _ in range(n_samples):
        for _ in range(every):
            step()
        values.append(measure())
    return np.array(values)


def within(values: np.ndarray, expected: float, n_sigma: float = 4.5) -> bool:
    """Say whether a mean is as expected, by the scatter of the means of 20 blocks.

    4.5 standard errors of 20 blocks (Student's t): one test in 4,000 fails by chance, and the
    seeds are fixed.
    """
    blocks = np.array([block.mean() for block in np.array_split(values, 20)])
    return abs(values.mean() - expected) < n_sigma * blocks.std(ddof=1) / np.sqrt(20)


@pytest.fixture
def gas() -> Atoms:
    """Sixteen atoms of two masses."""
    atoms = bulk("Cu", cubic=True, a=4.3) * (2, 2, 1)
    atoms.numbers[::2] = 79
    return atoms


def test_without_drift_removal_it_is_ases_integrator() -> None:
    # A fixed atom takes the momentum up, so nothing is removed. Every random number is the same.
    systems = [bulk("Cu", cubic=True) for _ in range(2)]
    for atoms in systems:
        atoms.set_constraint(FixAtoms([0]))
        atoms.set_momenta(np.random.default_rng(5).normal(size=(4, 3)))
    mine = dynamics(systems[0], Surface(EMT()), temperature_K=700.0)
    systems[1].calc = EMT()
    ases = LangevinBAOAB(
        systems[1],
        TIMESTEP,
        temperature_K=700.0,
        T_tau=20.0 * units.fs,
        rng=np.random.default_rng(1),
    )
    for _ in range(50):
        mine.step()
        ases.step()
    # The order of multiplications differs: rounding errors of 1e-16 Å grow over 50 steps.
    np.testing.assert_allclose(systems[0].positions, systems[1].positions, atol=1e-12)
    np.testing.assert_allclose(systems[0].get_momenta(), systems[1].get_momenta(), atol=1e-11)


def test_at_zero_temperature_the_volume_moves_as_in_ases_integrator() -> None:
    # Without noise and at rest there is no drift to remove; ASE's degrees of freedom are put in.
    systems = [bulk("Cu", cubic=True, a=3.4) for _ in range(2)]
    for atoms in systems:
        atoms.rattle(0.05, seed=3)
    strain = StrainModes(np.eye(3), isotropic=True)
    mine = dynamics(systems[0], Surface(EMT()), temperature_K=0.0, strain=strain, pressure_GPa=3.0)
    mine.Ndof = 12
    mine._update_force_eps()
    systems[1].calc = EMT()
    ases = LangevinBAOAB(
        systems[1],
        TIMESTEP,
        temperature_K=0.0,
        externalstress=-3.0 * units.GPa,
        hydrostatic=True,
        T_tau=20.0 * units.fs,
        P_tau=200.0 * units.fs,
        P_mass=3.0 * mine.barostat_mass,
        rng=np.random.default_rng(1),
    )
    volumes = [systems[0].get_volume()]
    for _ in range(50):
        mine.step()
        ases.step()
        volumes.append(systems[0].get_volume())
        # EMT sums in another order in the two: 1e-15 relative, grown over the oscillations.
        assert volumes[-1] == pytest.approx(systems[1].get_volume(), rel=1e-11)
    np.testing.assert_allclose(systems[0].positions, systems[1].positions, atol=1e-11)
    assert np.ptp(volumes) > 1.0


def test_the_centre_of_mass_stays_at_rest(gas: Atoms, rng: np.random.Generator) -> None:
    gas.set_momenta(thermal_momenta(gas, 900.0, rng))
    start = gas.get_center_of_mass()
    run = dynamics(gas, Bonds(gas, 4.3 / np.sqrt(2), 3.0), temperature_K=900.0)
    for _ in range(1000):
        run.step()
    # Rounding: 1e-16 of momenta of 10 a step, over 1,000 steps.
    np.testing.assert_allclose(gas.get_momenta().sum(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(gas.get_center_of_mass(), start, atol=1e-11)


def test_kinetic_temperature_has_the_canonical_mean_and_variance(gas: Atoms) -> None:
    run = dynamics(gas, Springs(gas.positions.copy(), 2.0), temperature_K=500.0)
    temperatures = sampled(run.step, lambda: kinetic_temperature_K(gas), 1000, 8)[40:]
    n_degrees = 3 * 16 - 3
    variances = (temperatures - 500.0) ** 2
    # BAOAB's momenta are canonical to second order in the timestep: ω²dt²/4 is 0.2 % here.
    assert within(temperatures / 500.0, 1.0)
    assert within(variances, 2.0 * 500.0**2 / n_degrees)


def test_positions_are_canonical() -> None:
    # BAOAB samples a harmonic well exactly: k⟨x²⟩ = k_B T for each of the 3N - 3 free modes
    # (Leimkuhler and Matthews 2013, doi:10.1063/1.4802990).
    atoms = bulk("Cu", cubic=True) * (2, 2, 1)
    places = atoms.positions.copy()
    run = dynamics(atoms, Springs(places, 2.0), temperature_K=500.0)
    energies = sampled(run.step, lambda: run.evaluation.energy_eV, 1000, 8)[40:]
    assert within(energies, 0.5 * (3 * 16 - 3) * units.kB * 500.0)


@pytest.mark.parametrize("directions", [np.eye(3), IN_PLANE], ids=["volume", "plane"])
def test_an_ideal_gas_has_the_isobaric_distribution_of_volumes(
    gas: Atoms, directions: np.ndarray
) -> None:
    # ρ(V) ∝ V^(N-1) exp(-PV/kT), a gamma distribution: mean N kT/P, variance N (kT/P)².
    kT, n_atoms, volume = units.kB * 1000.0, 16, gas.get_volume()
    pressure = n_atoms * kT / volume
    gas.set_momenta(thermal_momenta(gas, 1000.0, np.random.default_rng(2)))
    run = dynamics(
        gas,
        Springs(gas.positions.copy(), 0.0),
        temperature_K=1000.0,
        strain=StrainModes(directions, isotropic=True),
        pressure_GPa=pressure / units.GPa,
        barostat_fs=100.0,
    )
    lengths = gas.cell.lengths().copy()
    volumes = sampled(run.step, gas.get_volume, 1000, 8)[50:]
    assert within(volumes / volume, 1.0)
    assert within((volumes / volume - 1.0) ** 2, 1.0 / n_atoms)
    moved = ~np.isclose(gas.cell.lengths(), lengths, rtol=1e-9)
    np.testing.assert_array_equal(moved, np.diag(directions) > 0)


@pytest.mark.parametrize(
    ("strain", "n_modes"),
    [
        pytest.param(StrainModes(np.eye(3), isotropic=True), 1, id="volume"),
        pytest.param(StrainModes(np.eye(3), isotropic=False), 6, id="shape"),
        pytest.param(StrainModes(IN_PLANE, isotropic=True), 1, id="area"),
        pytest.param(StrainModes(IN_PLANE, isotropic=False), 3, id="plane"),
    ],
)
def test_a_crystals_cell_is_canonical_and_carries_the_imposed_pressure(
    strain: StrainModes, n_modes: int
) -> None:
    atoms = bulk("Cu", cubic=True, a=3.6) * (2, 2, 1)
    directions = strain.directions
    assert strain.n_modes == n_modes
    temperature_K, pressure_GPa = 600.0, 2.0
    atoms.set_momenta(thermal_momenta(atoms, temperature_K, np.random.default_rng(2)))
    run = dynamics(
        atoms,
        Bonds(atoms, 3.6 / np.sqrt(2), 3.0),
        temperature_K=temperature_K,
        strain=strain,
        pressure_GPa=pressure_GPa,
    )

    def measure() -> tuple[float, float, float]:
        momenta = atoms.get_momenta()
        kinetic = (momenta / run.masses).T @ momenta
        work = kinetic - atoms.get_volume() * run.evaluation.stress_eV_A3
        imposed = pressure_GPa * units.GPa * atoms.get_volume()
        excess = np.trace(directions @ work) / np.trace(directions) - imposed
        outside = np.abs((np.eye(3) - directions) @ run.p_eps).max()
        return float(np.sum(run.p_eps**2) / run.barostat_mass), excess, outside

    strain_energies, excesses, outside = sampled(run.step, measure, 900, 6)[50:].T
    kT = units.kB * temperature_K
    assert within(strain_energies, n_modes * kT)
    # 3N kT of kinetic energy belong to the balance; with the drift at rest, kT is missing in each
    # direction.
    assert within(excesses, -kT)
    assert outside.max() == 0.0


REFERENCE = json.loads(Path(__file__).with_name("data").joinpath("npt_reference.json").read_text())


@pytest.mark.parametrize(
    "row", REFERENCE["rows"], ids=lambda row: "{temperature_K} K {pressure_GPa} GPa".format(**row)
)
def test_the_mean_volume_of_a_crystal_is_that_of_lammps(row: dict[str, float]) -> None:
    atoms = bulk("Ar", "fcc", a=5.4, cubic=True) * (3, 3, 3)
    atoms.set_masses(np.full(len(atoms), REFERENCE["mass"]))
    temperature_K = row["temperature_K"]
    momenta = thermal_momenta(atoms, 2.0 * temperature_K, np.random.default_rng(3))
    atoms.set_momenta(momenta)
    run = dynamics(
        atoms,
        LennardJones(*(REFERENCE[key] for key in ("epsilon_eV", "sigma_A", "cutoff_A"))),
        temperature_K=temperature_K,
        strain=StrainModes(np.eye(3), isotropic=True),
        pressure_GPa=row["pressure_GPa"],
        thermostat_fs=200.0,
        barostat_fs=2000.0,
        timestep_fs=8.0,
    )
    sampled(run.step, lambda: 0.0, 1, 200)
    volumes = sampled(run.step, atoms.get_volume, 400, 5)
    # Its own standard error of about 0.3 % is what the test can resolve; LAMMPS's is 0.01 %. The
    # volumes of the rows differ by 8 %.
    assert within(volumes, row["volume_A3"])
    blocks = [block.mean() for block in np.array_split(volumes, 20)]
    assert np.std(blocks) / np.sqrt(20) < 0.004 * volumes.mean()
