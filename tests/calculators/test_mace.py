"""MACE models as MACE itself evaluates them, and the stress of cells that MACE gets wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress
from numpy.testing import assert_allclose

from mlip_autopipec.calculators import mace
from mlip_autopipec.config.calculator import MACEConfig

DATA = Path(__file__).parents[1] / "data"

pytestmark = pytest.mark.model


def test_a_model_saved_under_e3nn_0_4_4_gives_the_energy_it_had_there() -> None:
    reference = json.loads((DATA / "mace_e3nn_0_4_4.json").read_text(encoding="utf-8"))
    assert reference["packages"]["e3nn"] == "0.4.4"
    atoms = Atoms(
        reference["symbols"],
        positions=reference["positions_A"],
        cell=reference["cell_A"],
        pbc=True,
        calculator=mace.build(MACEConfig(model=str(DATA / "mace_e3nn_0_4_4.model"))),
    )
    # double precision; sums may be ordered otherwise on another processor
    assert atoms.get_potential_energy() == pytest.approx(reference["energy_eV"], rel=1e-13)
    assert_allclose(atoms.get_forces(), reference["forces_eV_A"], atol=1e-13)
    assert_allclose(atoms.get_stress(), reference["stress_eV_A3"], atol=1e-14)


@pytest.mark.parametrize("pbc", [(True, True, True), (True, True, False), (False, False, True)])
def test_forces_and_stress_are_derivatives_of_the_energy(
    mace_model_path: Path, pbc: tuple[bool, bool, bool]
) -> None:
    atoms = bulk("Cu", cubic=True)
    atoms.symbols[0] = "Au"
    atoms.rattle(0.1, seed=2)
    atoms.pbc = pbc
    atoms.calc = mace.build(MACEConfig(model=str(mace_model_path)))
    # central differences in double precision: about eps² times the third derivative
    assert_allclose(atoms.get_forces(), calculate_numerical_forces(atoms, eps=1e-4), atol=1e-6)
    assert_allclose(atoms.get_stress(), calculate_numerical_stress(atoms, eps=1e-5), atol=1e-7)


def test_the_vacuum_of_a_slab_may_be_periodic_or_not(mace_model_path: Path) -> None:
    slab = fcc111("Cu", (2, 2, 3), vacuum=8.0)
    slab.rattle(0.1, seed=3)
    slab.calc = mace.build(MACEConfig(model=str(mace_model_path)))
    slab.pbc = (True, True, False)
    energy, forces, stress = slab.get_potential_energy(), slab.get_forces(), slab.get_stress()
    slab.pbc = True
    assert slab.get_potential_energy() == pytest.approx(energy, rel=1e-12)
    assert_allclose(slab.get_forces(), forces, atol=1e-10)
    assert_allclose(slab.get_stress(), stress, atol=1e-12)
    assert np.abs(stress).max() > 1e-5


def test_single_precision_is_near_double(mace_model_path: Path) -> None:
    atoms = bulk("Cu", cubic=True)
    atoms.rattle(0.1, seed=5)
    energies = []
    for dtype in ("float32", "float64"):
        atoms.calc = mace.build(MACEConfig(model=str(mace_model_path), dtype=dtype))
        energies.append(atoms.get_potential_energy())
    assert energies[0] == pytest.approx(energies[1], rel=1e-5)
    assert energies[0] != energies[1]
