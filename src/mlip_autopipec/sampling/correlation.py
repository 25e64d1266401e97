"""How many of a trajectory's frames are independent, and where its stationary part begins."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

N_ORIGINS = 40  # starts of the stationary part that are tried
MIN_FRAMES = 8  # fewer say nothing about their correlation
TREND_DEGREE = 2  # of the energy as a polynomial in the temperature, along a ramp


@dataclass(frozen=True, slots=True)
class Correlation:
    """The correlation of a trajectory's energy.

    Attributes:
        burn_in: Number of frames before the stationary part.
        inefficiency: Statistical inefficiency of that part: frames for one independent sample.
        stride: The inefficiency rounded up: every ``stride``-th frame is an independent sample.
        n_independent: Number of independent samples of the stationary part.
    """

    burn_in: int
    inefficiency: float
    stride: int
    n_independent: float


def correlation(energies: Floats, temperatures: Floats) -> Correlation:
    """Detect burn-in and correlation of an energy that may follow a temperature ramp.

    The stationary part is the one with the most independent samples (Chodera 2016,
    https://doi.org/10.1021/acs.jctc.5b00784). Where the temperature changes, what is followed is
    the energy's deviation from a smooth function of it.

    Args:
        energies: One a frame, in the order of steps. Where one is not finite, nothing is dropped.
        temperatures: The thermostat's, likewise.
    """
    n_frames = len(energies)
    if n_frames < MIN_FRAMES or not np.isfinite(energies).all():
        return Correlation(0, 1.0, 1, float(n_frames))
    series = without_trend(energies, temperatures)
    origins = np.unique(np.linspace(0, n_frames // 2, N_ORIGINS).astype(int))
    values = [statistical_inefficiency(series[origin:]) for origin in origins]
    independent = [
        (n_frames - origin) / value for origin, value in zip(origins, values, strict=True)
    ]
    best = int(np.argmax(independent))
    return Correlation(
        int(origins[best]), values[best], int(np.ceil(values[best])), independent[best]
    )


def without_trend(energies: Floats, temperatures: Floats) -> Floats:
    """Return energies without their smooth dependence on a changing temperature."""
    spread = np.ptp(temperatures)
    if not np.isfinite(spread) or spread == 0.0:
        return np.asarray(energies - energies.mean())
    scaled = (temperatures - temperatures.mean()) / spread
    trend = np.polynomial.Polynomial.fit(scaled, energies, deg=TREND_DEGREE)
    deviation: Floats = energies - trend(scaled)
    return deviation


def statistical_inefficiency(series: Floats) -> float:
    """Return ``g = 1 + 2 Σ (1 - t/N) C(t)``, with the sum up to the first zero of ``C``.

    The variance of the mean of ``N`` values is ``g`` times that of ``N`` independent ones
    (Chodera et al. 2007, https://doi.org/10.1021/ct0502864). A series that never changes counts as
    one sample.

    Args:
        series: Values at equal intervals, shape ``(N,)``.

    Example:
        >>> alternating = np.array([1.0, -1.0] * 50)
        >>> statistical_inefficiency(alternating)
        1.0
    """
    n = len(series)
    deviation = series - series.mean()
    spectrum = np.fft.rfft(deviation, 2 * n)
    covariance = np.fft.irfft(spectrum * spectrum.conj(), 2 * n)[:n] / n
    rounding = n * np.finfo(float).eps * max(float(np.abs(series).max()), 0.0) ** 2
    if covariance[0] <= rounding:
        return float(n)
    # The estimate at lag t has n - t terms; its mean, not its sum over n, is the correlation.
    lags = np.arange(n)
    coefficients = covariance / covariance[0] * n / (n - lags)
    below = np.flatnonzero(coefficients <= 0.0)
    end = int(below[0]) if len(below) else n
    weights = 1.0 - lags[1:end] / n
    return max(1.0, float(1.0 + 2.0 * np.sum(weights * coefficients[1:end])))
