"""The weights of an edge as tabulated functions of its length.

A radial network gives hundreds of weights for each edge and layer, and its matrix products cost
more than the convolution itself; but each weight is a smooth function of one distance. They are
tabulated as quintic splines in double precision, finely enough that the difference lies below the
rounding of the network in the precision it runs in. Forces are the exact derivative of the splines.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.interpolate import BSpline
from scipy.sparse.linalg import splu

from mlip_autopipec.calculators.fused.report import UnsupportedLayerError
from mlip_autopipec.calculators.fused.spline import N_PIECE_COLUMNS, ORDER

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Weights = Callable[[torch.Tensor], torch.Tensor]

# Largest error, relative to the largest weight. Rounding in a network of three layers is about ten
# times the precision, 1e-6 and 1e-15; the slope's error is larger by some tens an Ångström.
TOLERANCES = {torch.float32: 1e-8, torch.float64: 3e-13}
COARSEST_STEPS_PER_A = 8
FINEST_STEPS_PER_A = 1024

# Edges are hardly ever shorter than the second, and the functions vary most below it: what lies
# between has steps of its own.
MIN_LENGTH_A = 0.2
SHORT_LENGTH_A = 0.7

# Where the error is looked for, as fractions of a step.
PROBES = (0.21, 0.5, 0.83)


@dataclass(frozen=True, slots=True, eq=False)
class RadialTable:
    """Splines of an edge's weights over its length (see `spline`).

    Attributes:
        coefficients: Table after table, ``(n_tables * n_rows, n_weights)``.
        differences: Of each coefficient to the next one, likewise.
        pieces: Of which each table is made, one row each.
        n_rows: Rows of a table.
        error: Largest error found, relative to the largest weight of the piece.
    """

    coefficients: Array
    differences: Array
    pieces: Floats
    n_rows: int
    error: float


def tabulate(
    functions: Sequence[Weights],
    breaks_A: Sequence[float],
    factors: Floats,
    dtype: torch.dtype,
) -> RadialTable:
    """Tabulate functions of a length that give all weights of an edge.

    Args:
        functions: One a table; each takes lengths ``(n,)`` in double precision and returns weights
            ``(n, n_weights)``.
        breaks_A: Where the functions are less than four times differentiable, and where they end.
        factors: What each weight is multiplied by, ``(n_weights,)``.
        dtype: Precision that the tables are for.

    Raises:
        UnsupportedLayerError: The functions are not smooth enough.
    """
    ends = sorted({MIN_LENGTH_A, SHORT_LENGTH_A, *breaks_A})
    coefficients: list[list[Floats]] = [[] for _ in functions]
    pieces: list[tuple[float, float, int, int]] = []
    error = 0.0
    for start, end in pairwise(ends):
        fits, n_steps, worst = _refine(functions, start, end, TOLERANCES[dtype])
        pieces.append((start, n_steps / (end - start), n_steps, sum(map(len, coefficients[0]))))
        for own, fit in zip(coefficients, fits, strict=True):
            own.append(fit)
        error = max(error, worst)
    kind = np.float32 if dtype == torch.float32 else np.float64
    rows = factors * np.concatenate([np.concatenate(own) for own in coefficients])
    return RadialTable(
        coefficients=rows.astype(kind),
        differences=np.diff(rows, axis=0, append=0.0).astype(kind),
        pieces=np.array(pieces, dtype=np.float64).reshape(-1, N_PIECE_COLUMNS),
        n_rows=len(rows) // len(functions),
        error=error,
    )


def _refine(
    functions: Sequence[Weights], start: float, end: float, tolerance: float
) -> tuple[list[Floats], int, float]:
    """Return coefficients of one piece for each function, the number of steps, and the error."""
    steps_per_A = COARSEST_STEPS_PER_A
    while True:
        n_steps = max(ORDER, int(np.ceil((end - start) * steps_per_A)))
        fits, errors = zip(
            *(_fit(function, start, end, n_steps) for function in functions), strict=True
        )
        if max(errors) <= tolerance:
            return list(fits), n_steps, max(errors)
        steps_per_A *= 2
        if steps_per_A > FINEST_STEPS_PER_A:
            message = (
                f"the radial functions differ from splines by {max(errors):.1e} between {start:g} "
                f"and {end:g} Å, more than {tolerance:.0e}"
            )
            raise UnsupportedLayerError(message)


def _fit(function: Weights, start: float, end: float, n_steps: int) -> tuple[Floats, float]:
    """Interpolate on one piece; return the coefficients and the relative error in between."""
    step = (end - start) / n_steps
    knots = start + step * np.arange(1 - ORDER, n_steps + ORDER)
    points = start + step * _collocation_points(n_steps)
    design = BSpline.design_matrix(points, knots, ORDER - 1, extrapolate=True)
    coefficients: Floats = splu(design.tocsc()).solve(_evaluate(function, points))
    probes = start + step * np.add.outer(np.arange(n_steps), PROBES).ravel()
    expected = _evaluate(function, probes)
    error = float(np.abs(BSpline(knots, coefficients, ORDER - 1)(probes) - expected).max())
    largest = float(np.abs(expected).max())
    return coefficients, error / largest if largest > 0.0 else error


def _collocation_points(n_steps: int) -> Floats:
    """Return as many points, in steps, as there are coefficients: two more at each end."""
    halves = np.array([0.5, 1.5])
    return np.sort(np.concatenate([np.arange(n_steps + 1.0), halves, n_steps - halves]))


def _evaluate(function: Weights, lengths_A: Floats) -> Floats:
    """Evaluate all weights at lengths."""
    with torch.no_grad():
        values: Floats = function(torch.from_numpy(lengths_A)).numpy()
    return values
