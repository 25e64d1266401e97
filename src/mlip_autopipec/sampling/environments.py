"""Farthest-point selection by atomic environments.

A frame's gain is its most novel environment: the largest, over its atoms, of the distances to the
nearest environment of the same element in the frames that were chosen before. So one strange atom
among hundreds is enough for a frame to be chosen, and no average hides it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from mlip_autopipec.calculators.compiled import compiled
from mlip_autopipec.errors import SamplingError
from mlip_autopipec.sampling.base import BaseSampler, Distances, Indices, Pool
from mlip_autopipec.sampling.farthest_point import TABLE_POINTS, central_index, comparable, error_of
from mlip_autopipec.sampling.farthest_point_kernel import (
    Bounds,
    Chosen,
    Error,
    add,
    heaped,
    lower,
    renew,
    runner_up,
    sink,
    squared_distance,
    verify,
)
from mlip_autopipec.sampling.standardisation import Standardisation

SEPARATION = 1e4
"""Distance between environments of different elements; those of one differ by about 1."""

Points = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Environments:
    """The environments of all atoms of all frames.

    Attributes:
        points: One row an atom: its descriptor, standardised among those of its element, and one
            column for each element, which keeps elements apart.
        starts: Place of each frame's first atom, and at the end the number of atoms; shape
            ``(n_frames + 1,)``.
    """

    points: npt.NDArray[np.float32]
    starts: Indices

    @classmethod
    def of(cls, descriptors: Points, numbers: npt.NDArray[np.integer], counts: Indices) -> Self:
        """Standardise descriptors of atoms.

        Args:
            descriptors: Shape ``(n_atoms, n_features)``, frame after frame.
            numbers: Atomic number of each atom.
            counts: Number of atoms of each frame.

        Raises:
            SamplingError: The atoms are not as many as the frames have.
        """
        if not len(descriptors) == len(numbers) == counts.sum():
            message = f"{len(descriptors)} environments do not fit {counts.sum()} atoms"
            raise SamplingError(message)
        scales = {
            int(number): Standardisation.of(descriptors[numbers == number])
            for number in np.unique(numbers)
        }
        return cls(separated(descriptors, numbers, scales), starts_of(counts))

    def atoms_of(self, frame: int) -> Indices:
        """Return the places of a frame's atoms."""
        return np.arange(self.starts[frame], self.starts[frame + 1])


def starts_of(counts: Indices) -> Indices:
    """Return the place of each frame's first atom, and at the end the number of atoms."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def separated(
    descriptors: Points, numbers: npt.NDArray[np.integer], scales: Mapping[int, Standardisation]
) -> npt.NDArray[np.float32]:
    """Return standardised descriptors of atoms, with a column for each element appended.

    Args:
        descriptors: Shape ``(n_atoms, n_features)``.
        numbers: Atomic number of each atom.
        scales: The standardisation of each element.
    """
    width = descriptors.shape[1]
    points = np.zeros((len(descriptors), width + len(scales)), dtype=np.float32)
    for column, number in enumerate(sorted(scales)):
        mine = np.flatnonzero(numbers == number)
        points[mine, :width] = scales[number].applied(descriptors[mine])
        points[mine, width + column] = SEPARATION
    return points


def farthest_frame_indices(
    environments: Environments,
    n: int,
    *,
    initial: Indices,
    candidates: Indices | None = None,
) -> tuple[Indices, Distances]:
    """Choose frames, each with the environment farthest from those of all frames before it.

    Args:
        environments: Of all frames.
        n: Number of frames to choose beside the initial ones.
        initial: Frames that are chosen already; at least one.
        candidates: Frames that may be chosen; all, if None.

    Returns:
        The chosen frames in the order of choice, and the distance of each one's most novel
        environment; infinite where the frame brings an element that no chosen frame has.

    Raises:
        SamplingError: There are fewer frames than asked for.
    """
    n_frames = len(environments.starts) - 1
    excluded = np.ones(n_frames, dtype=np.bool_)
    excluded[np.arange(n_frames) if candidates is None else candidates] = False
    given = np.unique(np.asarray(initial, dtype=np.int64))
    excluded[given] = True
    n_free = int(np.count_nonzero(~excluded))
    if len(given) == 0 or not 0 <= n <= n_free:
        message = f"{n} frames cannot be chosen beside {len(given)}: {n_free} are left"
        raise SamplingError(message)
    sizes = np.diff(environments.starts)
    n_atoms = int(sizes[given].sum() + np.sort(sizes[~excluded])[::-1][:n].sum())
    points = comparable(environments.points)
    table = min(n_atoms, TABLE_POINTS)
    frames, squared = _farthest_frames(
        points, environments.starts, given, excluded, n, n_atoms, table, error_of(points)
    )
    distances = np.sqrt(squared)
    distances[distances > SEPARATION / 2.0] = np.inf
    return frames, distances


class EnvironmentSampler(BaseSampler):
    """Farthest-point selection by environments, starting from the frame nearest to the mean."""

    needs_features: ClassVar[bool] = True

    def choose(
        self,
        pool: Pool,
        n: int,
        rng: np.random.Generator,  # noqa: ARG002 - the family's signature; nothing is random here
    ) -> tuple[Indices, Distances]:
        """Continue from what is taken, or begin in the middle.

        Raises:
            SamplingError: The pool has no environments.
        """
        if n == 0:
            return np.empty(0, dtype=np.int64), np.empty(0)
        if pool.environments is None:
            message = "the sampler compares environments, which needs the descriptors of all atoms"
            raise SamplingError(message)
        if len(pool.taken):
            return farthest_frame_indices(
                pool.environments, n, initial=pool.taken, candidates=pool.candidates
            )
        first = np.array([central_index(pool.required_points(), pool.candidates)])
        frames, distances = farthest_frame_indices(
            pool.environments, n - 1, initial=first, candidates=pool.candidates
        )
        return np.concatenate([first, frames]), np.concatenate([[np.inf], distances])


@compiled
def _most_novel(squared: Floats, start: int, stop: int) -> int:
    """Return the atom of a frame with the largest bound."""
    best = start
    for atom in range(start + 1, stop):
        if squared[atom] > squared[best]:
            best = atom
    return best


@compiled
def _append(points: Points, starts: Indices, chosen: Chosen, n_chosen: int, frame: int) -> int:
    """Append a frame's atoms to the chosen ones, and return how many there are now."""
    for atom in range(starts[frame], starts[frame + 1]):
        add(points, chosen, n_chosen, atom)
        n_chosen += 1
    return n_chosen


