"""The mixed surface is the sum of its parts, and costs one call of the model a step."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.calculator import Calculator, PropertyNotImplementedError, all_changes
from ase.calculators.emt import EMT
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress
from ase.calculators.lj import LennardJones
from numpy.testing import assert_allclose, assert_array_equal

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.calculators.mixing import MixingCalculator
from mlip_autopipec.calculators.zbl import ZBLCalculator
from mlip_autopipec.config.exploration import ExplorationConfig


class CountingEMT(EMT):
    """EMT that notes what it is asked for, and gives a stress only when asked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = (),
    ) -> None:
        self.calls.append((tuple(properties), tuple(system_changes)))
        super().calculate(atoms, properties, system_changes)
        if "stress" not in properties:
            self.results.pop("stress", None)


def close_alloy() -> Atoms:
    """Return a rattled CuAu crystal in which one pair is as close as 1.5 Å."""
    atoms = bulk("Cu", cubic=True) * (2, 1, 1)
    atoms.symbols[::2] = "Au"
    atoms.rattle(0.1, seed=4)
    atoms.positions[1] = atoms.positions[0] + [0.9, 1.2, 0.0]
    return atoms


def test_is_the_sum_of_the_model_and_zbl() -> None:
    atoms = close_alloy()
    mix = MixingCalculator(EMT(), ZBLCalculator())
    atoms.calc = mix
    energy, forces, stress = atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress()
    model, repulsion = atoms.copy(), atoms.copy()
    model.calc, repulsion.calc = EMT(), ZBLCalculator()
    parts = mix.contributions
    assert repulsion.get_potential_energy() > 1.0
    assert energy == model.get_potential_energy() + repulsion.get_potential_energy()
    assert_array_equal(forces, model.get_forces() + repulsion.get_forces())
    assert_array_equal(stress, model.get_stress() + repulsion.get_stress())
    assert parts.energy_mlip_eV == model.get_potential_energy()
    assert parts.energy_zbl_eV == repulsion.get_potential_energy()
    assert_array_equal(parts.forces_mlip_eV_A, model.get_forces())
    assert_array_equal(parts.stress_mlip_eV_A3, model.get_stress())


def test_forces_and_stress_are_derivatives_of_the_energy() -> None:
    atoms = close_alloy()
    atoms.calc = MixingCalculator(EMT(), ZBLCalculator())
    # central differences; the third derivatives of close pairs are some 1e4 eV/Å³
    assert_allclose(
        atoms.get_forces(), calculate_numerical_forces(atoms, eps=1e-4), rtol=1e-5, atol=1e-3
    )
    assert_allclose(
        atoms.get_stress(), calculate_numerical_stress(atoms, eps=1e-5), rtol=1e-5, atol=1e-6
    )


def test_without_zbl_it_is_the_model() -> None:
    atoms = close_alloy()
    atoms.calc = MixingCalculator(EMT(), None)
    model = atoms.copy()
    model.calc = EMT()
    assert atoms.get_potential_energy() == model.get_potential_energy()
    assert_array_equal(atoms.get_forces(), model.get_forces())
    assert atoms.calc.contributions.energy_zbl_eV == 0.0


def test_calls_the_model_once_a_step_and_asks_for_stress_only_when_it_is_wanted() -> None:
    atoms = close_alloy()
    model = CountingEMT()
    atoms.calc = MixingCalculator(model, ZBLCalculator())
    for step in range(3):
        atoms.rattle(0.01, seed=step)
        atoms.get_forces()
        atoms.get_potential_energy()
    assert [properties for properties, _ in model.calls] == [("energy", "forces")] * 3
    assert [changes for _, changes in model.calls[1:]] == [("positions",)] * 2
    model.calls.clear()
    atoms.calc.wants_stress = True
    for step in range(3):
        atoms.rattle(0.01, seed=step)
        atoms.get_forces()
        atoms.get_stress()
    assert [properties for properties, _ in model.calls] == [("energy", "forces", "stress")] * 3


