"""Exponents are those of power laws, and the script goes through in its quick form."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import scaling


def test_a_power_law_has_its_exponent() -> None:
    sizes = [1.0, 10.0, 100.0]
    fit = scaling.exponent(sizes, [2.0 * n**1.5 for n in sizes])
    assert fit.value == pytest.approx(1.5)
    assert fit.error == pytest.approx(0.0, abs=1e-7)


def test_the_standard_error_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(1)
    sizes = list(np.geomspace(10, 1000, 8))
    costs = [n * np.exp(rng.normal(scale=0.1)) for n in sizes]
    (slope, _), covariance = np.polyfit(np.log(sizes), np.log(costs), 1, cov=True)
    fit = scaling.exponent(sizes, costs)
    assert fit.value == pytest.approx(slope)
    assert fit.error == pytest.approx(np.sqrt(covariance[0, 0]))


def test_two_sizes_say_nothing_of_the_error_and_one_says_nothing() -> None:
    assert scaling.exponent([1.0, 2.0], [1.0, 2.0]).error == float("inf")
    with pytest.raises(ValueError, match="takes two sizes"):
        scaling.exponent([1.0], [1.0])


def test_the_second_line_is_drawn_through_the_larger_sizes() -> None:
    found = {"sizes": [1, 10, 100, 1000, 10000], "costs": [5.0, 5.0, 10.0, 100.0, 1000.0]}
    every, large = scaling.fits(found)
    assert large.first == 100
    assert large.value == pytest.approx(1.0)
    assert every.value < large.value


def test_quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["scaling", "atoms", "structures", "frames", "--quick"]
    monkeypatch.setattr(sys, "argv", [*arguments, "--results", str(tmp_path)])
    scaling.main()
    document = json.loads((tmp_path / "measurements.json").read_text(encoding="utf-8"))
    curves = [curve for part in document["parts"].values() for curve in part["curves"]]
    assert len(curves) == 7
    for curve in curves:
        assert len(curve["sizes"]) == len(curve["costs"]) == 3
        assert min(curve["costs"]) > 0.0
    assert (tmp_path / "scaling.png").stat().st_size > 1000
    assert (tmp_path / "table.md").read_text(encoding="utf-8").count("| 1 |") == 7
