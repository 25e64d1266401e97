"""Whole models on the fused kernels against their stock path."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.calculator import Calculator

from mlip_autopipec.calculators import sevennet
from mlip_autopipec.calculators.device import torch_state_kept
from mlip_autopipec.calculators.floor import floor_mace, floor_sevennet
from mlip_autopipec.calculators.fused.acceleration import accelerate_mace
from mlip_autopipec.calculators.fused.precision import InDouble
from mlip_autopipec.calculators.fused.sevennet import fuse_sevennet
from mlip_autopipec.calculators.fused.verification import GROWTH, probes, spacings_A
from mlip_autopipec.config.calculator import SevenNetConfig

pytestmark = [
    pytest.mark.model,
    # e3nn compiles its layers by torch.jit.script, which torch has deprecated,
    pytest.mark.filterwarnings(r"ignore:`torch\.jit\.:FutureWarning"),
    # and annotates attributes that torch.jit then does not look at.
    pytest.mark.filterwarnings("ignore:The TorchScript type system:UserWarning"),
]

# Two evaluations in single precision that differ in the order of their sums.
ENERGY_eV, FORCE_eV_A, STRESS_eV_A3 = 1e-6, 1e-5, 1e-6


def sevennet_pair(model: str, modal: str | None = None) -> tuple[Calculator, Calculator]:
    """Return a SevenNet calculator, stock and accelerated."""
    stock, fused = (
        sevennet.build(
            SevenNetConfig(model=model, modal=modal, device="cpu", accelerate=accelerate)
        )
        for accelerate in ("off", "auto")
    )
    return stock, fused


def assert_equal(stock: Calculator, fused: Calculator, atoms: Atoms, scale: float = 1.0) -> None:
    """Compare energy, forces and stress, and see that the fused kernels ran."""
    results = []
    for calculator in (stock, fused):
        own = atoms.copy()
        own.calc = calculator
        periodic = atoms.cell.rank == 3
        stress = own.get_stress() if periodic else np.zeros(6)
        results.append((own.get_potential_energy() / len(own), own.get_forces(), stress))
    assert fused.acceleration.report.accelerated, fused.acceleration.report.reason
    (energy, forces, stress), (own_energy, own_forces, own_stress) = results
    assert own_energy == pytest.approx(energy, abs=ENERGY_eV * scale)
    np.testing.assert_allclose(own_forces, forces, atol=FORCE_eV_A * scale)
    np.testing.assert_allclose(own_stress, stress, atol=STRESS_eV_A3 * scale)


@pytest.fixture(scope="module")
def sevennet_0() -> tuple[Calculator, Calculator]:
    return sevennet_pair("7net-0")


@pytest.mark.parametrize(
    ("model", "modal"), [("7net-0", None), ("7net-l3i5", None), ("7net-mf-0", "PBE")]
)
def test_sevennet(model: str, modal: str | None, alloy: Atoms) -> None:
    assert_equal(*sevennet_pair(model, modal), alloy)


@pytest.mark.parametrize("symbols", ["MgO", "HCNO", "LiF", "HCs", "H2", "N2"])
def test_oxides_and_molecules_are_accelerated(symbols: str) -> None:
    """On crystals as dense as metals, the stock model gives up to 1e7 eV an atom for some."""
    _, fused = sevennet_pair("7net-0")
    atoms = Atoms(symbols, calculator=fused)
    atoms.positions = 2.2 * np.arange(len(atoms))[:, None] * [1.0, 0.0, 0.0]
    atoms.get_potential_energy()
    assert fused.acceleration.report.accelerated, fused.acceleration.report.reason


def test_on_dense_nitrogen_it_is_the_stock_model_that_rounds() -> None:
    """Against the stock model in double precision: 1.7e-6 eV an atom, and 0.2e-6 of the fused."""
    stock, fused = sevennet_pair("7net-0")
    numbers = [7]
    atoms, _ = probes(numbers, next(spacings_A(numbers)) * GROWTH**4)
    energies = []
    for calculator in (stock, fused):
        own = Atoms(atoms, calculator=calculator)
        energies.append(own.get_potential_energy() / len(own))
    reason = "equal to the stock model in double precision on probes of N"
    assert fused.acceleration.report.reason == reason
    stock.model = InDouble(stock.model)
    stock.reset()
    exact = Atoms(atoms, calculator=stock).get_potential_energy() / len(atoms)
    assert abs(energies[1] - exact) < ENERGY_eV < abs(energies[0] - exact)


@pytest.mark.parametrize("model", ["7net-0", "7net-mf-0"])
def test_in_double_precision_the_two_are_equal(model: str, alloy: Atoms) -> None:
    """All that is left of their difference is rounding."""
    stock, _ = sevennet_pair(model, "PBE" if model == "7net-mf-0" else None)
    exact = InDouble(stock.model)
    single = stock.model
    energies = []
    for own in (single, exact, InDouble(fuse_sevennet(exact.model, stock.modal))):
        stock.model = own
        stock.reset()
        energies.append(Atoms(alloy, calculator=stock).get_potential_energy() / len(alloy))
    assert energies[1] == pytest.approx(energies[0], abs=ENERGY_eV)
    assert energies[2] == pytest.approx(energies[1], abs=1e-12)


@pytest.mark.parametrize(
    "atoms",
    [
        Atoms("Cu", positions=[[0, 0, 0]], cell=[2.4, 2.5, 2.6], pbc=True),
        Atoms("Cu", positions=[[0, 0, 0]], cell=[30, 30, 30], pbc=True),
        Atoms("CuAu", positions=[[0, 0, 0], [12, 0, 0]]),
        molecule("C2H6"),
        bulk("NaCl", "rocksalt", a=5.6),
    ],
    ids=["one atom in a small cell", "isolated", "far apart", "molecule", "two ions"],
)
def test_sevennet_on_small_systems(sevennet_0: tuple[Calculator, Calculator], atoms: Atoms) -> None:
    assert_equal(*sevennet_0, atoms)


def test_edges_shorter_than_the_tables_use_the_network(
    sevennet_0: tuple[Calculator, Calculator],
) -> None:
    """At 0.15 Å the forces are huge: they are compared in single precision's own terms."""
    stock, fused = sevennet_0
    atoms = Atoms("Cu2", positions=[[0, 0, 0], [0.15, 0, 0]])
    forces = []
    for calculator in (stock, fused):
        atoms.calc = calculator
        forces.append(atoms.get_forces())
    np.testing.assert_allclose(forces[1], forces[0], rtol=1e-3, atol=1e-3 * abs(forces[0]).max())


