"""From all frames to the chosen ones: filters, quotas, the sampler, and the report."""

from dataclasses import asdict, dataclass, field

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from mlip_autopipec.config.sampling import SamplerBaseConfig
from mlip_autopipec.errors import SamplingError
from mlip_autopipec.sampling.base import BaseSampler, Distances, Indices, Pool, shortage
from mlip_autopipec.sampling.coverage import environment_evidence, evidence, nearest_distances
from mlip_autopipec.sampling.duplicates import near_duplicates
from mlip_autopipec.sampling.environments import Environments
from mlip_autopipec.sampling.factory import build_sampler
from mlip_autopipec.sampling.filters import (
    Sieve,
    correlations,
    reject_by_correlation,
    reject_by_values,
    stationary_frames,
)
from mlip_autopipec.sampling.frames import FrameTable
from mlip_autopipec.sampling.strata import even_shares, strata

NEW_QUANTILE = 0.95
"""A frame is new if it is farther from the known ones than this share of them is from another."""

KNOWN_PROBES = 2000


@dataclass(frozen=True, slots=True)
class Material:
    """What there is to choose from.

    Attributes:
        table: Of all frames.
        points: Standardised descriptors of all frames and, after them, of the known ones; None
            where nothing is compared.
        environments: Of all frames, then of the known ones; None where they are not compared.
    """

    table: FrameTable
    points: npt.NDArray[np.floating] | None = None
    environments: Environments | None = None

    @property
    def known(self) -> Indices:
        """Places of the known frames."""
        n_points = len(self.table) if self.points is None else len(self.points)
        return np.arange(len(self.table), n_points)


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen frames, and how they came to be chosen.

    Attributes:
        indices: Places of the chosen frames, in the order of choice.
        distances: Of each to what was chosen before it; infinite for the first, NaN for frames
            that were drawn without measuring one. None for samplers that measure none.
        report: JSON-ready: ``n_frames``, ``rejected`` (number of frames by reason),
            ``n_candidates``, ``n_chosen``, ``correlation`` (burn-in and stride of each
            trajectory), ``quotas``, ``known``, ``evidence`` and ``notes``.
    """

    indices: Indices
    distances: Distances | None
    report: dict[str, JsonValue]


def choose_frames(
    material: Material, config: SamplerBaseConfig, rng: np.random.Generator
) -> Choice:
    """Choose frames as the config says.

    Frames are filtered by their values, by correlation and by likeness; what is left are the
    candidates. A share of the selection is drawn at random from the stationary parts of the
    trajectories, a share is spread over the strata, and the sampler chooses the rest, continuing
    from those and from the known frames.

    Raises:
        SamplingError: No frame is left to choose from, or descriptors are missing.
    """
    table = material.table
    sieve = Sieve.over(len(table))
    reject_by_values(sieve, table, config.filters)
    measured = correlations(table, sieve.kept)
    stationary = stationary_frames(table, sieve.kept, measured)
    reject_by_correlation(sieve, table, measured, config.filters)
    _reject_duplicates(sieve, material, config)
    candidates = np.flatnonzero(sieve.kept)
    if len(candidates) == 0:
        reasons = ", ".join(f"{reason}: {n}" for reason, n in sieve.rejected.items()) or "none"
        message = f"no frame is left to choose from, of {len(table)} (rejected by {reasons})"
        raise SamplingError(message)
    rounds = _Rounds(material, build_sampler(config), candidates, rng)
    n_wanted = min(config.n_samples, len(candidates))
    n_random = round(config.equilibrium_share * n_wanted)
    rounds.draw(np.flatnonzero(stationary & sieve.kept), n_random)
    quotas = _choose_by_strata(rounds, config, n_wanted - n_random)
    rounds.choose(candidates, n_wanted - len(rounds.chosen))
    chosen = np.array(rounds.chosen, dtype=np.int64)
    report: dict[str, JsonValue] = {
        "n_frames": len(table),
        "rejected": {**sieve.rejected},
        "n_candidates": len(candidates),
        "n_chosen": len(chosen),
        "correlation": {name: asdict(each) for name, each in measured.items()},
        "quotas": quotas,
        "known": _novelty(material, candidates),
        "evidence": None,
        "notes": [note for note in [shortage(config.n_samples, len(candidates))] if note],
    }
    if material.points is not None:
        shown = evidence(material.points, candidates, chosen, material.known, rng)
        shown |= {"map": _described(shown["map"], table), "environments": None}
        if config.compares_environments and material.environments is not None:
            shown["environments"] = environment_evidence(
                material.environments, candidates, chosen, material.known, rng
            )
        report["evidence"] = shown
    distances = np.array(rounds.distances) if rounds.measured else None
    return Choice(chosen, distances, report)


@dataclass(slots=True)
class _Rounds:
    """A choice that is made in several rounds, each of which continues from those before."""

    material: Material
    sampler: BaseSampler
    candidates: Indices
    rng: np.random.Generator
    chosen: list[int] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    measured: bool = False

    def draw(self, among: Indices, n: int) -> None:
        """Draw frames at random."""
        drawn = self.rng.choice(among, size=min(n, len(among)), replace=False)
        self.chosen += drawn.tolist()
        self.distances += [float("nan")] * len(drawn)

    def choose(self, among: Indices, n: int) -> None:
        """Let the sampler choose."""
        taken = np.concatenate([self.material.known, np.array(self.chosen, dtype=np.int64)])
        pool = Pool(self.material.points, among, taken, self.material.environments)
        indices, distances = self.sampler.choose(pool, min(n, len(pool.free)), self.rng)
        self.chosen += indices.tolist()
        self.measured = self.measured or distances is not None
        missing = [float("nan")] * len(indices)
        self.distances += missing if distances is None else distances.tolist()


def _reject_duplicates(sieve: Sieve, material: Material, config: SamplerBaseConfig) -> None:
    """Reject frames that are as good as others, or as known ones, where the config asks for it."""
    distance = config.filters.duplicate_distance
    if distance is None:
        return
    if material.points is None:
        message = "filters.duplicate_distance compares frames, which needs their descriptors"
        raise SamplingError(message)
    left = np.flatnonzero(sieve.kept)
    known = np.zeros(len(material.table), dtype=np.bool_)
    if len(material.known):
        known[left] = nearest_distances(material.points, left, material.known) <= distance
        sieve.reject("known", known)
    duplicates = np.zeros(len(material.table), dtype=np.bool_)
    duplicates[near_duplicates(material.points, np.flatnonzero(sieve.kept), distance)] = True
    sieve.reject("duplicate", duplicates)


def _choose_by_strata(
    rounds: _Rounds, config: SamplerBaseConfig, n_left: int
) -> dict[str, JsonValue]:
    """Spread a share of what is left over the strata, and return what each round has taken.

    Where there are more strata than frames to spread, the largest strata get one each.
    """
    quotas: dict[str, JsonValue] = {"equilibrium": len(rounds.chosen)}
    if config.strata is None:
        return quotas
    labels = strata(rounds.material.table, config.strata)
    free = np.setdiff1d(rounds.candidates, rounds.chosen)
    groups = {name: free[labels.equal([name])[free]] for name in labels.names}
    largest_first = sorted(groups, key=lambda name: -len(groups[name]))
    groups = {name: groups[name] for name in largest_first if len(groups[name])}
    sizes = [len(places) for places in groups.values()]
    shares = even_shares(sizes, round(config.strata.share * n_left))
    for places, share in zip(groups.values(), shares, strict=True):
        rounds.choose(places, share)
    quotas["strata"] = dict(zip(groups, shares, strict=True))
    return quotas


def _described(places: JsonValue, table: FrameTable) -> JsonValue:
    """Add to a map what its points, and the chosen ones, are; numbers not defined are null."""
    described: dict[str, JsonValue] = {}
    for key, prefix in (("frames", ""), ("chosen", "chosen_")):
        found = places.get(key) if isinstance(places, dict) else None
        frames = np.array(found, dtype=np.int64)
        described[f"{prefix}structure_id"] = [table.structure_id[frame] for frame in frames]
        described[f"{prefix}generator"] = [table.generator[frame] for frame in frames]
        described[f"{prefix}step"] = table.step[frames].tolist()
        for name in ("temperature_K", "energy_eV_atom"):
            values = getattr(table, name)[frames].tolist()
            described[prefix + name] = [each if np.isfinite(each) else None for each in values]
    return {**places, **described} if isinstance(places, dict) else described


def _novelty(material: Material, candidates: Indices) -> dict[str, JsonValue] | None:
    """Say how many candidates the known frames do not cover."""
    if len(material.known) == 0 or material.points is None:
        return None
    probes = material.known[:: -(-len(material.known) // KNOWN_PROBES)]
    threshold = float(np.quantile(_to_another(material.points, probes), NEW_QUANTILE))
    distances = nearest_distances(material.points, candidates, material.known)
    return {
        "n_known": len(material.known),
        "n_new": int(np.count_nonzero(distances > threshold)),
        "threshold": threshold,
        "largest_distance": float(distances.max()),
    }


def _to_another(points: npt.NDArray[np.floating], places: Indices) -> Distances:
    """Return the distance of each point to the nearest other one; 0 for a single point."""
    rows = points[places].astype(np.float64)
    if len(rows) == 1:
        return np.zeros(1)
    norms = (rows**2).sum(axis=1)
    squared = norms[:, None] + norms - 2.0 * rows @ rows.T
    np.fill_diagonal(squared, np.inf)
    return np.asarray(np.sqrt(np.maximum(squared.min(axis=1), 0.0)))