@compiled
def _first_bounds(
    points: Points, starts: Indices, first: int, excluded: npt.NDArray[np.bool_], error: Error
) -> Bounds:
    """Return bounds of all atoms of the candidates that account for the first chosen atom."""
    n_points = points.shape[0]
    bounds = Bounds(
        np.full(n_points, np.inf),
        np.zeros(n_points, dtype=np.int32),
        np.ones(n_points, dtype=np.int32),
        np.zeros(n_points, dtype=np.bool_),
    )
    for frame in range(excluded.shape[0]):
        if not excluded[frame]:
            for atom in range(starts[frame], starts[frame + 1]):
                lower(bounds, atom, 0, squared_distance(points, atom, first), error)
    return bounds


@compiled
def _farthest_frames(
    points: Points,
    starts: Indices,
    given: Indices,
    excluded: npt.NDArray[np.bool_],
    n: int,
    n_atoms: int,
    n_table: int,
    error: Error,
) -> tuple[Indices, Floats]:
    """Choose ``n`` frames; ``n_atoms`` is the most that all chosen frames can have together."""
    chosen = Chosen(
        np.empty(n_atoms, dtype=np.int64), np.zeros((n_table, n_table), dtype=np.float32)
    )
    n_chosen = 0
    for frame in given:
        n_chosen = _append(points, starts, chosen, n_chosen, frame)
    bounds = _first_bounds(points, starts, chosen.places[0], excluded, error)
    novelty = np.full(excluded.shape[0], -1.0)
    strangest = np.zeros(excluded.shape[0], dtype=np.int64)
    for frame in np.flatnonzero(~excluded):
        strangest[frame] = _most_novel(bounds.squared, starts[frame], starts[frame + 1])
        novelty[frame] = bounds.squared[strangest[frame]]
    heap = heaped(novelty)
    frames = np.empty(n, dtype=np.int64)
    found = np.empty(n)
    for place in range(n):
        while True:
            frame = heap[0]
            atom = strangest[frame]
            if bounds.seen[atom] < n_chosen:
                renew(points, bounds, chosen, n_chosen, atom, runner_up(heap, novelty), error)
            elif not bounds.exact[atom]:
                verify(points, bounds, chosen, n_chosen, atom)
            else:
                break
            strangest[frame] = _most_novel(bounds.squared, starts[frame], starts[frame + 1])
            novelty[frame] = bounds.squared[strangest[frame]]
            sink(heap, novelty, 0)
        frames[place], found[place] = heap[0], novelty[heap[0]]
        n_chosen = _append(points, starts, chosen, n_chosen, heap[0])
        novelty[heap[0]] = -1.0
        sink(heap, novelty, 0)
    return frames, found