def test_forces_are_the_derivative_of_the_energy(
    sevennet_0: tuple[Calculator, Calculator], alloy: Atoms
) -> None:
    """Central differences; the energy's rounding, 1e-5 eV in single precision, is the limit."""
    alloy.calc = sevennet_0[1]
    forces = alloy.get_forces()
    step_A = 0.02
    energies = []
    for sign in (1, -1):
        moved = alloy.copy()
        moved.calc = sevennet_0[1]
        moved.positions[2, 1] += sign * step_A
        energies.append(moved.get_potential_energy())
    assert forces[2, 1] == pytest.approx(-(energies[0] - energies[1]) / (2 * step_A), abs=5e-3)


def test_a_floor_is_kept(alloy: Atoms) -> None:
    """The same floor is under both models."""
    stock, fused = sevennet_pair("7net-0")
    for calculator in (stock, fused):
        floor_sevennet(calculator, {"Cu-Cu": 2.7, "Au-Cu": 2.7, "Au-Au": 2.7})
    assert_equal(stock, fused, alloy)
    assert fused.distance_floor.acted


def mace_model(**settings: Any) -> Any:  # noqa: ANN401 - a torch module
    """Return a small MACE model with random weights."""
    from e3nn import o3  # noqa: PLC0415 - slow to import
    from mace import modules  # noqa: PLC0415 - slow to import

    torch.manual_seed(1)
    heads = settings.pop("heads", ["Default"])
    several = len(heads) > 1
    first, rest = (
        modules.interaction_classes[f"RealAgnostic{settings.pop(name, 'Residual')}InteractionBlock"]
        for name in ("first", "rest")
    )
    defaults = {
        "r_max": 4.0,
        "num_bessel": 8,
        "num_polynomial_cutoff": 5,
        "max_ell": 2,
        "interaction_cls_first": first,
        "interaction_cls": rest,
        "num_interactions": 2,
        "num_elements": 2,
        "hidden_irreps": o3.Irreps(settings.pop("hidden", "8x0e+8x1o")),
        "MLP_irreps": o3.Irreps("4x0e"),
        "atomic_energies": np.zeros((len(heads), 2)) if several else np.zeros(2),
        "avg_num_neighbors": 12.0,
        "atomic_numbers": [29, 79],
        "correlation": 3,
        "gate": torch.nn.functional.silu,
        "heads": heads,
        "atomic_inter_scale": [2.0] * len(heads) if several else 2.0,
        "atomic_inter_shift": [0.1, 0.2] if several else 0.1,
    }
    return modules.ScaleShiftMACE(**{**defaults, **settings})


