"""The choice between a stock model and its fused twin, made for the elements that are met."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.data import chemical_symbols

from mlip_autopipec.calculators.device import torch_state_kept
from mlip_autopipec.calculators.fused.report import AccelerationReport, UnsupportedLayerError
from mlip_autopipec.calculators.fused.verification import Evaluation, difference

logger = logging.getLogger(__name__)

Model = Any  # a torch module
Calculate = Callable[[Atoms | None, list[str] | None, list[str]], None]


@dataclass(frozen=True, slots=True)
class Package:
    """How a model package's calculator holds its model.

    Attributes:
        models: Returns the models of a calculator.
        install: Puts one model in their place.
        fuse: Returns the fused twin of a calculator's model.
        in_double: Returns a model that computes what a model does in double precision; None where
            there is no such thing.
    """

    models: Callable[[Any], list[Model]]
    install: Callable[[Any, Model], None]
    fuse: Callable[[Any, Model], Model]
    in_double: Callable[[Model], Model] | None = None


class Acceleration:
    """A calculator's stock model and its fused twin, which is used once it has been found equal.

    The twin is made when something is calculated for the first time, and compared with the stock
    model whenever elements are met that it has not been compared for. Where they differ by more
    than they may, it is compared with the stock model in double precision: the rounding may be the
    stock model's own.

    Attributes:
        report: Whether the twin is used, and why.
    """

    def __init__(self, calculator: Calculator, package: Package) -> None:
        """Begin with the stock model.

        Args:
            calculator: Its model is replaced; its ``calculate`` is this one's.
            package: The package that it comes from.
        """
        self.report = AccelerationReport(accelerated=False, reason="nothing calculated yet")
        self._calculator = calculator
        self._package = package
        self._stock_calculate: Calculate = calculator.calculate
        self._stock: Model | None = None
        self._fused: Model | None = None
        self._expected: set[int] = set()
        self._verified: set[int] = set()

    def expect(self, numbers: Iterable[int]) -> None:
        """Name elements that will be met, by atomic number: all are compared at the first call."""
        self._expected.update(numbers)

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Calculate as the calculator does, with the model that is right for the elements."""
        if self._stock is None:
            self._begin()
        if self._fused is not None and atoms is not None:
            numbers = set(atoms.numbers.tolist())
            if not numbers <= self._verified:
                self._compare(numbers | self._verified | self._expected)
        self._stock_calculate(atoms, properties, system_changes)

    def _begin(self) -> None:
        """Make the twin; where that fails, go on with the stock model."""
        models = self._package.models(self._calculator)
        self._stock = models[0]
        if len(models) > 1:
            self._give_up("the calculator is a committee of models", install=False)
            return
        try:
            with torch_state_kept():
                self._fused = self._package.fuse(self._calculator, self._stock)
        except UnsupportedLayerError as error:
            self._give_up(str(error))
        except AttributeError as error:  # a model that another version of its package has saved
            self._give_up(f"a layer has no {error.name}")

    def _compare(self, numbers: set[int]) -> None:
        """Compare the two models on probes; fall back on the stock one if they differ."""
        symbols = ", ".join(chemical_symbols[number] for number in sorted(numbers))
        dtype = str(next(self._stock.parameters()).dtype).removeprefix("torch.")  # type: ignore[union-attr]
        equal_to = "the stock model"
        try:
            found = self._difference(self._stock, numbers, dtype)
            if found is not None and dtype == "float32" and self._is_right(numbers):
                found, equal_to = None, "the stock model in double precision"
        except UnsupportedLayerError as error:
            found = str(error)
        if found is not None:
            self._give_up(f"{found} ({symbols})")
            return
        self._verified = set(numbers)
        self._package.install(self._calculator, self._fused)
        reason = f"equal to {equal_to} on probes of {symbols}"
        self.report = AccelerationReport(accelerated=True, reason=reason)

    def _difference(self, model: Model, numbers: set[int], dtype: str) -> str | None:
        """Compare the twin with a model; return what differs, or None."""
        return difference(
            lambda atoms: self._evaluate(model, atoms),
            lambda atoms: self._evaluate(self._fused, atoms),
            numbers=sorted(numbers),
            dtype=dtype,
        )

    def _is_right(self, numbers: set[int]) -> bool:
        """Say whether the twin, in single precision, is near enough to double precision.

        A model that cannot be evaluated in double precision decides nothing.
        """
        if self._package.in_double is None:
            return False
        try:
            exact = self._package.in_double(self._stock)
            return self._difference(exact, numbers, "float32") is None
        except RuntimeError:  # torch's, of a layer into which single precision is written
            return False

    def _evaluate(self, model: Model, atoms: Atoms) -> Evaluation:
        """Evaluate a structure with a model."""
        self._package.install(self._calculator, model)
        self._stock_calculate(atoms, None, all_changes)
        results = self._calculator.results
        forces, stress = np.array(results["forces"]), np.array(results["stress"])
        return Evaluation(float(results["energy"]), forces, stress)

    def _give_up(self, reason: str, *, install: bool = True) -> None:
        """Go on with the stock model, which is put back unless it never left."""
        self._fused = None
        if install:
            self._package.install(self._calculator, self._stock)
        self.report = AccelerationReport(accelerated=False, reason=reason)
        logger.warning("The stock model runs, slower than the fused kernels would: %s", reason)


def accelerate_sevennet(calculator: Calculator) -> Acceleration:
    """Have SevenNet's calculator run on the fused kernels where they give the same results.

    Args:
        calculator: On the CPU.
    """
    from mlip_autopipec.calculators.fused.precision import InDouble  # noqa: PLC0415 - imports torch
    from mlip_autopipec.calculators.fused.sevennet import (  # noqa: PLC0415 - imports torch
        fuse_sevennet,
    )

    package = Package(
        models=lambda own: [own.model],
        install=lambda own, model: setattr(own, "model", model),
        fuse=lambda own, model: fuse_sevennet(model, own.modal),
        in_double=InDouble,
    )
    return _accelerate(calculator, package)


def accelerate_mace(calculator: Calculator) -> Acceleration:
    """Have MACE's calculator run on the fused kernels where they give the same results.

    Args:
        calculator: On the CPU.
    """
    from mlip_autopipec.calculators.fused.mace import fuse_mace  # noqa: PLC0415 - imports torch

    package = Package(
        models=lambda own: list(own.models),
        install=lambda own, model: setattr(own, "models", [model]),
        fuse=lambda _own, model: fuse_mace(model),
    )
    return _accelerate(calculator, package)


def _accelerate(calculator: Calculator, package: Package) -> Acceleration:
    """Put an acceleration before the calculator's own ``calculate``."""
    acceleration = Acceleration(calculator, package)
    calculator.calculate = acceleration.calculate
    calculator.acceleration = acceleration
    return acceleration
