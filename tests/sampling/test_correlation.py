"""Statistical inefficiency and burn-in against closed forms."""

import numpy as np
import numpy.typing as npt
import pytest

from mlip_autopipec.sampling.correlation import correlation, statistical_inefficiency

N = 20_000


def autoregressive(memory: float, n: int, seed: int) -> npt.NDArray[np.float64]:
    """Return x(t+1) = a x(t) + noise, with correlation a**t and unit variance."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=n) * np.sqrt(1 - memory**2)
    series = np.empty(n)
    series[0] = rng.normal()
    for t in range(1, n):
        series[t] = memory * series[t - 1] + noise[t]
    return series


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9, 0.98])
def test_inefficiency_of_an_autoregressive_series(memory: float) -> None:
    """The sum of a geometric series: g = (1 + a) / (1 - a)."""
    exact = (1 + memory) / (1 - memory)
    values = [statistical_inefficiency(autoregressive(memory, N, seed)) for seed in range(5)]
    # The relative error of one estimate is about sqrt(2 * window / N) with a window of a few g
    # lags: 14 % for g = 99; cutting the sum at the first zero biases it by a few per cent.
    assert np.isclose(np.mean(values), exact, rtol=0.15)


def test_a_series_that_never_changes_is_one_sample() -> None:
    assert statistical_inefficiency(np.full(50, -3.7)) == 50


def test_shift_and_scale_do_not_matter() -> None:
    series = autoregressive(0.9, 500, 1)
    expected = statistical_inefficiency(series)
    assert statistical_inefficiency(1e-3 * series - 4.0) == pytest.approx(expected, rel=1e-9)


def test_burn_in_is_found() -> None:
    """A decay of 20 standard deviations over 60 frames, then 540 stationary ones."""
    temperatures = np.full(600, 300.0)
    found = []
    for seed in range(10):
        series = autoregressive(0.5, 600, seed)
        series[:60] += np.linspace(20.0, 0.0, 60)
        found.append(correlation(series, temperatures).burn_in)
    # Origins are tried every 7 or 8 frames; the end of the decay is within the noise.
    assert 35 <= np.median(found) <= 90


def test_stationary_series_lose_little() -> None:
    lost = [
        correlation(autoregressive(0.5, 600, s), np.full(600, 300.0)).burn_in for s in range(10)
    ]
    assert np.median(lost) < 60


def test_a_temperature_ramp_is_no_burn_in() -> None:
    """Energy that follows the temperature is not a drift."""
    temperatures = np.linspace(300.0, 1200.0, 600)
    noise = autoregressive(0.5, 600, 3)
    result = correlation(0.1 * temperatures + 1e-5 * temperatures**2 + noise, temperatures)
    assert result.burn_in < 100
    assert result.inefficiency == pytest.approx(3.0, rel=0.5)  # (1 + a) / (1 - a), 600 frames
    assert result.stride == int(np.ceil(result.inefficiency))


def test_what_says_nothing_drops_nothing() -> None:
    for energies in (np.arange(4.0), np.array([1.0, np.nan] * 10)):
        result = correlation(energies, np.full(len(energies), 300.0))
        assert (result.burn_in, result.stride) == (0, 1)
