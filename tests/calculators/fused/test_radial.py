"""Tabulated radial functions."""

import numpy as np
import pytest
import torch

from mlip_autopipec.calculators.fused.radial import MIN_LENGTH_A, RadialTable, tabulate
from mlip_autopipec.calculators.fused.report import UnsupportedLayerError
from mlip_autopipec.calculators.fused.spline import locate, slope_basis, value_basis

CUTOFF_A = 5.0


def waves(lengths: torch.Tensor) -> torch.Tensor:
    """Two smooth functions with the wave numbers of a Bessel basis."""
    return torch.stack([torch.sin(3.0 * lengths), torch.cos(5.0 * lengths) / lengths], dim=1)


def evaluate(table: RadialTable, length_A: float) -> tuple[np.ndarray, np.ndarray]:
    """Return values and slopes, as the kernels form them."""
    row, place, steps_per_A = locate(table.pieces, length_A)
    differences = table.differences[row : row + 5]
    value = table.coefficients[row] + np.array(value_basis(place)) @ differences
    return value, steps_per_A * np.array(slope_basis(place)) @ differences


@pytest.mark.parametrize(
    # Slopes lose some tens, the wave number of a step, to the tolerance of the values.
    ("dtype", "value_error", "slope_error"),
    [(torch.float32, 1e-6, 1e-5), (torch.float64, 1e-12, 1e-10)],
)
def test_values_and_slopes_are_those_of_the_functions(
    dtype: torch.dtype, value_error: float, slope_error: float
) -> None:
    table = tabulate([waves], [CUTOFF_A], np.ones(2), dtype)
    for length in np.linspace(MIN_LENGTH_A, CUTOFF_A, 97):
        value, slope = evaluate(table, length)
        exact = [np.sin(3 * length), np.cos(5 * length) / length]
        exact_slope = [
            3 * np.cos(3 * length),
            -5 * np.sin(5 * length) / length - np.cos(5 * length) / length**2,
        ]
        scale = max(1.0, 1.0 / length**2)
        np.testing.assert_allclose(value, exact, atol=value_error * scale)
        np.testing.assert_allclose(slope, exact_slope, atol=slope_error * scale)


def test_a_break_is_kept() -> None:
    """An XPLOR cutoff has a jump in its second derivative where it begins."""

    def switched(lengths: torch.Tensor) -> torch.Tensor:
        return torch.where(lengths < 4.5, 1.0, 1.0 - (lengths - 4.5) ** 2).view(-1, 1)

    table = tabulate([switched], [4.5, CUTOFF_A], np.ones(1), torch.float64)
    for length in (4.4, 4.4999, 4.5, 4.5001, 4.9):
        expected = 1.0 if length < 4.5 else 1.0 - (length - 4.5) ** 2
        assert evaluate(table, length)[0] == pytest.approx([expected], abs=1e-12)


def test_each_weight_has_its_factor_and_each_function_its_table() -> None:
    factors = np.array([2.0, -3.0])
    plain = tabulate([waves], [CUTOFF_A], np.ones(2), torch.float64)
    both = tabulate([waves, lambda lengths: 2 * waves(lengths)], [CUTOFF_A], factors, torch.float64)
    assert both.n_rows == plain.n_rows
    first, second = np.split(both.coefficients, 2)
    # The same functions, fitted again: equal to the last bit but for the factors' products.
    np.testing.assert_allclose(first, plain.coefficients * factors, rtol=1e-15)
    np.testing.assert_allclose(second, plain.coefficients * factors * 2, rtol=1e-12)


def test_what_is_not_smooth_is_refused() -> None:
    def kink(lengths: torch.Tensor) -> torch.Tensor:
        return (lengths - 3.1234).abs().view(-1, 1)

    with pytest.raises(UnsupportedLayerError, match="the radial functions differ from splines"):
        tabulate([kink], [CUTOFF_A], np.ones(1), torch.float32)


def test_the_place_of_nan_is_nan() -> None:
    row, place, _ = locate(np.array([[0.2, 10.0, 48.0, 0.0]]), np.nan)
    assert row == 0
    assert np.isnan(place)
