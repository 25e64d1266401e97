"""Compiled functions run wherever they are installed."""

import math
from collections.abc import Callable

import numba
import pytest

from mlip_autopipec.calculators.compiled import compiled


def root(number: float) -> float:
    return math.sqrt(number)


def test_a_compiled_function_gives_what_python_gives() -> None:
    assert compiled(root)(2.0) == math.sqrt(2.0)


def test_without_a_place_for_machine_code_it_is_compiled_for_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    njit = numba.njit

    def no_place(
        function: Callable[[float], float], *, cache: bool = False, error_model: str
    ) -> Callable[[float], float]:
        if cache:
            message = "cannot cache function 'root': no locator available for file"
            raise RuntimeError(message)  # what numba raises where it may not write
        result: Callable[[float], float] = njit(function, error_model=error_model)
        return result

    monkeypatch.setattr(numba, "njit", no_place)
    assert compiled(root)(2.0) == math.sqrt(2.0)


def test_division_by_zero_gives_an_infinity() -> None:
    def inverse(number: float) -> float:
        return 1.0 / number

    assert compiled(inverse)(0.0) == math.inf