def test_remembers_that_a_stress_was_asked_for() -> None:
    atoms = close_alloy()
    model = CountingEMT()
    atoms.calc = MixingCalculator(model, None)
    atoms.get_forces()
    assert atoms.calc.contributions.stress_mlip_eV_A3 is None
    atoms.get_stress()
    assert len(model.calls) == 2
    atoms.rattle(0.01, seed=1)
    atoms.get_forces()
    atoms.get_stress()
    assert len(model.calls) == 3


def test_uses_what_the_model_has_calculated_already() -> None:
    atoms = close_alloy()
    model = CountingEMT()
    model.get_property("forces", atoms)
    atoms.calc = MixingCalculator(model, ZBLCalculator())
    atoms.get_forces()
    assert len(model.calls) == 1


def test_follows_changes_of_species_and_of_the_structure() -> None:
    first = close_alloy()
    first.calc = mix = MixingCalculator(EMT(), ZBLCalculator())
    first.get_forces()
    first.symbols[0], first.symbols[3] = first.symbols[3], first.symbols[0]
    second = molecule("CO")
    second.calc = mix
    for atoms in (first, second, first):
        fresh = atoms.copy()
        fresh.calc = MixingCalculator(EMT(), ZBLCalculator())
        assert atoms.get_potential_energy() == fresh.get_potential_energy()
        assert_array_equal(atoms.get_forces(), fresh.get_forces())


def test_somebody_else_may_use_the_model_in_between() -> None:
    atoms, other = close_alloy(), molecule("CO")
    model = EMT()
    atoms.calc = MixingCalculator(model, ZBLCalculator())
    atoms.get_forces()
    other.calc = model
    other.get_forces()
    atoms.rattle(0.01, seed=1)
    fresh = atoms.copy()
    fresh.calc = MixingCalculator(EMT(), ZBLCalculator())
    assert atoms.get_potential_energy() == fresh.get_potential_energy()


def test_recovers_from_a_model_that_failed() -> None:
    atoms = close_alloy()
    atoms.calc = MixingCalculator(EMT(), ZBLCalculator())
    atoms.get_forces()
    atoms.symbols[0] = "W"
    with pytest.raises(NotImplementedError, match="No EMT-potential for W"):
        atoms.get_forces()
    atoms.symbols[0] = "Ni"
    fresh = atoms.copy()
    fresh.calc = MixingCalculator(EMT(), ZBLCalculator())
    assert_array_equal(atoms.get_forces(), fresh.get_forces())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda atoms: atoms, []),
        (lambda atoms: atoms.positions.__setitem__((0, 0), np.nextafter(0.3, 1)), ["positions"]),
        (lambda atoms: atoms.symbols.__setitem__(0, "Ni"), ["numbers"]),
        (lambda atoms: atoms.set_cell(atoms.cell * 1.01), ["cell"]),
        (lambda atoms: atoms.set_pbc((True, True, False)), ["pbc"]),
        (lambda atoms: atoms.set_initial_charges(np.ones(8)), ["initial_charges"]),
        (lambda atoms: atoms.set_initial_magnetic_moments(np.ones(8)), ["initial_magmoms"]),
        (lambda atoms: atoms.pop(), ["positions", "numbers"]),
    ],
)
def test_notices_the_smallest_change(
    change: Callable[[Atoms], object], expected: list[str]
) -> None:
    atoms = close_alloy()
    atoms.positions[0, 0] = 0.3
    mix = MixingCalculator(EMT(), None)
    mix.calculate(atoms)
    change(atoms)
    assert mix.check_state(atoms) == expected


def test_contributions_outlive_the_next_step_and_cannot_be_written() -> None:
    atoms = close_alloy()
    atoms.calc = mix = MixingCalculator(EMT(), ZBLCalculator())  # EMT reuses its array of forces
    atoms.get_forces()
    before = mix.contributions
    kept = before.forces_mlip_eV_A.copy()
    atoms.rattle(0.1, seed=2)
    atoms.get_forces()
    assert_array_equal(before.forces_mlip_eV_A, kept)
    with pytest.raises(ValueError, match="read-only"):
        before.forces_mlip_eV_A[0, 0] = 1.0


