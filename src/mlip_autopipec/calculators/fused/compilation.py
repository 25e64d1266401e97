"""Machine code of the kernels: made once for a machine and kept in the user's cache folder."""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import numba
from filelock import FileLock

from mlip_autopipec.calculators.fused.lanes import FASTMATH

logger = logging.getLogger(__name__)

Function = TypeVar("Function", bound=Callable[..., Any])

# What machine code is made from.
SOURCES = (
    "compilation",
    "contraction_kernels",
    "kernels",
    "lanes",
    "plan",
    "spline",
    "terms",
    "tiles",
)

# Longer than any compilation, so that a worker waits for the one that compiles.
LOCK_TIMEOUT_S = 300.0


def cache_folder() -> Path | None:
    """Return the folder of the machine code, or None where none can be written.

    ``NUMBA_CACHE_DIR`` goes first, else it is in the user's cache folder. Its name holds a digest
    of the kernels' source, all files together: numba itself looks only at the file of the function
    that is called.
    """
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "mlip-autopipe"
    folder = Path(chosen or base) / f"kernels-{digest.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


@contextmanager
def _numba_cache_in(folder: Path) -> Iterator[None]:
    """Have numba keep the functions that are declared meanwhile in a folder."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def kernel(function: Function) -> Function:
    """Declare a kernel: a function that releases the interpreter's lock and is kept on disk.

    It is compiled by `compile_kernels`, not when it is called.
    """
    folder = cache_folder()
    with _numba_cache_in(folder) if folder is not None else nullcontext():
        declared: Function = numba.njit(
            cache=folder is not None,
            nogil=True,
            fastmath=set(FASTMATH),
            error_model="numpy",
        )(function)
    return declared


def inlined(function: Function) -> Function:
    """Declare a function that kernels call: it becomes part of their machine code."""
    declared: Function = numba.njit(
        nogil=True, fastmath=set(FASTMATH), error_model="numpy", inline="never"
    )(function)
    return declared


def compile_kernels(kernels: dict[Any, Any], precision: str) -> None:
    """Load the machine code of kernels from disk, or make it, one process of the machine at a time.

    Args:
        kernels: Declared kernels, each with its signature.
        precision: Names the set: its first compilation is logged.
    """
    if all(signature in function.signatures for function, signature in kernels.items()):
        return
    folder = cache_folder()
    lock = FileLock(folder / "compile.lock", timeout=LOCK_TIMEOUT_S) if folder else nullcontext()
    with lock:
        done = folder / f"{precision}-{numba.__version__}.done" if folder else None
        known = done is not None and done.exists()
        if not known:
            logger.info("Compiling the fused kernels (%s), once for this machine …", precision)
        start = time.perf_counter()
        for function, signature in kernels.items():
            function.compile(signature)
        if not known:
            logger.info("Compiled the fused kernels in %.0f s", time.perf_counter() - start)
        if done is not None:
            done.touch()
