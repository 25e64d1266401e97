"""Evidence: how well the chosen frames cover all, and how many would do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from mlip_autopipec.sampling.base import Indices
from mlip_autopipec.sampling.environments import SEPARATION, Environments
from mlip_autopipec.sampling.principal import PrincipalAxes

Points = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]

MAX_PROBES = 5000  # frames whose distance to the chosen ones is followed
MAX_ATOM_PROBES = 2000  # atoms likewise, of which each frame that is chosen has many
MAX_MAPPED = 2000  # frames that are drawn on the map
N_SIZES = 24
CHUNK = 2048  # rows that are compared at a time, at most
CHUNK_VALUES = 2**22  # values of these rows: 32 MB


@dataclass(frozen=True, slots=True)
class Coverage:
    """Distance of frames to the chosen ones, as more and more are chosen.

    Attributes:
        sizes: Numbers of chosen frames.
        largest: Largest distance of any frame to the chosen ones, for each size.
        mean: Mean distance, for each size.
    """

    sizes: list[int]
    largest: list[float]
    mean: list[float]

    def as_json(self) -> dict[str, JsonValue]:
        """Return the curves as lists."""
        return {"sizes": [*self.sizes], "largest": [*self.largest], "mean": [*self.mean]}


def coverage(points: Points, probes: Indices, chosen: Indices, taken: Indices) -> Coverage:
    """Follow the distances of probes to the first 1, 2, … of the chosen frames.

    Args:
        points: Standardised descriptors, shape ``(n_points, n_features)``.
        probes: Places of the frames whose distances are followed.
        chosen: Places of the chosen frames, in the order of choice.
        taken: Places of frames that were there before and cover their part from the start.
    """
    return _followed(points, probes, chosen[:, None], taken)


def environment_coverage(
    environments: Environments, probes: Indices, chosen: Indices, taken: Indices
) -> Coverage | None:
    """Follow the distances of atoms to the nearest environment of their element that is chosen.

    The curve begins at the size from which on every element of the probes is there; None where
    that size is not reached.

    Args:
        environments: Of all frames.
        probes: Places of the atoms whose distances are followed.
        chosen: Places of the chosen frames, in the order of choice.
        taken: Places of frames that were there before.
    """
    groups = [environments.atoms_of(frame) for frame in chosen]
    before = [environments.atoms_of(frame) for frame in taken]
    known = np.concatenate([np.empty(0, dtype=np.int64), *before])
    curve = _followed(environments.points, probes, groups, known)
    begin = sum(largest > SEPARATION / 2.0 for largest in curve.largest)
    if begin == len(curve.sizes):
        return None
    return Coverage(curve.sizes[begin:], curve.largest[begin:], curve.mean[begin:])


def _followed(
    points: Points, probes: Indices, groups: Sequence[Indices] | Indices, taken: Indices
) -> Coverage:
    """Follow the distances of probes to the points of the first 1, 2, … groups."""
    sizes = np.unique(np.geomspace(1, len(groups), N_SIZES).round().astype(int)).tolist()
    nearest = nearest_distances(points, probes, taken)
    largest, mean = [], []
    done = 0
    for size in sizes:
        added = np.concatenate(groups[done:size])
        nearest = np.minimum(nearest, nearest_distances(points, probes, added))
        done = size
        largest.append(float(nearest.max()))
        mean.append(float(nearest.mean()))
    return Coverage(sizes, largest, mean)


def nearest_distances(points: Points, probes: Indices, others: Indices) -> Floats:
    """Return the distance of each probe to the nearest of the others, infinite if there are none.

    It is good to 1e-7 of the points' size, since it is computed from products.
    """
    nearest = np.full(len(probes), np.inf)
    for rows in _chunks(points, others):
        norms = np.einsum("ij,ij->i", rows, rows)
        place = 0
        for chunk in _chunks(points, probes):
            own = np.einsum("ij,ij->i", chunk, chunk)
            squared = own[:, None] + norms - 2.0 * chunk @ rows.T
            part = slice(place, place + len(chunk))
            nearest[part] = np.minimum(nearest[part], squared.min(axis=1))
            place += len(chunk)
    return np.asarray(np.sqrt(np.maximum(nearest, 0.0)))


def _chunks(points: Points, places: Indices) -> Iterator[Floats]:
    """Yield rows in double precision, at most `CHUNK` at a time."""
    size = min(CHUNK, max(1, CHUNK_VALUES // max(1, points.shape[1])))
    for start in range(0, len(places), size):
        yield points[places[start : start + size]].astype(np.float64)


def suggested_size(curve: Coverage) -> int:
    """Return the size beyond which the mean distance falls slowly.

    It is the knee of the curve: the point farthest below the straight line between its ends
    (Satopaa et al. 2011, https://doi.org/10.1109/ICDCSW.2011.20).
    """
    sizes, mean = np.array(curve.sizes, dtype=float), np.array(curve.mean)
    if len(sizes) < 3 or mean[0] == mean[-1]:  # noqa: PLR2004 - a line has no knee
        return curve.sizes[-1]
    along = (sizes - sizes[0]) / (sizes[-1] - sizes[0])
    down = (mean - mean[-1]) / (mean[0] - mean[-1])
    return curve.sizes[int(np.argmax(1.0 - along - down))]


def evidence(
    points: Points,
    candidates: Indices,
    chosen: Indices,
    taken: Indices,
    rng: np.random.Generator,
) -> dict[str, JsonValue]:
    """Return the coverage by the chosen frames and by as many random ones, and a map; JSON-ready.

    Distances are those of at most `MAX_PROBES` candidates, drawn at random.

    Args:
        points: Standardised descriptors, shape ``(n_points, n_features)``.
        candidates: Places of the frames that could be chosen; at least one.
        chosen: Places of the chosen frames, in the order of choice; at least one.
        taken: Places of frames that were there before.
        rng: Source of all randomness.
    """
    probes = np.sort(_drawn(candidates, MAX_PROBES, rng))
    by_choice = coverage(points, probes, chosen, taken)
    by_chance = coverage(points, probes, _drawn(candidates, len(chosen), rng), taken)
    shown = np.sort(_drawn(probes, MAX_MAPPED, rng))
    known = np.sort(_drawn(taken, MAX_MAPPED, rng))
    plane = PrincipalAxes.of(points, probes, 2)
    total = plane.total
    return {
        "n_probes": len(probes),
        "coverage": by_choice.as_json(),
        "coverage_random": by_chance.as_json(),
        "suggested_size": suggested_size(by_choice),
        "map": {
            "explained": (plane.variances / total if total else plane.variances).tolist(),
            "frames": shown.tolist(),
            "coordinates": plane.coordinates(points, shown).round(5).tolist(),
            "chosen": chosen.tolist(),
            "chosen_coordinates": plane.coordinates(points, chosen).round(5).tolist(),
            "known_coordinates": plane.coordinates(points, known).round(5).tolist(),
        },
    }


def environment_evidence(
    environments: Environments,
    candidates: Indices,
    chosen: Indices,
    taken: Indices,
    rng: np.random.Generator,
) -> dict[str, JsonValue]:
    """Return the coverage of atomic environments, as `evidence` does that of frames.

    Distances are those of at most `MAX_ATOM_PROBES` atoms of the candidates, drawn at random.

    Args:
        environments: Of all frames.
        candidates: Places of the frames that could be chosen; at least one.
        chosen: Places of the chosen frames, in the order of choice; at least one.
        taken: Places of frames that were there before.
        rng: Source of all randomness.
    """
    atoms = np.concatenate([environments.atoms_of(frame) for frame in candidates])
    probes = np.sort(_drawn(atoms, MAX_ATOM_PROBES, rng))
    drawn = _drawn(candidates, len(chosen), rng)
    by_choice = environment_coverage(environments, probes, chosen, taken)
    by_chance = environment_coverage(environments, probes, drawn, taken)
    return {
        "n_probes": len(probes),
        "coverage": None if by_choice is None else by_choice.as_json(),
        "coverage_random": None if by_chance is None else by_chance.as_json(),
        "suggested_size": None if by_choice is None else suggested_size(by_choice),
    }


def _drawn(places: Indices, n: int, rng: np.random.Generator) -> Indices:
    """Draw some places, or take all if there are no more."""
    if len(places) <= n:
        return places
    return rng.choice(places, size=n, replace=False)
