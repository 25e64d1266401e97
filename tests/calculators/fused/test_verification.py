"""The probes, and what is found different on them."""

from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms
from ase.data import covalent_radii

from mlip_autopipec.calculators.fused.verification import (
    TOLERANCES,
    Evaluate,
    Evaluation,
    difference,
    probes,
    spacings_A,
)


@pytest.mark.parametrize("numbers", [[29], [29, 79], [1, 8], list(range(3, 20))])
def test_probes_hold_all_elements_and_no_close_pair(numbers: list[int]) -> None:
    crystal, disturbed = probes(numbers, next(spacings_A(numbers)))
    for atoms in (crystal, disturbed):
        assert set(atoms.numbers) == set(numbers)
        assert atoms.pbc.all()
        distances = atoms.get_all_distances(mic=True)[np.triu_indices(len(atoms), 1)]
        assert distances.min() > 1.6 * np.mean(covalent_radii[numbers])
    assert not np.allclose(crystal.cell.array, disturbed.cell.array)
    assert abs(disturbed.get_volume() / crystal.get_volume() - 1) < 0.05


@pytest.mark.parametrize("numbers", [[1], [29, 79], [1, 6, 7, 8], [55]])
def test_spacings_grow_and_keep_inside_a_models_cutoff(numbers: list[int]) -> None:
    spacings = list(spacings_A(numbers))
    assert spacings[0] == pytest.approx(2.1 * np.mean(covalent_radii[numbers]))
    assert spacings == sorted(spacings)
    assert len(spacings) == 1 or spacings[-1] <= 3.2


def constant(
    energy_eV: float = 1.0, force_eV_A: float = 0.0, stress_eV_A3: float = 0.0
) -> Evaluate:
    """Return a model of which every structure has the same energy an atom, forces and stress."""

    def evaluate(atoms: Atoms) -> Evaluation:
        forces = np.full((len(atoms), 3), force_eV_A)
        return Evaluation(energy_eV * len(atoms), forces, np.full(6, stress_eV_A3))

    return evaluate


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", [lambda e: {"energy_eV": 1 + e}, lambda e: {"force_eV_A": e}])
def test_errors_below_the_tolerance_pass_and_above_do_not(dtype: str, make: Callable) -> None:
    by_energy = "energy_eV" in make(0.0)
    tolerances = TOLERANCES[dtype]
    tolerance = tolerances.energy_eV if by_energy else tolerances.force_eV_A
    for factor, passes in ((0.5, True), (2.0, False)):
        found = difference(
            constant(), constant(**make(factor * tolerance)), numbers=[29], dtype=dtype
        )
        assert (found is None) == passes


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            constant(energy_eV=1.1),
            "on a crystal the energy by 1.0e-01 eV an atom, more than 1e-06",
        ),
        (constant(force_eV_A=2e-5), "on a crystal the forces by 2.0e-05 eV/Å, more than 1e-05"),
        (  # 1.32 Å is copper's covalent radius; the volume an atom is d³ / √2
            constant(stress_eV_A3=0.1 * 2**0.5 / (2 * 1.32 * 1.05) ** 3),
            "on a crystal the virial by 1.0e-01 eV an atom, more than 1e-05",
        ),
        (constant(force_eV_A=np.nan), "on a crystal the forces by nan eV/Å, more than 1e-05"),
    ],
)
def test_what_differs_is_named(other: Evaluate, message: str) -> None:
    assert difference(constant(), other, numbers=[29], dtype="float32") == message


def test_probes_on_which_the_stock_model_is_out_of_its_depth_say_nothing() -> None:
    """There, rounding alone is above the tolerance: the two differ by a millionth of it."""
    spacings: list[float] = []

    def stock(atoms: Atoms) -> Evaluation:
        spacings.append(float(atoms.get_all_distances(mic=True)[0, 1]))
        return constant(stress_eV_A3=1000.0 if spacings[-1] < 2.0 else 0.1)(atoms)

    def fused(atoms: Atoms) -> Evaluation:
        return constant(stress_eV_A3=stock(atoms).stress_eV_A3[0] * (1.0 + 1e-6))(atoms)

    assert difference(stock, fused, numbers=[6], dtype="float32") is None
    assert spacings[0] < 2.0 < min(spacings[-2:])
    wrong = constant(stress_eV_A3=0.2)
    assert difference(stock, wrong, numbers=[6], dtype="float32") is not None
    hopeless = constant(stress_eV_A3=1000.0)
    assert difference(hopeless, wrong, numbers=[6], dtype="float32") is not None


def test_the_disturbed_probe_counts() -> None:
    def wrong_when_disturbed(atoms: Atoms) -> Evaluation:
        cubic = np.allclose(atoms.cell.array, np.diag(np.diag(atoms.cell.array)))
        return constant(energy_eV=1.0 if cubic else 2.0)(atoms)

    found = difference(constant(), wrong_when_disturbed, numbers=[29], dtype="float32")
    assert found is not None
    assert found.startswith("on a strained, rattled crystal the energy")