def test_writing_into_the_forces_does_not_change_the_contributions() -> None:
    atoms = close_alloy()
    atoms.calc = mix = MixingCalculator(EMT(), None)
    atoms.get_forces()
    mix.results["forces"][:] = 0.0
    assert np.abs(mix.contributions.forces_mlip_eV_A).max() > 0.0


@pytest.mark.parametrize("model", [EMT, LennardJones])
def test_a_cluster_has_forces_and_no_stress(model: type[Calculator]) -> None:
    atoms = Atoms("Cu3", positions=[[0, 0, 0], [1.6, 0, 0], [0, 2.4, 0]])
    atoms.calc = mix = MixingCalculator(model(), ZBLCalculator(), wants_stress=True)
    assert np.abs(atoms.get_forces()).max() > 0.0
    assert mix.contributions.stress_mlip_eV_A3 is None
    with pytest.raises(PropertyNotImplementedError, match="a stress needs a cell with a volume"):
        atoms.get_stress()


class Stressless(EMT):
    """A model that knows no stress."""

    implemented_properties = ("energy", "forces")


def test_a_model_without_stress_still_has_forces() -> None:
    atoms = close_alloy()
    atoms.calc = MixingCalculator(Stressless(), ZBLCalculator(), wants_stress=True)
    assert np.abs(atoms.get_forces()).max() > 0.0
    with pytest.raises(PropertyNotImplementedError):
        atoms.get_stress()


class Matrix(EMT):
    """A model that gives its stress as a matrix."""

    def calculate(self, *arguments: object, **options: object) -> None:
        super().calculate(*arguments, **options)
        xx, yy, zz, yz, xz, xy = self.results["stress"]
        self.results["stress"] = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def test_a_stress_matrix_is_written_in_voigt_order() -> None:
    atoms, plain = close_alloy(), close_alloy()
    atoms.calc, plain.calc = MixingCalculator(Matrix(), None), EMT()
    assert_array_equal(atoms.get_stress(), plain.get_stress())


def test_reset_forgets_the_model_too() -> None:
    """Neighbour lists kept in a model decide the order of its sums, and so the last bit."""
    atoms = close_alloy()
    model = CountingEMT()
    atoms.calc = mix = MixingCalculator(model, None)
    atoms.get_forces()
    mix.reset()
    with pytest.raises(PropertyNotImplementedError, match="nothing has been calculated"):
        _ = mix.contributions
    atoms.get_forces()
    assert set(model.calls[-1][1]) == set(all_changes)


class Diverging(EMT):
    """A model that has no energy here."""

    def calculate(self, *arguments: object, **options: object) -> None:
        super().calculate(*arguments, **options)
        self.results["energy"] = np.nan
        self.results["forces"] = np.full_like(self.results["forces"], np.nan)


def test_a_model_that_diverges_is_passed_on() -> None:
    atoms = close_alloy()
    atoms.calc = MixingCalculator(Diverging(), ZBLCalculator())
    assert np.isnan(atoms.get_potential_energy())
    assert np.isnan(atoms.get_forces()).all()


@pytest.mark.model
def test_seven_net_with_zbl_is_their_sum() -> None:
    from mlip_autopipec.calculators import sevennet  # noqa: PLC0415 - beside its use
    from mlip_autopipec.config.calculator import SevenNetConfig  # noqa: PLC0415

    atoms = close_alloy()
    config = ExplorationConfig(calculator=SevenNetConfig(accelerate="off"))
    atoms.calc = mix = build_calculator(config)
    energy, forces, stress = atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress()
    model, repulsion = atoms.copy(), atoms.copy()
    model.calc, repulsion.calc = sevennet.build(config.calculator), ZBLCalculator()
    # single precision inside, but the same operations in the same order
    assert energy == model.get_potential_energy() + repulsion.get_potential_energy()
    assert_allclose(forces, model.get_forces() + repulsion.get_forces(), rtol=1e-12)
    assert_allclose(stress, model.get_stress() + repulsion.get_stress(), rtol=1e-12)
    assert mix.contributions.energy_mlip_eV == model.get_potential_energy()
    assert_array_equal(mix.contributions.forces_mlip_eV_A, model.get_forces())
