"""The choice between the stock model and its fused twin."""

import logging
from collections.abc import Callable, Sequence

import pytest
import torch
from ase import Atoms
from ase.calculators.lj import LennardJones

from mlip_autopipec.calculators.fused.acceleration import Acceleration, Package
from mlip_autopipec.calculators.fused.report import UnsupportedLayerError


class Model(torch.nn.Module):
    """Stands for a model: the well depth of a Lennard-Jones potential."""

    def __init__(self, epsilon_eV: float) -> None:
        super().__init__()
        self.epsilon = torch.nn.Parameter(torch.tensor(epsilon_eV, dtype=torch.float64))


class Calculator(LennardJones):
    """Stands for a model's calculator; counts its evaluations."""

    def __init__(self, *models: Model) -> None:
        super().__init__(sigma=2.3, rc=5.0)
        self.models = list(models)
        self.used: list[Model] = []

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: Sequence[str] = (),
    ) -> None:
        self.parameters.epsilon = float(self.models[0].epsilon.detach())
        self.used.append(self.models[0])
        super().calculate(atoms, properties or ["energy"], system_changes)


def accelerate(
    calculator: Calculator,
    fuse: Callable[[Model], Model],
    in_double: Callable[[Model], Model] | None = None,
) -> Acceleration:
    package = Package(
        models=lambda own: own.models,
        install=lambda own, model: setattr(own, "models", [model]),
        fuse=lambda _own, model: fuse(model),
        in_double=in_double,
    )
    acceleration = Acceleration(calculator, package)
    calculator.calculate = acceleration.calculate
    return acceleration


def test_an_equal_twin_is_used_and_compared_once_for_an_element(alloy: Atoms) -> None:
    stock, twin = Model(0.1), Model(0.1)
    calculator = Calculator(stock)
    acceleration = accelerate(calculator, lambda _model: twin)
    assert not acceleration.report.accelerated
    alloy.calc = calculator
    alloy.get_potential_energy()
    assert acceleration.report.accelerated
    assert acceleration.report.reason == "equal to the stock model on probes of Cu, Au"
    assert calculator.used == [stock, stock, twin, twin, twin]
    alloy.rattle(0.01)
    alloy.get_forces()
    alloy.numbers[:] = 29
    alloy.get_forces()
    assert calculator.used[5:] == [twin, twin]
    alloy.numbers[0] = 47
    alloy.get_forces()
    assert calculator.used[7:] == [stock, stock, twin, twin, twin]


def test_elements_that_will_be_met_are_compared_at_once(alloy: Atoms) -> None:
    stock, twin = Model(0.1), Model(0.1)
    calculator = Calculator(stock)
    acceleration = accelerate(calculator, lambda _model: twin)
    acceleration.expect([79, 29, 47])
    alloy.numbers[:] = 29
    alloy.calc = calculator
    alloy.get_potential_energy()
    assert acceleration.report.reason == "equal to the stock model on probes of Cu, Ag, Au"
    alloy.numbers[0] = 47
    alloy.get_potential_energy()
    assert calculator.used == [stock, stock, *[twin] * 4]


def test_a_different_twin_is_not_used_and_said_so(
    alloy: Atoms, caplog: pytest.LogCaptureFixture
) -> None:
    stock = Model(0.1)
    calculator = Calculator(stock)
    acceleration = accelerate(calculator, lambda _model: Model(0.1001))
    alloy.calc = calculator
    with caplog.at_level(logging.WARNING):
        energy = alloy.get_potential_energy()
    assert not acceleration.report.accelerated
    assert "on a crystal the energy by" in acceleration.report.reason
    assert acceleration.report.reason.endswith("(Cu, Au)")
    assert caplog.messages == [
        "The stock model runs, slower than the fused kernels would: " + acceleration.report.reason
    ]
    alloy.calc = Calculator(stock)
    assert alloy.get_potential_energy() == energy
    alloy.calc = calculator
    alloy.get_forces()
    assert calculator.used[-1] is stock


def test_a_twin_is_used_that_is_right_where_the_stock_model_rounds(alloy: Atoms) -> None:
    """In single precision; what is equal is said."""
    stock, twin = Model(0.1001).float(), Model(0.1).float()
    calculator = Calculator(stock)
    acceleration = accelerate(calculator, lambda _model: twin, lambda _model: Model(0.1))
    alloy.calc = calculator
    alloy.get_potential_energy()
    reason = "equal to the stock model in double precision on probes of Cu, Au"
    assert acceleration.report.accelerated
    assert acceleration.report.reason == reason
    assert calculator.used[-1] is twin


def stubborn(_model: Model) -> Model:
    message = "both inputs should have same dtype"
    raise RuntimeError(message)


@pytest.mark.parametrize(
    ("in_double", "single"),
    [
        (lambda _model: Model(0.1001), True),  # it is the twin that is wrong
        (stubborn, True),  # nothing is known
        (lambda _model: Model(0.1), False),  # the stock model computes in double precision itself
    ],
)
def test_a_wrong_twin_is_not_used(
    alloy: Atoms, in_double: Callable[[Model], Model], *, single: bool
) -> None:
    models = [Model(0.1001), Model(0.1)]
    stock, twin = (model.float() for model in models) if single else models
    calculator = Calculator(stock)
    acceleration = accelerate(calculator, lambda _model: twin, in_double)
    alloy.calc = calculator
    alloy.get_potential_energy()
    assert not acceleration.report.accelerated
    assert "on a crystal the energy by" in acceleration.report.reason
    assert calculator.used[-1] is stock


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UnsupportedLayerError("an interaction is Strange"), "an interaction is Strange"),
        (AttributeError("no", name="conv_tp"), "a layer has no conv_tp"),
    ],
)
def test_an_unknown_layer_leaves_the_stock_model(
    alloy: Atoms, error: Exception, reason: str
) -> None:
    def fuse(_model: Model) -> Model:
        raise error

    stock = Model(0.1)
    calculator = Calculator(stock)
    acceleration = accelerate(calculator, fuse)
    alloy.calc = calculator
    alloy.get_potential_energy()
    assert acceleration.report.reason == reason
    assert calculator.used == [stock]


def test_a_committee_keeps_its_models(alloy: Atoms) -> None:
    models = [Model(0.1), Model(0.2)]
    calculator = Calculator(*models)
    acceleration = accelerate(calculator, lambda model: model)
    alloy.calc = calculator
    alloy.get_potential_energy()
    assert acceleration.report.reason == "the calculator is a committee of models"
    assert calculator.models == models
