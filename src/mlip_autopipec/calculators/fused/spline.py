"""Uniform quintic B-splines of many functions at once, as compiled code.

Within a step, at the place ``f`` in [0, 1], a spline is the sum of six coefficients ``c`` weighted
by the basis functions. Here the sum is taken apart into the first coefficient and the differences
``d`` between neighbours: ``c[0] + sum_j d[j] s_j(f)``, where ``s_j`` is the sum of the basis
functions after the ``j``-th. The slope is ``sum_j d[j] b_j(f)`` with the quartic basis functions
``b_j``: no small difference of large numbers, so that it is as precise as the differences are.

A table has a row of coefficients and a row of differences, one value for each function, for each
coefficient. A piece of ``n`` steps has ``n + 5`` of them and is four times differentiable.
"""

from typing import Any

import numpy.typing as npt

from mlip_autopipec.calculators.fused.compilation import inlined

Array = npt.NDArray[Any]
Five = tuple[float, float, float, float, float]

ORDER = 6

# Columns of a piece: where it begins, its steps an Ångström, their number, its first row.
START, INVERSE_STEP, N_STEPS, FIRST_ROW, N_PIECE_COLUMNS = range(5)


@inlined
def locate(pieces: Array, distance: float) -> tuple[int, float, float]:
    """Return the first row of a distance, its place within the step, and the steps an Ångström.

    What lies outside belongs to the nearest step; the place of NaN is NaN.
    """
    piece = pieces[0]
    for index in range(1, pieces.shape[0]):
        if distance >= pieces[index, START]:
            piece = pieces[index]
    position = (distance - piece[START]) * piece[INVERSE_STEP]
    step = 0
    if position > 0.0:
        step = int(min(position, piece[N_STEPS] - 1.0))
    return int(piece[FIRST_ROW]) + step, position - step, piece[INVERSE_STEP]


@inlined
def value_basis(f: float) -> Five:
    """Return what the differences contribute to the value, at a place within a step."""
    g = 1.0 - f
    f2, g2 = f * f, g * g
    f3, g3 = f2 * f, g2 * g
    f4, g4 = f2 * f2, g2 * g2
    f5, g5 = f4 * f, g4 * g
    last = f5 / 120.0
    fourth = (1.0 + 5.0 * f + 10.0 * f2 + 10.0 * f3 + 5.0 * f4 - 5.0 * f5) / 120.0
    third = (26.0 + 50.0 * f + 20.0 * f2 - 20.0 * f3 - 20.0 * f4 + 10.0 * f5) / 120.0
    second = (26.0 + 50.0 * g + 20.0 * g2 - 20.0 * g3 - 20.0 * g4 + 10.0 * g5) / 120.0
    return (
        1.0 - g5 / 120.0,
        last + fourth + third + second,
        last + fourth + third,
        last + fourth,
        last,
    )


@inlined
def slope_basis(f: float) -> Five:
    """Return what the differences contribute to the slope: the quartic basis functions."""
    g = 1.0 - f
    f2, g2 = f * f, g * g
    f3, g3 = f2 * f, g2 * g
    f4, g4 = f2 * f2, g2 * g2
    return (
        g4 / 24.0,
        (1.0 + 4.0 * g + 6.0 * g2 + 4.0 * g3 - 4.0 * g4) / 24.0,
        (11.0 + 12.0 * f - 6.0 * f2 - 12.0 * f3 + 6.0 * f4) / 24.0,
        (1.0 + 4.0 * f + 6.0 * f2 + 4.0 * f3 - 4.0 * f4) / 24.0,
        f4 / 24.0,
    )
