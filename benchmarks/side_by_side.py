"""Processes that work in rounds: one alone and several together, by turns.

Each process prepares once, with one thread, and keeps what it prepared. A round's rate is all its
work in the time of its slowest process. Rounds of one and of several alternate, so that what else
the machine does reaches both.
"""

import multiprocessing
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

HEAD_START_S = 0.5

Task = Callable[[], float]
"""Works once and returns how much it has done."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Work a second in rounds of one process (``alone``) and of several (``together``)."""

    alone: list[float]
    together: list[float]

    def __str__(self) -> str:
        """Return medians, the median of the ratios of neighbouring rounds, and their range."""
        ratios = sorted(many / one for one, many in zip(self.alone, self.together, strict=True))
        return (
            f"{statistics.median(self.alone):.1f} a second alone, "
            f"{statistics.median(self.together):.1f} together: {statistics.median(ratios):.2f} "
            f"times ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


def compare(
    prepare: Callable[..., Task], arguments: tuple[Any, ...], n_processes: int, n_rounds: int
) -> Rates:
    """Return the rates of tasks that processes of their own prepare.

    Args:
        prepare: Makes a process's task from ``arguments`` and the process's number.
        arguments: The same for every process.
        n_processes: Processes of the rounds together.
        n_rounds: Rounds of each kind, after one that is not counted.
    """
    context = multiprocessing.get_context("spawn")
    ends = [context.Pipe() for _ in range(n_processes)]
    for number, (_, theirs) in enumerate(ends):
        context.Process(
            target=_serve, args=(theirs, prepare, arguments, number), daemon=True
        ).start()
        theirs.close()  # so that a process that ends is noticed
    pipes = [ours for ours, _ in ends]
    _round(pipes)
    rates = Rates([], [])
    for _ in range(n_rounds):
        rates.alone.append(_round(pipes[:1]))
        rates.together.append(_round(pipes))
    for pipe in pipes:
        pipe.send(None)
    return rates


def _serve(
    orders: Connection, prepare: Callable[..., Task], arguments: tuple[Any, ...], number: int
) -> None:
    task = prepare(*arguments, number)
    while (start := orders.recv()) is not None:
        time.sleep(max(0.0, start - time.time()))
        amount = task()
        orders.send((amount, time.time() - start))


def _round(pipes: list[Connection]) -> float:
    start = time.time() + HEAD_START_S
    for pipe in pipes:
        pipe.send(start)
    answers = [pipe.recv() for pipe in pipes]
    return sum(amount for amount, _ in answers) / max(seconds for _, seconds in answers)
