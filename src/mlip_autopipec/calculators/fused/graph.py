"""Edges in the order of their receivers, and the ranges of receivers that threads take."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch

Integers = npt.NDArray[np.int64]

# A range has its own gradient of the features. Their number must not depend on that of threads.
RECEIVERS_A_RANGE = 32
MAX_RANGES = 16


@dataclass(frozen=True, slots=True, eq=False)
class EdgeGraph:
    """The edges of a structure, grouped by receiver.

    Attributes:
        n_nodes: Number of nodes.
        arrays: Where each receiver's edges begin in the order ``(n_nodes + 1,)``, the edges in
            order of receivers, sender and table of each edge, all ``(n_edges,)``.
        ranges: Of receivers.
    """

    n_nodes: int
    arrays: tuple[Integers, Integers, Integers, Integers]
    ranges: tuple[tuple[int, int], ...]

    def receivers(self) -> torch.Tensor:
        """Return the receiver of each edge, ``(n_edges,)``."""
        first, order, *_ = self.arrays
        receivers = np.empty(len(order), dtype=np.int64)
        receivers[order] = np.repeat(np.arange(self.n_nodes), np.diff(first))
        return torch.from_numpy(receivers)


def group_edges(
    receivers: torch.Tensor,
    senders: torch.Tensor,
    *,
    n_nodes: int,
    tables: torch.Tensor | None = None,
) -> EdgeGraph:
    """Group directed edges by receiver; within a receiver they keep their order.

    Args:
        receivers: Node that an edge's message is summed onto, ``(n_edges,)``.
        senders: Node that it comes from, ``(n_edges,)``.
        n_nodes: Number of nodes.
        tables: Which table of radial functions an edge uses; None: all the first.
    """
    received = np.ascontiguousarray(receivers.numpy(), dtype=np.int64)
    order = np.argsort(received, kind="stable")
    first = np.zeros(n_nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(received, minlength=n_nodes), out=first[1:])
    sent = np.ascontiguousarray(senders.numpy(), dtype=np.int64)
    used = np.zeros(len(order), dtype=np.int64) if tables is None else tables.numpy()
    arrays = (first, order, sent, np.ascontiguousarray(used, dtype=np.int64))
    return EdgeGraph(n_nodes, arrays, _ranges(n_nodes))


def _ranges(n_nodes: int) -> tuple[tuple[int, int], ...]:
    """Divide the receivers evenly."""
    count = min(MAX_RANGES, max(1, n_nodes // RECEIVERS_A_RANGE))
    bounds = [n_nodes * index // count for index in range(count + 1)]
    return tuple(pairwise(bounds))


def run_ranges(work: Callable[[int], None], n_ranges: int) -> None:
    """Call ``work`` for the index of each range, in as many threads as torch has."""
    n_threads = min(torch.get_num_threads(), n_ranges)
    if n_threads == 1:
        for index in range(n_ranges):
            work(index)
        return
    for _ in _pool(n_threads, os.getpid()).map(work, range(n_ranges)):
        pass


@lru_cache(maxsize=1)
def _pool(n_threads: int, _process: int) -> ThreadPoolExecutor:
    """Return the threads of this process (a fork has to start its own)."""
    return ThreadPoolExecutor(n_threads, thread_name_prefix="fused")