@pytest.fixture
def mace_pair() -> Callable[..., tuple[Calculator, Calculator]]:
    def make(*, dtype: str = "float64", head: str | None = None, **settings: Any) -> Any:  # noqa: ANN401
        from mace.calculators import MACECalculator  # noqa: PLC0415 - slow to import

        chosen = {} if head is None else {"head": head}
        with torch_state_kept():
            torch.set_default_dtype(torch.float64)
            stock, fused = (
                MACECalculator(
                    models=mace_model(**settings), device="cpu", default_dtype=dtype, **chosen
                )
                for _ in range(2)
            )
        accelerate_mace(fused)
        return stock, fused

    return make


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden": "8x0e"},
        {"hidden": "8x0e+8x1o", "max_ell": 3},
        {"first": "", "correlation": 2},
        {"first": "Density", "rest": "DensityResidual"},
        {"distance_transform": "Agnesi"},
        {"distance_transform": "Soft", "apply_cutoff": False, "rest": "DensityResidual"},
        {"heads": ["one", "two"], "head": "two"},
        {"pair_repulsion": True, "use_agnostic_product": True},
    ],
    ids=[
        "one irrep",
        "two irreps",
        "not residual",
        "density",
        "tables of pairs",
        "cutoff apart",
        "heads",
        "repulsion",
    ],
)
def test_mace_in_double_precision(
    mace_pair: Callable[..., tuple[Calculator, Calculator]],
    settings: dict[str, Any],
    alloy: Atoms,
) -> None:
    with torch_state_kept():
        assert_equal(*mace_pair(**settings), alloy, scale=1e-5)


def test_mace_in_single_precision(
    mace_pair: Callable[..., tuple[Calculator, Calculator]], alloy: Atoms
) -> None:
    with torch_state_kept():
        assert_equal(*mace_pair(dtype="float32"), alloy)


def test_mace_with_a_floor(
    mace_pair: Callable[..., tuple[Calculator, Calculator]], alloy: Atoms
) -> None:
    with torch_state_kept():
        stock, fused = mace_pair()
        for calculator in (stock, fused):
            floor_mace(calculator, {"Cu-Cu": 2.7, "Au-Cu": 2.7, "Au-Au": 2.7})
        assert_equal(stock, fused, alloy, scale=1e-5)
        assert fused.distance_floor.acted


def test_mace_with_an_interaction_that_is_not_known(
    mace_pair: Callable[..., tuple[Calculator, Calculator]], alloy: Atoms
) -> None:
    with torch_state_kept():
        _, fused = mace_pair(rest="AttResidual")
        alloy.calc = fused
        alloy.get_forces()
    assert fused.acceleration.report.reason == (
        "an interaction is RealAgnosticAttResidualInteractionBlock"
    )
