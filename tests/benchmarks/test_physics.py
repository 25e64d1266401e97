"""The potentials, the estimates and a short form of the comparison with LAMMPS."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.eam import EAM
from ase.calculators.fd import calculate_numerical_forces
from ase.units import Bohr, Hartree

from benchmarks.physics import zbl
from benchmarks.physics.__main__ import fill
from benchmarks.physics.order import first_shell_A, nearest_unlike
from benchmarks.physics.pipeline_side import calculator_of, starting_crystal
from benchmarks.physics.potentials import EmbeddedAtoms, PairLennardJones
from benchmarks.physics.report import report
from benchmarks.physics.settings import CASES, QUICK, ZBL_REFERENCE, Length, argon, binary
from benchmarks.physics.statistics import N_BLOCKS, Estimate, mean, variance


def copper_like(path: Path) -> Path:
    """Write a plain embedded-atom potential: a square root of densities, exponential pairs."""
    n, step, cutoff_A = 2000, 0.0025, 4.9
    rho = np.arange(n) * 0.05
    r = np.arange(n) * step
    fading = np.where(r < cutoff_A, (1.0 - r / cutoff_A) ** 3, 0.0)
    columns = [
        -2.0 * np.sqrt(rho),
        12.0 * np.exp(-r) * fading,
        r * 30.0 * np.exp(-2.0 * r) * fading,
    ]
    lines = ["made", "for", "a test", "1 Cu", f"{n} 0.05 {n} {step} {cutoff_A}", "29 63.55 3.6 fcc"]
    lines += [" ".join(f"{x:.15e}" for x in column) for column in columns]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def crystal() -> Atoms:
    atoms = bulk("Cu", cubic=True, a=3.62) * (3, 3, 3)
    atoms.rattle(0.1, seed=1)
    return atoms


def test_embedded_atoms_are_those_of_ase(crystal: Atoms, tmp_path: Path) -> None:
    path = copper_like(tmp_path / "made.eam.alloy")
    own, ase = EmbeddedAtoms(path), EAM(potential=str(path))
    # the tables between whose 20,000 points is interpolated agree with the splines to 1e-7
    assert own.get_potential_energy(crystal) == pytest.approx(
        ase.get_potential_energy(crystal), rel=1e-9
    )
    np.testing.assert_allclose(own.get_forces(crystal), ase.get_forces(crystal), atol=1e-6)
    np.testing.assert_allclose(own.get_stress(crystal), ase.get_stress(crystal), atol=1e-8)


def test_charges_of_a_single_element_file_are_multiplied_as_lammps_does(
    crystal: Atoms, tmp_path: Path
) -> None:
    n, step, cutoff_A = 500, 0.01, 4.95
    charges = 11.0 * np.exp(-np.arange(n) * step)
    columns = [np.zeros(n), charges, np.ones(n)]  # nothing is embedded: pairs alone are left
    lines = ["made for a test", "29 63.55 3.6 fcc", f"{n} 0.05 {n} {step} {cutoff_A}"]
    lines += [" ".join(f"{x:.15e}" for x in column) for column in columns]
    path = tmp_path / "made.eam"
    path.write_text("\n".join(lines) + "\n")
    ratio = 27.2 * 0.529 / (Hartree * Bohr)
    assert ratio == pytest.approx(0.99925, abs=1e-5)
    assert EmbeddedAtoms(path).get_potential_energy(crystal) == pytest.approx(
        ratio * EAM(potential=str(path)).get_potential_energy(crystal), rel=1e-9
    )


def test_lennard_jones_goes_to_zero_with_its_force_and_has_the_forces_of_its_energy() -> None:
    calculator = PairLennardJones({"Ar-Ar": 0.01, "Ar-Kr": 0.02}, sigma_A=3.4, cutoff_A=7.5)
    atoms = starting_crystal(binary(60.0, ordered=False), np.random.default_rng(3))
    atoms.rattle(0.1, seed=2)
    atoms.calc = calculator_of(binary(60.0, ordered=False), None)
    numerical = calculate_numerical_forces(atoms, 1e-4, iatoms=[0, 50])
    np.testing.assert_allclose(atoms.get_forces()[[0, 50]], numerical, atol=1e-7)
    # the trace: a strain along one axis makes the cell no cube
    slope = [
        _scaled(atoms, 1.0 + h).get_potential_energy() / (6e-5 * atoms.get_volume())
        for h in (1e-5, -1e-5)
    ]
    assert np.trace(atoms.get_stress(voigt=False)) == pytest.approx(
        3.0 * (slope[0] - slope[1]), rel=1e-6
    )
    pair = Atoms("Ar2", positions=[[0, 0, 0], [0, 0, 7.4999]], cell=[20, 20, 20], pbc=True)
    pair.calc = calculator
    assert abs(pair.get_potential_energy()) < 1e-11  # the square of the distance to the cutoff
    assert np.abs(pair.get_forces()).max() < 1e-6


def _scaled(atoms: Atoms, factor: float) -> Atoms:
    scaled = atoms.copy()
    scaled.set_cell(atoms.cell * factor, scale_atoms=True)
    scaled.calc = atoms.calc
    return scaled


def test_cells_that_the_potentials_cannot_do_are_refused() -> None:
    calculator = PairLennardJones({"Ar-Ar": 0.01}, sigma_A=3.4, cutoff_A=7.5)
    with pytest.raises(ValueError, match=r"the cell of 10\.800 Å is not wider than two cutoffs"):
        calculator.get_potential_energy(bulk("Ar", a=5.4, cubic=True) * (2, 2, 2))
    with pytest.raises(ValueError, match="the cell should be a cube"):
        calculator.get_potential_energy(bulk("Ar", a=5.4, cubic=True) * (2, 2, 3))


def test_order_is_that_of_the_perfect_and_of_the_random_alloy() -> None:
    case = binary(60.0, ordered=True)
    orders = []
    for seed in range(200):
        atoms = starting_crystal(replace(case, ordered=seed == 0), np.random.default_rng(seed))
        kinds = (atoms.numbers == 36).astype(int)
        assert kinds.sum() == 54
        orders.append(
            nearest_unlike(atoms.positions, kinds, atoms.cell[0, 0], first_shell_A(case.lattice_A))
        )
    assert orders[0] == pytest.approx(-1.0 / 3.0)
    # of 108 atoms drawn without replacement: 1 - (n/(n - 1)) on average
    expected, spread = -1.0 / 107.0, np.std(orders[1:]) / np.sqrt(199)
    assert abs(np.mean(orders[1:]) - expected) < 4.0 * spread


def test_errors_are_those_of_correlated_series() -> None:
    rng, memory, n = np.random.default_rng(5), 0.9, 40_000
    noise = rng.normal(size=(4, n))
    series = np.empty((4, n))
    series[:, 0] = noise[:, 0] / np.sqrt(1.0 - memory**2)
    for k in range(1, n):
        series[:, k] = memory * series[:, k - 1] + noise[:, k]
    true_variance = 1.0 / (1.0 - memory**2)
    found, scatter = mean(list(series)), variance(list(series))
    expected = np.sqrt(true_variance * (1.0 + memory) / (1.0 - memory) / (4 * n))
    # the error of an error of 32 blocks is 1/sqrt(62); 3.5 of those are 45 %
    assert found.error == pytest.approx(expected, rel=0.45)
    assert abs(found.value) < 4.0 * found.error
    assert abs(scatter.value - true_variance) < 4.0 * scatter.error
    with pytest.raises(ValueError, match=f"10 samples make no {N_BLOCKS} blocks"):
        mean([np.zeros(10)])


def test_differences_are_counted_in_standard_errors() -> None:
    assert Estimate(2.0, 0.3).sigmas_from(Estimate(1.0, 0.4)) == pytest.approx(2.0)
    assert Estimate(1.0, 0.0).sigmas_from(Estimate(1.0, 0.0)) == 0.0
    assert Estimate(2.0, 0.0).sigmas_from(Estimate(1.0, 0.0)) == np.inf
    assert str(Estimate(-3.14159, 0.0123)) == "-3.142 ± 0.012"


def test_zbl_is_that_of_lammps() -> None:
    found = zbl.largest_deviations(zbl.compare(ZBL_REFERENCE))
    assert found["dimers"]["structures"] == 110
    # the switched tail is a difference of numbers of some 10 eV
    assert max(found["dimers"]["energy"], found["dimers"]["force"]) < 1e-7
    assert max(found["mixtures"][name] for name in ("energy", "force", "stress")) < 1e-12


def test_a_short_form_makes_table_json_and_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = (argon(30.0, 0.0), binary(60.0, ordered=False))
    assert set(cases) <= set(CASES)
    fill(tmp_path, QUICK, [case.name for case in cases], None)
    (tmp_path / "lammps").mkdir()
    for case in cases:  # the other side: the same, twice as long
        length = replace(QUICK, n_steps=2 * QUICK.n_steps)
        other = _measured(tmp_path / "other", length, case.name)
        (tmp_path / "lammps" / f"{case.name}.json").write_text(other)
    report(tmp_path)
    printed = capsys.readouterr().out
    assert "| LJ Ar, 30 K, NPT 0 GPa | potential energy, meV an atom |" in printed
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["averages"]["n"] == 5 + 5
    assert {row["case"] for row in summary["rows"]} == {case.title for case in cases}
    for name in ("averages.png", "ordering.png", "zbl.png"):
        assert (tmp_path / name).stat().st_size > 10_000


def _measured(folder: Path, length: Length, name: str) -> str:
    fill(folder, length, [name], None)
    return (folder / "pipeline" / f"{name}.json").read_text()
