"""Processes that work in rounds: one alone and several together, by turns.

Each process prepares once, with one thread, and keeps what it prepared. A round's rate is all its
work in the time of its slowest process. Rounds of one and of several alternate, so that what else
the machine does reaches both.
"""

import multiprocessing
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

HEAD_START_S = 0.5

Task = Callable[[], float]
"""Works once and returns how much it has done."""


class _Answer(NamedTuple):
    amount: float
    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Rates:
    """Work a second in rounds of one process (``alone``) and of several (``together``).

    ``share`` is the processor time that each round together got, of what its processes wanted:
    far below 1 where others used the machine.
    """

    alone: list[float] = field(default_factory=list)
    together: list[float] = field(default_factory=list)
    share: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        """Return medians, the median of the ratios of neighbouring rounds, and their range."""
        ratios = sorted(many / one for one, many in zip(self.alone, self.together, strict=True))
        return (
            f"{statistics.median(self.alone):.1f} a second alone, "
            f"{statistics.median(self.together):.1f} together: {statistics.median(ratios):.2f} "
            f"times ({ratios[0]:.2f} to {ratios[-1]:.2f}), "
            f"with {statistics.median(self.share):.0%} of their cores"
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
    processes = [
        context.Process(target=_serve, args=(theirs, prepare, arguments, number), daemon=True)
        for number, (_, theirs) in enumerate(ends)
    ]
    for process, (_, theirs) in zip(processes, ends, strict=True):
        process.start()
        theirs.close()  # so that a process that ends is noticed
    pipes = [ours for ours, _ in ends]
    _round(pipes)
    rates = Rates()
    for _ in range(n_rounds):
        rates.alone.append(_round(pipes[:1])[0])
        rate, share = _round(pipes)
        rates.together.append(rate)
        rates.share.append(share)
    for pipe in pipes:
        pipe.send(None)
    for process in processes:
        process.join()
    return rates


def _serve(
    orders: Connection, prepare: Callable[..., Task], arguments: tuple[Any, ...], number: int
) -> None:
    task = prepare(*arguments, number)
    while (start := orders.recv()) is not None:
        time.sleep(max(0.0, start - time.time()))
        used = time.process_time()
        amount = task()
        orders.send(_Answer(amount, time.time() - start, time.process_time() - used))


def _round(pipes: list[Connection]) -> tuple[float, float]:
    start = time.time() + HEAD_START_S
    for pipe in pipes:
        pipe.send(start)
    answers: list[_Answer] = [pipe.recv() for pipe in pipes]
    rate = sum(answer.amount for answer in answers) / max(answer.wall_s for answer in answers)
    return rate, sum(answer.cpu_s for answer in answers) / sum(answer.wall_s for answer in answers)
