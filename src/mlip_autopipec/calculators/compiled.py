"""Machine code from Python functions, kept on disk where there is a place for it."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def compiled(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile a function of numbers and arrays with numba, in nopython mode.

    The machine code is kept between processes: in ``NUMBA_CACHE_DIR`` if that is set, else beside
    the source, else in the user's cache directory. Where none of them can be written it is made
    anew in each process. Division by zero gives an infinity or NaN, as in numpy.
    """
    try:
        machine_code: Callable[Parameters, Result] = numba.njit(
            function, cache=True, error_model="numpy"
        )
    except RuntimeError:  # numba found no place that it may write to
        machine_code = numba.njit(function, error_model="numpy")
    return machine_code
